// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <algorithm>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Tells the plugin that the request went to this row.
void send(PluginUnderTest& plugin, const EndpointSet& endpoints, const RequestBuilder& request, std::uint32_t row,
          std::uint32_t outcome = SHUNT_OUTCOME_DISPATCHED) {
  const Surroundings around{.done = {{.profile = 0, .picks = {row}, .candidates = {row}, .totals = {1.0}}}};
  EXPECT_THAT(plugin.picked(endpoints, request, {.outcome = outcome}, around), Succeeded());
}

class RoutingScorers : public ::testing::Test {
 protected:
  RoutingScorers() { endpoints_.add_many(4); }
  FakeHost host_;
  EndpointSet endpoints_;
};

TEST_F(RoutingScorers, AUserStaysWhereItWas) {
  PluginUnderTest plugin(shunt_library_entry_v1, "user-affinity-scorer", "{}", host_);
  RequestBuilder ann;
  ann.user("ann").number(1);
  RequestBuilder bob;
  bob.user("bob").number(2);
  EXPECT_EQ(plugin.score(endpoints_, ann).status, SHUNT_SKIP) << "nobody knows her yet";
  send(plugin, endpoints_, ann, 2);
  EXPECT_THAT(plugin.score(endpoints_, ann).values, ElementsAre(0.0, 0.0, 1.0, 0.0));
  EXPECT_EQ(plugin.score(endpoints_, bob).status, SHUNT_SKIP);
  EXPECT_THAT(plugin.score(endpoints_, ann, {.candidates = Rows{3, 2}}).values, ElementsAre(0.0, 1.0));
  // Where her endpoint is away nothing is preferred, and where she goes then is where she stays.
  EXPECT_THAT(plugin.score(endpoints_, ann, {.candidates = Rows{0, 1}}).values, Each(0.0));
  send(plugin, endpoints_, ann, 1);
  EXPECT_THAT(plugin.score(endpoints_, ann).values, ElementsAre(0.0, 1.0, 0.0, 0.0));
  send(plugin, endpoints_, ann, 3, SHUNT_OUTCOME_REJECTED);
  EXPECT_THAT(plugin.score(endpoints_, ann).values, ElementsAre(0.0, 1.0, 0.0, 0.0));
  RequestBuilder nobody;
  nobody.number(3);
  send(plugin, endpoints_, nobody, 0);
  EXPECT_EQ(plugin.score(endpoints_, nobody).status, SHUNT_SKIP);
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

TEST_F(RoutingScorers, LocalityDependsOnUserAndModelAlone) {
  PluginUnderTest plugin(shunt_library_entry_v1, "locality-scorer", "{}", host_);
  const auto scores = [&](const char* user, const char* model, std::uint64_t seed) {
    RequestBuilder request;
    request.user(user).model(model).prompt("prompt " + std::to_string(seed));
    const Scores answer = plugin.score(endpoints_, request, {.seed = seed});
    EXPECT_THAT(answer, Succeeded());
    EXPECT_THAT(answer.values, Each(IsScore()));
    return answer.values;
  };
  EXPECT_EQ(scores("ann", "llama", 1), scores("ann", "llama", 2));
  EXPECT_NE(scores("ann", "llama", 1), scores("bob", "llama", 1));
  EXPECT_NE(scores("ann", "llama", 1), scores("ann", "qwen", 1));
  EXPECT_EQ(plugin.score(endpoints_, RequestBuilder()).status, SHUNT_SKIP);
}

TEST_F(RoutingScorers, LocalitySpreadsUsersAndMovesFew) {
  PluginUnderTest plugin(shunt_library_entry_v1, "locality-scorer", "{}", host_);
  const auto home = [&](int user, const Rows& rows) {
    RequestBuilder request;
    request.user("user-" + std::to_string(user)).model("llama");
    const std::vector<double> scores = plugin.score(endpoints_, request, {.candidates = rows}).values;
    return rows[static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin())];
  };
  std::vector<int> users(4, 0);
  for (int user = 0; user < 2000; ++user) {
    const std::uint32_t before = home(user, {0, 1, 2, 3});
    users[before] += 1;
    const std::uint32_t after = home(user, {3, 1, 0});
    if (before != 2) {
      EXPECT_EQ(after, before) << "only users of the endpoint that is gone move";
    }
  }
  for (const int count : users) EXPECT_NEAR(count, 500, 5 * 20);
}

class Topology : public ::testing::Test {
 protected:
  Topology() {
    add("a-0", "a", "r1", {"a-1"});
    add("a-1", "a", "r1", {});
    add("a-2", "a", "r1", {});
    add("b-0", "b", "r1", {"a-0"});
    add("c-0", "c", "r2", {});
    add("none", nullptr, nullptr, {"a-0"});
  }
  void add(const char* name, const char* machine, const char* rack, TextSet peers) {
    Endpoint& endpoint = endpoints_.add(name).text("endpoint:name", name);
    if (machine != nullptr) endpoint.text("machine", machine).text("rack", rack);
    if (!peers.empty()) endpoint.set("nvlink_peers", std::move(peers));
  }
  FakeHost host_;
  EndpointSet endpoints_;
  PluginUnderTest plugin_{shunt_library_entry_v1, "topology-scorer", "{}", host_};
};

TEST_F(Topology, ScoresByDistanceFromThePreferredEndpoint) {
  const auto from = [&](const char* name) {
    RequestBuilder request;
    request.preferred_endpoint(FakeHost::key_of(name));
    const Scores scores = plugin_.score(endpoints_, request);
    EXPECT_THAT(scores, Succeeded());
    return scores.values;
  };
  EXPECT_THAT(from("a-0"), ElementsAre(1.0, 1.0, 0.5, 0.1, 0.01, 0.01));
  EXPECT_THAT(from("a-1"), ElementsAre(0.5, 1.0, 0.5, 0.1, 0.01, 0.01)) << "peers count from the preferred one";
  EXPECT_THAT(from("b-0"), ElementsAre(0.1, 0.1, 0.1, 1.0, 0.01, 0.01)) << "a peer on another machine is none";
  EXPECT_THAT(from("none"), ElementsAre(0.01, 0.01, 0.01, 0.01, 0.01, 1.0)) << "no machine is nobody's";
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

TEST_F(Topology, ThePreferredEndpointMayBeFilteredOut) {
  RequestBuilder request;
  request.preferred_endpoint(FakeHost::key_of("a-0"));
  EXPECT_THAT(plugin_.score(endpoints_, request, {.candidates = Rows{4, 2, 1}}).values, ElementsAre(0.01, 0.5, 1.0));
}

TEST_F(Topology, SaysNothingWithoutAPreference) {
  EXPECT_EQ(plugin_.score(endpoints_, RequestBuilder()).status, SHUNT_SKIP);
  RequestBuilder gone;
  gone.preferred_endpoint(FakeHost::key_of("elsewhere"));
  EXPECT_EQ(plugin_.score(endpoints_, gone).status, SHUNT_SKIP);
}

// An endpoint that has just failed is left out of the next attempt, and not even in its base view.
TEST_F(Topology, AtTheNextAttemptThePreferredEndpointMayBeExcluded) {
  EndpointSet others;
  others.add("a-1").text("endpoint:name", "a-1").text("machine", "a").text("rack", "r1");
  others.add("a-2").text("endpoint:name", "a-2").text("machine", "a").text("rack", "r1");
  others.add("b-0").text("endpoint:name", "b-0").text("machine", "b").text("rack", "r1");
  RequestBuilder request;
  request.preferred_endpoint(FakeHost::key_of("a-0")).number(7);
  EXPECT_EQ(plugin_.score(others, request).status, SHUNT_SKIP) << "nobody knows yet where it is";
  plugin_.score(endpoints_, request);
  send(plugin_, endpoints_, request, 0);
  request.attempt(1).exclude(FakeHost::key_of("a-0"));
  EXPECT_THAT(plugin_.score(others, request).values, ElementsAre(1.0, 0.5, 0.1));
  send(plugin_, others, request, 0);
  request.attempt(2).exclude(FakeHost::key_of("a-1"));
  EXPECT_THAT(plugin_.score(others, request, {.candidates = Rows{1, 2}}).values, ElementsAre(0.5, 0.1)) << "and later";
  RequestBuilder other;
  other.preferred_endpoint(FakeHost::key_of("a-0")).number(8);
  EXPECT_EQ(plugin_.score(others, other).status, SHUNT_SKIP) << "of another request";

  RequestBuilder ann;
  ann.user("ann").number(9);
  send(plugin_, endpoints_, ann, 0);
  EXPECT_THAT(plugin_.score(others, ann).values, ElementsAre(1.0, 0.5, 0.1)) << "where she was sent to";
  RequestBuilder bob;
  bob.user("bob").number(10);
  send(plugin_, endpoints_, bob, 4);
  EXPECT_THAT(plugin_.score(others, bob).values, ElementsAre(0.01, 0.01, 0.01));
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

TEST_F(Topology, AUsersLastEndpointStandsInAndDoesNotAlternate) {
  RequestBuilder request;
  request.user("ann");
  send(plugin_, endpoints_, request, 1);
  EXPECT_THAT(plugin_.score(endpoints_, request).values, ElementsAre(0.5, 1.0, 0.5, 0.1, 0.01, 0.01));
  RequestBuilder prefers;
  prefers.user("ann").preferred_endpoint(FakeHost::key_of("c-0")).number(1);
  EXPECT_EQ(plugin_.score(endpoints_, prefers).values[4], 1.0) << "what the request says wins";
}

}  // namespace
