// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <optional>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;

using Values = std::vector<double>;

class NoHitLru : public ::testing::Test {
 protected:
  explicit NoHitLru(const char* parameters = "{}", std::size_t endpoints = 5)
      : plugin_((host_.add_profile("decode"), host_.add_profile("prefill"), shunt_library_entry_v1),
                "no-hit-lru-scorer", parameters, host_) {
    EXPECT_THAT(plugin_.creation(), Succeeded());
    endpoints_.add_many(endpoints);
  }
  void TearDown() override { EXPECT_THAT(host_.misuses(), IsEmpty()); }

  RequestBuilder& request() {
    auto& made = requests_.emplace_back();
    return made.number(requests_.size());
  }
  static ProfileResult result(std::uint32_t profile, std::uint32_t row) {
    return {profile, SHUNT_OK, {row}, {row}, {1.0}};
  }

  Values score(const RequestBuilder& asked, const Surroundings& around = {}) {
    const Scores scores = plugin_.score(endpoints_, asked, around);
    EXPECT_THAT(scores, Succeeded());
    return scores.values;
  }
  // A cold request that goes to a row.
  Values cold(std::uint32_t row) {
    const RequestBuilder& asked = request();
    const Values scores = score(asked);
    EXPECT_THAT(plugin_.picked(endpoints_, asked, {}, {.done = {result(0, row)}}), Succeeded());
    return scores;
  }

  FakeHost host_;
  PluginUnderTest plugin_;
  EndpointSet endpoints_;
  std::deque<RequestBuilder> requests_;
};

TEST_F(NoHitLru, AtFirstInTheOrderOfTheCandidates) {
  EXPECT_THAT(score(request()), ElementsAre(1, 0.75, 0.5, 0.25, 0));
  EXPECT_THAT(score(request(), {.candidates = Rows{4, 0, 2}}), ElementsAre(1, 0.5, 0));
}

TEST_F(NoHitLru, UsedOnesComeLastOldestFirst) {
  cold(0);
  EXPECT_THAT(score(request()), ElementsAre(0, 1, 0.75, 0.5, 0.25));
  cold(3);
  EXPECT_THAT(score(request()), ElementsAre(0.25, 1, 0.75, 0, 0.5));
  cold(0);
  EXPECT_THAT(score(request()), ElementsAre(0, 1, 0.75, 0.25, 0.5));
  for (const std::uint32_t row : {1u, 2u, 4u}) cold(row);
  EXPECT_THAT(score(request()), ElementsAre(0.75, 0.5, 0.25, 1, 0));
}

TEST_F(NoHitLru, PositionsCountThoseThatAreNoCandidates) {
  for (const std::uint32_t row : {0u, 1u, 2u, 3u, 4u}) cold(row);
  EXPECT_THAT(score(request(), {.candidates = Rows{0, 3}}), ElementsAre(1, 0)) << "1 - 3/1 is below 0";
  EXPECT_THAT(score(request(), {.candidates = Rows{0, 1, 4}}), ElementsAre(1, 0.5, 0));
}

TEST_F(NoHitLru, ALoneCandidateScoresOne) {
  EXPECT_THAT(score(request(), {.candidates = Rows{3}}), ElementsAre(1));
  cold(3);
  EXPECT_THAT(score(request(), {.candidates = Rows{3}}), ElementsAre(1));
  EXPECT_THAT(score(request(), {.candidates = Rows{}}), IsEmpty());
}

TEST_F(NoHitLru, AnyHitMakesAllEqual) {
  cold(0);
  endpoints_[2].number("prefix_matched_blocks", 1);
  endpoints_[0].number("prefix_matched_blocks", 0);
  const RequestBuilder& warm = request();
  EXPECT_THAT(score(warm), Each(0.5));
  EXPECT_THAT(plugin_.picked(endpoints_, warm, {}, {.done = {result(0, 4)}}), Succeeded());
  endpoints_[2].number("prefix_matched_blocks", 0);
  EXPECT_THAT(score(request()), ElementsAre(0, 1, 0.75, 0.5, 0.25)) << "a warm pick is no use";
}

TEST_F(NoHitLru, OnlyDispatchedScoredRequestsCount) {
  EXPECT_THAT(plugin_.picked(endpoints_, request(), {}, {.done = {result(0, 0)}}), Succeeded());
  const RequestBuilder& rejected = request();
  score(rejected);
  EXPECT_THAT(plugin_.picked(endpoints_, rejected, {.outcome = SHUNT_OUTCOME_REJECTED, .http_status = 429},
                             {.done = {result(0, 0)}}),
              Succeeded());
  EXPECT_THAT(score(request()), ElementsAre(1, 0.75, 0.5, 0.25, 0));
}

TEST_F(NoHitLru, ThePrefillPickCountsToo) {
  const RequestBuilder& asked = request();
  score(asked);
  EXPECT_THAT(plugin_.picked(endpoints_, asked, {}, {.done = {result(1, 3), result(0, 1)}}), Succeeded());
  EXPECT_THAT(score(request()), ElementsAre(1, 0, 0.75, 0.25, 0.5));
}

TEST_F(NoHitLru, EndpointsThatGoAreForgotten) {
  cold(0);
  cold(1);
  EXPECT_THAT(plugin_.events(endpoints_, {Event(SHUNT_EVENT_ENDPOINT_REMOVED).endpoint("pod-0")}), Succeeded());
  EXPECT_THAT(score(request()), ElementsAre(1, 0, 0.75, 0.5, 0.25));
}

class SmallLru : public NoHitLru {
 protected:
  SmallLru() : NoHitLru(R"({"lruSize": 2, "prefixMatchInfoProducerName": "fine"})") {}
};

TEST_F(SmallLru, BeyondItsSizeEndpointsCountAsNeverUsed) {
  for (const std::uint32_t row : {0u, 1u, 2u}) cold(row);
  EXPECT_THAT(score(request()), ElementsAre(1, 0.25, 0, 0.75, 0.5));
}

TEST_F(SmallLru, ReadsTheNamedProducer) {
  endpoints_[1].number("prefix_matched_blocks", 5);
  EXPECT_THAT(score(request()), ElementsAre(1, 0.75, 0.5, 0.25, 0));
  endpoints_[1].number("fine/prefix_matched_blocks", 5);
  EXPECT_THAT(score(request()), Each(0.5));
}

class ManyEndpoints : public NoHitLru {
 protected:
  ManyEndpoints() : NoHitLru("{}", 100) {}
};

// Always taking the best goes round all of them before any is used again.
TEST_F(ManyEndpoints, TheBestIsAlwaysTheLongestUnused) {
  std::vector<int> used(endpoints_.size());
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
      const RequestBuilder& asked = request();
      const Values scores = score(asked);
      const auto best = static_cast<std::uint32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
      ASSERT_EQ(scores[best], 1.0);
      ASSERT_EQ(used[best]++, round);
      plugin_.picked(endpoints_, asked, {}, {.done = {result(0, best)}});
      if (i % 10 != 0) continue;
      for (const double one : scores) ASSERT_TRUE(one >= 0.0 && one <= 1.0);
    }
  }
}

TEST(NoHitLruScorer, RequiresAProducer) {
  FakeHost host;
  host.provide("queue");
  const PluginUnderTest plugin(shunt_library_entry_v1, "no-hit-lru-scorer", "{}", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr("prefix_matched_blocks")));
}

}  // namespace
