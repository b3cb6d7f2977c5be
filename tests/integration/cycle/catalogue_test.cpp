// SPDX-License-Identifier: Apache-2.0
// Every shipped plugin type is in the table of the shared tests, and the decisions that are made there do use it.
#include "catalogue.hpp"

#include <shunt/framework/instance.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace shunt::integration {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

std::vector<std::string> shipped_libraries() {
  std::vector<std::string> names;
  std::istringstream list(SHUNT_SHIPPED_PLUGINS);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
}

TEST(Catalogue, NamesEveryShippedType) {
  std::vector<std::string> built;
  for (const std::string& library : shipped_libraries()) {
    const auto loaded = shipped(library);
    for (const PluginDescription& plugin : loaded->plugins()) built.push_back(library + "/" + plugin.type);
  }
  std::vector<std::string> listed;
  for (const ShippedType& one : shipped_types()) listed.push_back(std::string(one.library) + "/" + one.type);
  EXPECT_THAT(listed, UnorderedElementsAreArray(built));
}

TEST(Catalogue, WhatStandsAsideHasNothingToCall) {
  for (const ShippedType& one : shipped_types()) {
    if (one.role != Role::Aside) continue;
    const auto loaded = shipped(one.library);
    for (const PluginDescription& plugin : loaded->plugins()) {
      for (const std::string& interface : plugin.interfaces) {
        EXPECT_TRUE(interface == "shunt.swapper/1" || interface == "shunt.extractor/1") << interface;
      }
    }
  }
}

class EveryType : public ::testing::TestWithParam<ShippedType> {};

TEST_P(EveryType, TakesPartInDecisions) {
  Pool pool(0);
  fill_pool(pool, 24);
  const auto snapshot = pool.table.publish();
  Deciding host(composition_of(GetParam()), pool.attributes);
  std::size_t stages = 0;
  for (std::uint64_t i = 0; i < 50; ++i) {
    fill_request(host.request, i, 10);
    ASSERT_TRUE(host.decide(*snapshot, {.fallbacks = 2}).dispatched()) << host.decision.code << host.decision.reason;
    stages = std::max(stages, host.decision.run_count);
  }
  const auto times = host.worker->plugin_times();
  std::uint64_t calls = 0;
  std::uint64_t faults = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (host.generation->instances()[i]->type() == GetParam().type) calls += times[i].calls;
    faults += times[i].faults;
  }
  EXPECT_EQ(faults, 0u);
  switch (GetParam().role) {
    case Role::PrefillDecider:
    case Role::EncodeDecider: EXPECT_EQ(stages, 2u) << "asked by an instance, not by the host"; break;
    case Role::Observer:  // hears of decisions, see bounds_test.cpp
    case Role::Aside: EXPECT_EQ(calls, 0u); break;
    default: EXPECT_GE(calls, 50u);
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryType, ::testing::ValuesIn(shipped_types().begin(), shipped_types().end()),
                         TestName());

}  // namespace
}  // namespace shunt::integration
