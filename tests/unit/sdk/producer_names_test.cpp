// SPDX-License-Identifier: Apache-2.0
// The names under which several producers of one type are read side by side.
#define SHUNT_LIBRARY_ENTRY producer_names_entry
#include <shunt/sdk/library.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using ::testing::ElementsAre;
using namespace shunt::testing;
using shunt::sdk::Cycle;
using shunt::sdk::View;

// Reads what another "teller" writes, and writes the same.
struct Teller {
  SHUNT_PLUGIN("teller", "1.0.0", "reads and writes a tale")
  explicit Teller(shunt::sdk::Init& init) {
    init.optional_column<double>(init.prefix_of("from", "teller") + "tale");
    init.optional_column<double>(init.prefix_of("any") + "rumour");
    init.output<double>(init.own_prefix("teller") + "tale");
  }
  void produce(const Cycle&, View, const shunt::sdk::Outputs&) const {}
};

SHUNT_LIBRARY(Teller)

// The columns that an instance reads, then those that it writes.
std::vector<std::string> names(const char* instance, const char* parameters) {
  FakeHost host;
  const PluginUnderTest plugin(producer_names_entry, "teller", parameters, host, instance);
  EXPECT_TRUE(plugin.created()) << plugin.creation().error;
  std::vector<std::string> all;
  for (const auto& column : plugin.declared().columns) all.push_back(column.name);
  for (const auto& output : plugin.declared().outputs) all.push_back(output.name);
  return all;
}

TEST(ProducerNames, TheInstanceThatIsNamedLikeItsTypeHasThePlainOnes) {
  EXPECT_THAT(names("teller", "{}"), ElementsAre("tale", "rumour", "tale"));
  EXPECT_THAT(names("teller", R"({"from": "", "any": ""})"), ElementsAre("tale", "rumour", "tale"));
  EXPECT_THAT(names("teller", R"({"from": "teller"})"), ElementsAre("tale", "rumour", "tale"));
}

TEST(ProducerNames, AnyOtherStandsInFront) {
  EXPECT_THAT(names("ann", R"({"from": "bob"})"), ElementsAre("bob/tale", "rumour", "ann/tale"));
  EXPECT_THAT(names("teller-2", R"({"from": "teller-1", "any": "teller"})"),
              ElementsAre("teller-1/tale", "teller/rumour", "teller-2/tale"));
}

}  // namespace
