// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "admin/access_rules.hpp"
#include "admin/http_message.hpp"
#include "admin/router.hpp"

namespace shunt::host {
namespace {

using ::testing::HasSubstr;

AdminRequest asking(std::string host, std::optional<std::string> origin = {}) {
  AdminRequest request;
  request.method = "GET";
  request.path = "/healthz";
  request.hosts = {std::move(host)};
  request.origin = std::move(origin);
  return request;
}

TEST(AdminAccess, NamesThatNobodyElseCanHaveAreKnown) {
  const AccessRules rules("10.1.2.3:9095", {"Shunt.Example"}, "");
  for (const char* host : {"localhost", "localhost:1234", "LocalHost", "localhost.", "127.0.0.1:80", "[::1]:80",
                           "[::1]", "10.1.2.3:9095", "192.0.2.1", "shunt.example", "SHUNT.EXAMPLE:80"}) {
    EXPECT_FALSE(rules.refuse_source(asking(host))) << host;
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "xshunt.example", "::1",
                           "[::1", "[::1]x", "127.0.0.1:80:80", "0x7f000001", "1.2.3"}) {
    const auto refusal = rules.refuse_source(asking(host));
    ASSERT_TRUE(refusal) << host;
    EXPECT_EQ(refusal->status, 403u) << host;
  }
}

TEST(AdminAccess, ThereIsOneHost) {
  const AccessRules rules("127.0.0.1:0", {}, "");
  AdminRequest request = asking("localhost");
  request.hosts.clear();
  EXPECT_EQ(rules.refuse_source(request)->status, 400u);
  request.hosts = {"localhost", "localhost"};
  EXPECT_EQ(rules.refuse_source(request)->status, 400u);
}

TEST(AdminAccess, AnOriginHasToBeTheSame) {
  const AccessRules rules("127.0.0.1:9095", {}, "");
  EXPECT_FALSE(rules.refuse_source(asking("localhost:9095", "http://localhost:9095")));
  EXPECT_FALSE(rules.refuse_source(asking("LOCALHOST:9095", "HTTP://localhost:9095")));
  for (const char* origin :
       {"null", "", "http://evil.example", "http://localhost", "http://localhost:90950", "ftp://localhost:9095",
        "localhost:9095", "http://localhost:9095/", "http://evil.example://localhost:9095"}) {
    ASSERT_TRUE(rules.refuse_source(asking("localhost:9095", origin))) << origin;
  }
}

TEST(AdminAccess, TheTokenHasToBeShown) {
  const AccessRules rules("127.0.0.1:0", {}, "secret");
  AdminRequest request = asking("localhost");
  for (const char* wrong :
       {"", "secret", "Bearer", "Bearer ", "Bearer secre", "Bearer secretx", "Basic secret", "Bearer Secret"}) {
    request.authorization = wrong;
    ASSERT_TRUE(rules.refuse_token(request)) << wrong;
    EXPECT_EQ(rules.refuse_token(request)->status, 401u);
  }
  for (const char* good : {"Bearer secret", "bearer secret"}) {
    request.authorization = good;
    EXPECT_FALSE(rules.refuse_token(request)) << good;
  }
  const AccessRules none("127.0.0.1:0", {}, "");
  request.authorization = "Bearer ";
  EXPECT_THAT(none.refuse_token(request)->body, HasSubstr("admin.tokenFile"));
}

TEST(AdminAccess, TextsAreComparedInFull) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST(AdminTargets, AreSplitAndDecoded) {
  AdminRequest request;
  ASSERT_TRUE(read_target("/v1/plugins/a%2Fb/state?x=1+2&flag&y=%3d&&z=a=b", request));
  EXPECT_EQ(request.path, "/v1/plugins/a/b/state");
  EXPECT_EQ(request.parameter("x"), "1 2");
  EXPECT_EQ(request.parameter("y"), "=");
  EXPECT_EQ(request.parameter("z"), "a=b");
  EXPECT_TRUE(request.flag("flag"));
  EXPECT_FALSE(request.flag("x"));
  EXPECT_FALSE(request.flag("nothing"));
  for (const char* wrong : {"", "v1", "http://x/", "/%", "/%4", "/%4g", "/?%"})
    EXPECT_FALSE(read_target(wrong, request)) << wrong;
}

class Routes : public ::testing::Test {
 protected:
  Routes() {
    const auto say = [](std::string text) {
      return [text](const Router::Call& call) { return json_response({{"said", text + call.argument}}); };
    };
    router_.add({"GET", "/healthz", "", false, say("health")});
    router_.add({"GET", "/things/{id}/part", "", false, say("part of ")});
    router_.add({"GET", "/things/{id}", "", false, say("thing ")});
    router_.add({"POST", "/things/{id}", "", true, say("changed ")});
    router_.add({"GET", "/broken", "", false,
                 [](const Router::Call&) -> AdminResponse { throw std::runtime_error("secret"); }});
  }
  AdminResponse ask(std::string method, std::string path, std::string authorization = "") {
    AdminRequest request = asking("localhost");
    request.method = std::move(method);
    request.path = std::move(path);
    request.authorization = std::move(authorization);
    return router_.answer(request);
  }
  AccessRules rules_{"127.0.0.1:0", {}, "token"};
  Router router_{rules_};
};

TEST_F(Routes, TheFirstThatFitsAnswers) {
  EXPECT_EQ(ask("GET", "/healthz").body, "{\"schema\":1,\"said\":\"health\"}\n");
  EXPECT_THAT(ask("GET", "/things/7").body, HasSubstr("thing 7"));
  EXPECT_THAT(ask("GET", "/things/a/b/part").body, HasSubstr("part of a/b"));
  EXPECT_EQ(ask("GET", "/things/").status, 404u);
  EXPECT_EQ(ask("GET", "/healthz/").status, 404u);
}

TEST_F(Routes, OtherMethodsAreRefusedWithThoseThatThereAre) {
  const AdminResponse refused = ask("DELETE", "/things/7");
  EXPECT_EQ(refused.status, 405u);
  ASSERT_EQ(refused.headers.size(), 1u);
  EXPECT_EQ(refused.headers[0], std::make_pair(std::string("Allow"), std::string("GET, HEAD, POST")));
  EXPECT_EQ(ask("HEAD", "/things/7").status, 200u);
}

TEST_F(Routes, ChangesNeedTheToken) {
  EXPECT_EQ(ask("POST", "/things/7").status, 401u);
  EXPECT_EQ(ask("POST", "/things/7", "Bearer token").status, 200u);
}

TEST_F(Routes, AFailureIsAnAnswerWithoutDetails) {
  EXPECT_EQ(ask("GET", "/broken").status, 500u);
  EXPECT_THAT(ask("GET", "/broken").body, ::testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace shunt::host
