// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFilter[] = "topology-affinity-filter";
constexpr char kScorer[] = "topology-affinity-scorer";

// "m1 r1 z1 g1": machine, rack, zone and region; "-" where it has none.
EndpointSet endpoints_at(const std::vector<std::string>& places, const std::string& producer = "") {
  EndpointSet endpoints;
  for (const std::string& place : places) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(endpoints.size()));
    std::size_t from = 0;
    for (const char* column : {"machine", "rack", "zone", "region"}) {
      const std::size_t to = std::min(place.find(' ', from), place.size());
      const std::string text = place.substr(from, to - from);
      if (text != "-") endpoint.text(producer + column, text);
      from = to + 1;
    }
  }
  return endpoints;
}

// The peer is row 0.
const std::vector<std::string> kFleet{"m1 r1 z1 g1", "m1 r1 z1 g1", "m2 r1 z1 g1", "m3 r2 z1 g1",
                                      "m4 r3 z2 g1", "m5 r4 z3 g2", "- - - -"};

ProfileResult picked(std::uint32_t row) { return {0, SHUNT_OK, {row}, {row}, {1.0}}; }
Surroundings after(std::uint32_t row) { return {.profile = 1, .done = {picked(row)}}; }

Rows kept(const char* parameters, const EndpointSet& endpoints, const Surroundings& around) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kFilter, parameters, host);
  const Kept answer = plugin.filter(endpoints, RequestBuilder(), around);
  EXPECT_THAT(answer, Succeeded());
  EXPECT_THAT(host.misuses(), IsEmpty());
  return answer.base_rows;
}

TEST(TopologyAffinityFilter, KeepsWhatIsNearEnough) {
  const EndpointSet endpoints = endpoints_at(kFleet);
  EXPECT_EQ(kept("{}", endpoints, after(0)), (Rows{0, 1}));
  EXPECT_EQ(kept(R"({"minAffinity": "host"})", endpoints, after(0)), (Rows{0, 1}));
  EXPECT_EQ(kept(R"({"minAffinity": "rack"})", endpoints, after(0)), (Rows{0, 1, 2}));
  EXPECT_EQ(kept(R"({"minAffinity": "zone"})", endpoints, after(0)), (Rows{0, 1, 2, 3}));
  EXPECT_EQ(kept(R"({"minAffinity": "region"})", endpoints, after(0)), (Rows{0, 1, 2, 3, 4}));
}

TEST(TopologyAffinityFilter, TheSameMachineIsNearWhateverElseIsKnown) {
  const EndpointSet endpoints = endpoints_at({"m1 r1 - -", "m1 - - -", "m2 - z1 g1"});
  EXPECT_EQ(kept(R"({"minAffinity": "region"})", endpoints, after(0)), (Rows{0, 1}));
}

TEST(TopologyAffinityFilter, KeepsAllWhereItCannotTell) {
  const EndpointSet endpoints = endpoints_at(kFleet);
  const Rows all{0, 1, 2, 3, 4, 5, 6};
  EXPECT_EQ(kept("{}", endpoints, {}), all) << "no earlier stage";
  EXPECT_EQ(kept("{}", endpoints, {.done = {{.profile = 0, .status = SHUNT_UNAVAILABLE}}}), all) << "it failed";
  EXPECT_EQ(kept("{}", endpoints, after(6)), all) << "nobody knows where the peer is";
  EXPECT_EQ(kept("{}", endpoints, {.done = {picked(0)}, .candidates = Rows{5, 2}}), (Rows{5, 2})) << "nobody is near";
  EXPECT_EQ(kept("{}", endpoints, {.done = {picked(0)}, .candidates = Rows{}}), Rows{});
}

TEST(TopologyAffinityFilter, MissingNeverMatchesMissing) {
  const EndpointSet endpoints = endpoints_at({"- r1 - -", "- - z1 g1", "- r1 - -"});
  EXPECT_EQ(kept("{}", endpoints, after(0)), (Rows{0, 1, 2})) << "no machine matches, so all are kept";
  EXPECT_EQ(kept(R"({"minAffinity": "region"})", endpoints, after(0)), (Rows{0, 2}));
}

TEST(TopologyAffinityFilter, ThePublishedPeerComesFirst) {
  const EndpointSet endpoints = endpoints_at(kFleet);
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kFilter, "{}", host);
  host.set_value("peer_endpoint", EndpointRef{endpoints.key(3)});
  EXPECT_EQ(plugin.filter(endpoints, RequestBuilder(), after(0)).base_rows, (Rows{3}));
  host.set_value("peer_endpoint", EndpointRef{FakeHost::key_of("elsewhere")});
  EXPECT_EQ(plugin.filter(endpoints, RequestBuilder(), after(0)).base_rows.size(), 7u)
      << "it is not among the endpoints";
}

TEST(TopologyAffinityFilter, TheNewestSuccessfulRunCounts) {
  const EndpointSet endpoints = endpoints_at(kFleet);
  const Surroundings around{.done = {picked(0), picked(4), {.profile = 0, .status = SHUNT_UNAVAILABLE}}};
  EXPECT_EQ(kept("{}", endpoints, around), (Rows{4}));
}

TEST(TopologyAffinityFilter, SaysWhy) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kFilter, R"({"minAffinity": "rack"})", host);
  constexpr char kFar[] = "too far from the endpoint of the earlier stage";
  EXPECT_THAT(plugin.explain(endpoints_at(kFleet), RequestBuilder(), SHUNT_FILTER_ID, after(0)).texts,
              ElementsAre("", "", "", kFar, kFar, kFar, kFar));
}

TEST(TopologyAffinityFilter, ReadsTheNamedProducer) {
  const EndpointSet endpoints = endpoints_at({"m1 - - -", "m2 - - -"}, "map/");
  EXPECT_EQ(kept(R"({"topologyProducerName": "map"})", endpoints, after(0)), (Rows{0}));
  EXPECT_EQ(kept("{}", endpoints, after(0)), (Rows{0, 1}));
}

TEST(TopologyAffinityFilter, RefusesAnUnknownLevel) {
  FakeHost host;
  const PluginUnderTest plugin(shunt_library_entry_v1, kFilter, R"({"minAffinity": "row"})", host);
  EXPECT_THAT(plugin.creation(),
              FailedWith(SHUNT_INVALID, HasSubstr("/minAffinity must be host, rack, zone or region")));
}

TEST(TopologyAffinityScorer, FollowsTheCurve) {
  const EndpointSet endpoints = endpoints_at(kFleet);
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kScorer, "{}", host);
  const Scores scores = plugin.score(endpoints, RequestBuilder(), after(0));
  EXPECT_THAT(scores, Succeeded());
  EXPECT_THAT(scores.values, ElementsAre(1.0, 1.0, 0.20, 0.05, 0.02, 0.0, 0.0));
  EXPECT_THAT(plugin.score(endpoints, RequestBuilder()).values, Each(0.0)) << "no peer";
  EXPECT_THAT(plugin.score(endpoints, RequestBuilder(), after(6)).values, Each(0.0)) << "its place is not known";
  EXPECT_THAT(plugin.score(endpoints, RequestBuilder(), {.done = {picked(0)}, .candidates = Rows{3, 1}}).values,
              ElementsAre(0.05, 1.0));
  EXPECT_THAT(host.misuses(), IsEmpty());
}

// The score is the tightest level that is shared, in any order; the filter keeps what scores at least its level.
TEST(TopologyAffinity, FilterAndScorerAgree) {
  std::mt19937_64 draw(6);
  constexpr std::pair<const char*, double> kFloors[] = {{"host", 1.0}, {"rack", 0.2}, {"zone", 0.05}, {"region", 0.02}};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> places;
    for (std::uint64_t n = draw() % 20 + 1; n > 0; --n) {
      std::string place;
      for (const char level : {'m', 'r', 'z', 'g'}) {
        place += draw() % 4 == 0 ? "- " : level + std::to_string(draw() % 3) + " ";
      }
      place.pop_back();
      places.push_back(place);
    }
    const EndpointSet endpoints = endpoints_at(places);
    FakeHost host;
    PluginUnderTest scorer(shunt_library_entry_v1, kScorer, "{}", host);
    const std::vector<double> scores = scorer.score(endpoints, RequestBuilder(), after(0)).values;
    for (const auto& [level, floor] : kFloors) {
      Rows near;
      Rows all;
      for (std::uint32_t i = 0; i < scores.size(); ++i) {
        all.push_back(i);
        if (scores[i] >= floor) near.push_back(i);
      }
      const std::string parameters = std::string(R"({"minAffinity": ")") + level + "\"}";
      ASSERT_EQ(kept(parameters.c_str(), endpoints, after(0)), near.empty() ? all : near);
    }
  }
}

}  // namespace
