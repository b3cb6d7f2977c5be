// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <variant>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::optional<std::string> session(const char* parameters, const std::function<void(RequestBuilder&)>& describe,
                                   const std::string& name = {}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "session-id-producer", parameters, host, name);
  EndpointSet endpoints;
  endpoints.add_many(2);
  RequestBuilder request;
  describe(request);
  const Produced produced = plugin.produce(endpoints, request);
  EXPECT_THAT(host.misuses(), IsEmpty());
  if (produced.status == SHUNT_SKIP) {
    EXPECT_THAT(produced.values, IsEmpty());
    return std::nullopt;
  }
  EXPECT_THAT(produced, Succeeded());
  return std::get<std::string>(produced.values.at(name.empty() ? "session_id" : name + "/session_id"));
}

TEST(SessionIdProducer, TheHeaderSaysIt) {
  EXPECT_EQ(session("{}", [](RequestBuilder& request) { request.header("x-session-id", "s1"); }), "s1");
  EXPECT_EQ(session("{}", [](RequestBuilder& request) { request.header("x-other", "s1"); }), std::nullopt);
  EXPECT_EQ(session("{}", [](RequestBuilder& request) { request.header("x-session-id", ""); }), std::nullopt);
  constexpr char kOther[] = R"({"headerName": "X-My-Session"})";
  EXPECT_EQ(session(kOther, [](RequestBuilder& request) { request.header("x-my-session", "s2"); }), "s2");
  EXPECT_EQ(session(kOther, [](RequestBuilder& request) { request.header("x-session-id", "s1"); }), std::nullopt);
}

TEST(SessionIdProducer, TheRequestsOwnSessionStandsInForTheDefaultHeader) {
  EXPECT_EQ(session("{}", [](RequestBuilder& request) { request.session("s3"); }), "s3");
  EXPECT_EQ(session("{}", [](RequestBuilder& request) { request.session("s3").header("x-session-id", "s1"); }), "s1");
  EXPECT_EQ(session(R"({"headerName": "x-my-session"})", [](RequestBuilder& request) { request.session("s3"); }),
            std::nullopt);
  EXPECT_EQ(session(R"({"cookieName": "sid"})", [](RequestBuilder& request) { request.session("s3"); }), std::nullopt);
}

TEST(SessionIdProducer, ACookieSaysIt) {
  constexpr char kCookie[] = R"({"cookieName": "sid"})";
  EXPECT_EQ(session(kCookie, [](RequestBuilder& request) { request.header("cookie", "a=1; sid=s4; b=2"); }), "s4");
  EXPECT_EQ(session(kCookie, [](RequestBuilder& request) { request.header("cookie", "a=1"); }), std::nullopt);
  EXPECT_EQ(session(kCookie, [](RequestBuilder& request) { request.header("x-session-id", "s1"); }), std::nullopt);
}

TEST(SessionIdProducer, AnotherNamePutsItselfInFront) {
  EXPECT_EQ(session(
                "{}", [](RequestBuilder& request) { request.session("s5"); }, "mine"),
            "s5");
}

TEST(SessionIdProducer, WhatIsTooLongIsNoId) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "session-id-producer", "{}", host);
  EndpointSet endpoints;
  for (const std::size_t length : {4096u, 4097u, 1000000u}) {
    RequestBuilder request;
    request.number(length).session(std::string(length, 'x'));
    EXPECT_EQ(plugin.produce(endpoints, request).status, length <= 4096 ? SHUNT_OK : SHUNT_SKIP) << length;
  }
  EXPECT_EQ(host.metric("refused_ids_total")->value, 2);
}

TEST(SessionIdProducer, OneOfTheTwo) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "session-id-producer", R"({"headerName": "a", "cookieName": "b"})",
                         host);
  EXPECT_FALSE(plugin.created());
  EXPECT_THAT(plugin.creation().error, HasSubstr("not both"));
}

}  // namespace
