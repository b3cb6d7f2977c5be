// SPDX-License-Identifier: Apache-2.0
// Tables of plugins that were built with another version of the ABI: shorter and longer ones.
#include "building.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstring>

namespace shunt::testing {
namespace {

// A table as a plugin of another minor version has it: cut off, or with members that this host does not know.
struct ForeignTable {
  template <class Table>
  explicit ForeignTable(const Table& known, std::uint32_t size) {
    bytes.fill(std::byte{0xEE});  // what lies behind a short table, and what a newer one has beyond
    std::memcpy(bytes.data(), &known, std::min<std::size_t>(size, sizeof known));
    std::memcpy(bytes.data(), &size, sizeof size);
  }
  alignas(16) std::array<std::byte, 256> bytes;
};

class InterfaceTables : public ::testing::Test, public Workbench {
 protected:
  // The generation of a plugin with one interface whose table is `table`.
  Built with(const std::string& id, const ForeignTable& table) {
    library.add("foreign", {id}).tables[id] = &table.bytes;
    return build(config_text("{\"type\": \"foreign\"},", id == SHUNT_SCORER_ID ? "{\"pluginRef\": \"foreign\"}," : ""));
  }
};

TEST_F(InterfaceTables, MembersThatAnOlderPluginLacksAreNull) {
  const ForeignTable table(scripted::kSwapper, offsetof(shunt_swapper_table, on_swap_start));
  const Built built = with(SHUNT_SWAPPER_ID, table);
  ASSERT_NE(built.generation, nullptr) << built.text;
  const shunt_swapper_table& taken = *built.generation->find_instance("foreign")->swapper;
  EXPECT_EQ(taken.eviction_for, scripted::evict);
  EXPECT_EQ(taken.on_swap_start, nullptr);
  EXPECT_EQ(taken.size, sizeof taken);
}

TEST_F(InterfaceTables, HalfAPointerIsNone) {
  const ForeignTable table(scripted::kSwapper, offsetof(shunt_swapper_table, on_swap_start) + 4);
  const Built built = with(SHUNT_SWAPPER_ID, table);
  ASSERT_NE(built.generation, nullptr) << built.text;
  EXPECT_EQ(built.generation->find_instance("foreign")->swapper->on_swap_start, nullptr);
}

TEST_F(InterfaceTables, MembersThatANewerPluginHasAreLeftOut) {
  const ForeignTable table(scripted::kScorer, 200);
  const Built built = with(SHUNT_SCORER_ID, table);
  ASSERT_NE(built.generation, nullptr) << built.text;
  EXPECT_EQ(built.generation->find_instance("foreign")->scorer->score, scripted::score);
}

TEST_F(InterfaceTables, AnObserverMayEndBeforeItsFunctions) {
  const shunt_observer_table observer{sizeof observer, 0, 1, nullptr, scripted::events};
  const ForeignTable table(observer, offsetof(shunt_observer_table, picked));
  const Built built = with(SHUNT_OBSERVER_ID, table);
  ASSERT_NE(built.generation, nullptr) << built.text;
  const shunt_observer_table& taken = *built.generation->find_instance("foreign")->observer;
  EXPECT_EQ(taken.wants, 1u);
  EXPECT_EQ(taken.picked, nullptr);
  EXPECT_EQ(taken.events, nullptr);
}

TEST_F(InterfaceTables, AFunctionThatEveryVersionHasMustBeThere) {
  for (const std::uint32_t size : {0u, 4u, 8u, 12u}) {
    Workbench other;
    const ForeignTable table(scripted::kScorer, size);
    other.library.add("foreign", {SHUNT_SCORER_ID}).tables[SHUNT_SCORER_ID] = &table.bytes;
    const Built built = other.build(config_text("{\"type\": \"foreign\"},", "{\"pluginRef\": \"foreign\"},"));
    EXPECT_EQ(built.generation, nullptr) << size;
    EXPECT_THAT(built.text, ::testing::HasSubstr("error[C502]")) << size;
  }
}

}  // namespace
}  // namespace shunt::testing
