// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/symbol_table.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace shunt {
namespace {

TEST(SymbolTable, EqualTextsAreEqualSymbols) {
  SymbolTable table;
  const Symbol a = table.intern("critical");
  EXPECT_NE(a, 0u);
  EXPECT_EQ(table.intern(std::string("crit") + "ical"), a);
  EXPECT_NE(table.intern("baseline"), a);
  EXPECT_EQ(table.text(a), "critical");
}

TEST(SymbolTable, LookingUpNeverInserts) {
  SymbolTable table;
  const std::uint32_t size = table.size();
  EXPECT_EQ(table.find("what a client sent"), 0u);
  EXPECT_EQ(table.size(), size);
  EXPECT_EQ(table.text(0), "");
  EXPECT_EQ(table.text(12345), "");
}

TEST(SymbolTable, TheEmptyTextIsNoSymbol) {
  SymbolTable table;
  EXPECT_EQ(table.intern(""), 0u);
  EXPECT_EQ(table.find(""), 0u);
  EXPECT_EQ(table.size(), 0u);
}

TEST(SymbolTable, SurvivesGrowth) {
  SymbolTable table;
  std::vector<Symbol> symbols;
  for (int i = 0; i < 20000; ++i) symbols.push_back(table.intern("name-" + std::to_string(i)));
  for (int i = 0; i < 20000; ++i) {
    ASSERT_EQ(table.find("name-" + std::to_string(i)), symbols[static_cast<std::size_t>(i)]);
    ASSERT_EQ(table.text(symbols[static_cast<std::size_t>(i)]), "name-" + std::to_string(i));
  }
}

TEST(SymbolTable, ReadersNeedNoLockBesideAWriter) {
  SymbolTable table;
  const Symbol known = table.intern("known");
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::jthread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        if (table.find("known") != known || table.text(known) != "known") ++wrong;
        if (const Symbol late = table.find("name-700"); late != 0 && table.text(late) != "name-700") ++wrong;
      }
    });
  }
  for (int i = 0; i < 5000; ++i) table.intern("name-" + std::to_string(i));
  stop = true;
  readers.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace shunt
