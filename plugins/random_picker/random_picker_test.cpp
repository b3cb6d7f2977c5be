// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <set>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RandomPicker : public ::testing::Test {
 protected:
  RandomPicker() { endpoints_.add_many(5); }

  Rows pick(const char* parameters, const Surroundings& around = {}) {
    PluginUnderTest plugin(shunt_library_entry_v1, "random-picker", parameters, host_);
    const std::vector<double> totals(around.candidates ? around.candidates->size() : endpoints_.size());
    const Picked picked = plugin.pick(totals, endpoints_, RequestBuilder(), around);
    EXPECT_THAT(picked, Succeeded());
    return picked.base_rows;
  }

  FakeHost host_;
  EndpointSet endpoints_;
};

TEST_F(RandomPicker, ReachesEveryEndpointAboutEquallyOften) {
  // 5000 draws over 5 endpoints: 1000 each, with a standard deviation of 28.
  PluginUnderTest plugin(shunt_library_entry_v1, "random-picker", "{}", host_);
  std::vector<int> hits(endpoints_.size(), 0);
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    ++hits.at(plugin.pick({1000, 0, 0, 0, 0}, endpoints_, RequestBuilder(), {.seed = seed}).rows.at(0));
  }
  for (const int count : hits) {
    EXPECT_GT(count, 1000 - 5 * 28);
    EXPECT_LT(count, 1000 + 5 * 28);
  }
}

TEST_F(RandomPicker, GivesTheWantedNumberOfDistinctEndpoints) {
  struct Case {
    const char* parameters;
    std::size_t expected;
  };
  const Case cases[] = {{"{}", 1},
                        {R"({"maxNumOfEndpoints": 3})", 3},
                        {R"({"maxNumOfEndpoints": 5})", 5},
                        {R"({"maxNumOfEndpoints": 99})", 5},
                        {R"({"maxNumOfEndpoints": 0})", 1},
                        {R"({"maxNumOfEndpoints": -1})", 1}};
  for (const Case& one : cases) {
    const Rows rows = pick(one.parameters);
    EXPECT_EQ(rows.size(), one.expected) << one.parameters;
    EXPECT_EQ(std::set<std::uint32_t>(rows.begin(), rows.end()).size(), one.expected) << one.parameters;
  }
}

TEST_F(RandomPicker, SameSeedSamePickInAnyOrder) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Rows straight = pick(R"({"maxNumOfEndpoints": 3})", {.seed = seed});
    EXPECT_EQ(pick(R"({"maxNumOfEndpoints": 3})", {.seed = seed}), straight);
    EXPECT_EQ(pick(R"({"maxNumOfEndpoints": 3})", {.seed = seed, .candidates = Rows{3, 0, 4, 2, 1}}), straight);
    EXPECT_EQ(pick("{}", {.seed = seed}), Rows{straight.front()});
  }
}

TEST_F(RandomPicker, KeepsToTheCandidates) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_THAT(pick("{}", {.seed = seed, .candidates = Rows{4}}), ElementsAre(4u));
  }
  EXPECT_THAT(pick("{}", {.candidates = Rows{}}), IsEmpty());
}

}  // namespace
