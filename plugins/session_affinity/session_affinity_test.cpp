// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <string>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

constexpr char kFilter[] = "session-affinity-filter";
constexpr char kScorer[] = "session-affinity-scorer";
constexpr char kSessionId[] = R"({"strategy": "session_id"})";
constexpr std::int64_t kSecond = 1'000'000'000;
// base64 of default/pod-1, default/pod-9 and batch/x
constexpr char kPod1[] = "ZGVmYXVsdC9wb2QtMQ==";
constexpr char kPod9[] = "ZGVmYXVsdC9wb2QtOQ==";
constexpr char kBatchX[] = "YmF0Y2gveA==";

EndpointSet fleet() {
  EndpointSet endpoints;
  for (const char* name : {"pod-0", "pod-1", "pod-2", "batch/x"}) endpoints.add(name).text("endpoint:name", name);
  return endpoints;
}

ProfileResult result(std::uint32_t profile, std::uint32_t row) { return {profile, SHUNT_OK, {row}, {row}, {1.0}}; }

struct Session {
  explicit Session(const std::string& parameters, const char* type = kFilter)
      : plugin((host.add_profile("decode"), host.add_profile("prefill"), shunt_library_entry_v1), type, parameters,
               host) {
    EXPECT_THAT(plugin.creation(), Succeeded());
  }
  ~Session() { EXPECT_THAT(host.misuses(), IsEmpty()); }

  Rows kept(const RequestBuilder& request, const Surroundings& around = {}) {
    const Kept kept = plugin.filter(fleet(), request, around);
    EXPECT_THAT(kept, Succeeded());
    return kept.base_rows;
  }
  Annotated decide(const RequestBuilder& request, std::uint32_t row, std::int64_t now_ns = kSecond) {
    const Annotated done = plugin.picked(fleet(), request, {}, {.now_ns = now_ns, .done = {result(0, row)}});
    EXPECT_THAT(done, Succeeded());
    return done;
  }
  double counter(const char* name) { return host.metric(name)->value; }

  FakeHost host;
  PluginUnderTest plugin;
};

const Rows kAll{0, 1, 2, 3};

TEST(SessionAffinityFilter, KeepsTheEndpointThatTheTokenNames) {
  struct Case {
    const char* what;
    const char* token;
    Rows kept;
  };
  const Case cases[] = {{"an endpoint of the default namespace", kPod1, {1}},
                        {"one of another namespace", kBatchX, {3}},
                        {"one that is gone", kPod9, kAll},
                        {"not base64", "pod-1!", kAll},
                        {"empty", "", kAll}};
  for (const Case& one : cases) {
    Session session("{}");
    RequestBuilder request;
    request.header("x-session-token", one.token);
    EXPECT_EQ(session.kept(request), one.kept) << one.what;
  }
  Session session("{}");
  EXPECT_EQ(session.kept(RequestBuilder()), kAll);
}

// Files may write the namespace "default" out, as a client's token does.
TEST(SessionAffinityFilter, RecognisesAnEndpointWithTheDefaultNamespaceInItsName) {
  EndpointSet endpoints;
  for (const char* name : {"pod-0", "default/pod-1"}) endpoints.add(name).text("endpoint:name", name);
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kFilter, "{}", host);
  const Annotated done = plugin.picked(endpoints, RequestBuilder(), {}, {.done = {result(0, 1)}});
  EXPECT_THAT(done.response_headers, ElementsAre(Pair("x-session-token", Optional(std::string(kPod1)))));
  RequestBuilder next;
  next.header("x-session-token", kPod1);
  EXPECT_EQ(plugin.filter(endpoints, next).base_rows, (Rows{1}));
  EXPECT_EQ(host.metric("stale_bindings_total")->value, 0);
  EXPECT_EQ(plugin.filter(endpoints, next, {.candidates = Rows{0}}).base_rows, (Rows{0}));
  EXPECT_EQ(host.metric("stale_bindings_total")->value, 1);
}

TEST(SessionAffinityFilter, LooksAmongTheCandidatesOnly) {
  Session session("{}");
  RequestBuilder request;
  request.header("x-session-token", kPod1);
  EXPECT_EQ(session.kept(request, {.candidates = Rows{3, 1, 0}}), (Rows{1}));
  EXPECT_EQ(session.counter("stale_bindings_total"), 0);
  EXPECT_EQ(session.kept(request, {.candidates = Rows{3, 0}}), (Rows{3, 0}));
  EXPECT_EQ(session.counter("stale_bindings_total"), 1);
  EXPECT_THAT(session.plugin.filter(EndpointSet(), request).keep, IsEmpty());
}

TEST(SessionAffinityFilter, HandsOutTheTokenOfThePick) {
  Session session("{}");
  EXPECT_THAT(session.decide(RequestBuilder(), 1).response_headers,
              ElementsAre(Pair("x-session-token", Optional(std::string(kPod1)))));
  EXPECT_THAT(session.decide(RequestBuilder(), 3).response_headers,
              ElementsAre(Pair("x-session-token", Optional(std::string(kBatchX)))));
}

TEST(SessionAffinityFilter, HandsOutNothingWithoutAPick) {
  Session session("{}");
  const Surroundings failed{.done = {{.profile = 0, .status = SHUNT_UNAVAILABLE}}};
  EXPECT_EQ(
      session.plugin.picked(fleet(), RequestBuilder(), {.outcome = SHUNT_OUTCOME_REJECTED, .http_status = 429}, failed)
          .size(),
      0u);
  EXPECT_EQ(
      session.plugin
          .picked(fleet(), RequestBuilder(), {.primary_profile = SHUNT_NONE, .primary_result = SHUNT_NONE}, failed)
          .size(),
      0u);
}

TEST(SessionAffinityFilter, HeaderAndProfileAreChosen) {
  Session session(R"({"profileName": "prefill", "encodedEndpointHeaderConfig": {"header": "X-Prefill-Token"}})");
  RequestBuilder request;
  request.header("x-session-token", kPod1).header("x-prefill-token", kBatchX);
  EXPECT_EQ(session.kept(request), (Rows{3}));
  const Annotated done = session.plugin.picked(fleet(), request, {}, {.done = {result(1, 1), result(0, 2)}});
  EXPECT_THAT(done.response_headers, ElementsAre(Pair("x-prefill-token", Optional(std::string(kPod1)))));
  EXPECT_EQ(session.plugin.picked(fleet(), request, {}, {.done = {result(0, 2)}}).size(), 0u);
}

TEST(SessionAffinityFilter, RefusesWhatMakesNoSense) {
  struct Case {
    const char* parameters;
    const char* message;
  };
  const Case cases[] = {
      {R"({"profileName": "encode"})", "there is no profile \"encode\""},
      {R"({"sessionIdConfig": {"sources": [{}]}})", "/sessionIdConfig/sources/0 must have either"},
      {R"({"sessionIdConfig": {"sources": [{"header": "a", "attribute": "b"}]}})", "must have either"},
      {R"({"sessionIdConfig": {"sources": [{"header": "a", "producer": "b"}]}})", "/producer belongs to"},
  };
  for (const Case& one : cases) {
    FakeHost host;
    const PluginUnderTest plugin(shunt_library_entry_v1, kFilter, one.parameters, host);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr(one.message))) << one.parameters;
  }
}

TEST(SessionAffinityFilter, RemembersSessions) {
  Session session(kSessionId);
  RequestBuilder mine;
  mine.header("x-session-id", "s1");
  RequestBuilder yours;
  yours.header("x-session-id", "s2");
  EXPECT_EQ(session.kept(mine), kAll);
  EXPECT_EQ(session.decide(mine, 2).size(), 0u) << "nothing goes to the client";
  EXPECT_EQ(session.kept(mine), (Rows{2}));
  EXPECT_EQ(session.kept(yours), kAll);
  session.decide(RequestBuilder(), 1);
  EXPECT_EQ(session.kept(RequestBuilder()), kAll);
}

TEST(SessionAffinityFilter, BindsAgainOnlyWhenTheEndpointIsGone) {
  Session session(kSessionId);
  RequestBuilder request;
  request.header("x-session-id", "s1");
  session.decide(request, 2);
  session.decide(request, 0);
  EXPECT_EQ(session.kept(request), (Rows{2})) << "it is still there";

  EndpointSet smaller;
  smaller.add("pod-0");
  smaller.add("pod-1");
  RequestBuilder retry;
  retry.header("x-session-id", "s1").attempt(1).exclude(fleet().key(2));
  EXPECT_THAT(session.plugin.picked(smaller, retry, {}, {.done = {result(0, 0)}}), Succeeded());
  EXPECT_EQ(session.kept(request), (Rows{2})) << "left out for one attempt is not gone";
  EXPECT_THAT(session.plugin.picked(smaller, request, {}, {.done = {result(0, 1)}}), Succeeded());
  EXPECT_EQ(session.kept(request), (Rows{1}));
}

TEST(SessionAffinityFilter, BindingsExpire) {
  Session session(R"({"strategy": "session_id", "sessionIdConfig": {"evictionTtlSeconds": 2.5}})");
  RequestBuilder request;
  request.header("x-session-id", "s1");
  session.decide(request, 2, 10 * kSecond);
  EXPECT_EQ(session.kept(request, {.now_ns = 12 * kSecond}), (Rows{2}));
  EXPECT_EQ(session.kept(request, {.now_ns = 14 * kSecond + kSecond / 2}), (Rows{2}));
  EXPECT_EQ(session.kept(request, {.now_ns = 17 * kSecond + 1}), kAll);
}

TEST(SessionAffinityFilter, SourcesAreAskedInTheirOrder) {
  Session session(R"({"strategy": "session_id", "sessionIdConfig": {"sources": [
      {"header": "X-Chat"}, {"attribute": "agent-identity", "producer": "agents"}, {"attribute": "agent-identity"}]}})");
  RequestBuilder both;
  both.header("x-chat", "c");
  session.host.set_value("agent-identity", std::string("a"));
  session.decide(both, 1);
  EXPECT_EQ(session.kept(both), (Rows{1}));
  EXPECT_EQ(session.kept(RequestBuilder()), kAll) << "the session of the attribute is another one";
  RequestBuilder empty;
  empty.header("x-chat", "").header("x-session-id", "unused");
  session.decide(empty, 3);
  EXPECT_EQ(session.kept(RequestBuilder()), (Rows{3}));
  session.host.set_value("agents/agent-identity", std::string("b"));
  EXPECT_EQ(session.kept(RequestBuilder()), kAll);
}

TEST(SessionAffinityFilter, TheSessionOfTheRequestCountsLikeItsHeader) {
  Session session(kSessionId);
  RequestBuilder request;
  request.session("s1");
  session.decide(request, 1);
  RequestBuilder header;
  header.header("x-session-id", "s1");
  EXPECT_EQ(session.kept(header), (Rows{1}));
}

TEST(SessionAffinityFilter, SaysWhy) {
  Session session("{}");
  RequestBuilder request;
  request.header("x-session-token", kPod1);
  constexpr char kReason[] = "session is pinned to another endpoint";
  EXPECT_THAT(session.plugin.explain(fleet(), request, SHUNT_FILTER_ID).texts,
              ElementsAre(kReason, "", kReason, kReason));
  EXPECT_THAT(session.plugin.explain(fleet(), RequestBuilder(), SHUNT_FILTER_ID).texts, Each(""));
}

TEST(SessionAffinityScorer, OneForThePinnedEndpoint) {
  Session stateless("{}", kScorer);
  RequestBuilder request;
  request.header("x-session-token", kPod1);
  EXPECT_THAT(stateless.plugin.score(fleet(), request).values, ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(stateless.plugin.score(fleet(), request, {.candidates = Rows{2, 1}}).values, ElementsAre(0, 1));
  EXPECT_THAT(stateless.plugin.score(fleet(), request, {.candidates = Rows{2, 0}}).values, ElementsAre(0, 0));
  EXPECT_THAT(stateless.plugin.score(fleet(), RequestBuilder()).values, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(stateless.plugin.score(EndpointSet(), request).values, IsEmpty());

  Session stateful(kSessionId, kScorer);
  RequestBuilder mine;
  mine.header("x-session-id", "s1");
  EXPECT_THAT(stateful.plugin.score(fleet(), mine).values, ElementsAre(0, 0, 0, 0));
  stateful.decide(mine, 3);
  EXPECT_THAT(stateful.plugin.score(fleet(), mine).values, ElementsAre(0, 0, 0, 1));
}

TEST(SessionAffinityScorer, ThousandEndpointsInAnyOrder) {
  Session session("{}", kScorer);
  EndpointSet endpoints;
  endpoints.add_many(1000);
  RequestBuilder request;
  request.header("x-session-token", "ZGVmYXVsdC9wb2QtNzc3");  // default/pod-777
  Rows rows(1000);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>((i * 77 + 5) % rows.size());
  const Scores scores = session.plugin.score(endpoints, request, {.candidates = rows});
  for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(scores[i], rows[i] == 777 ? 1.0 : 0.0);
}

}  // namespace
