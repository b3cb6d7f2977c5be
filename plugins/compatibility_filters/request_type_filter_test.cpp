// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kType[] = "request-type-filter";
constexpr char kFail[] = R"({"onMissing": "Fail"})";

EndpointSet fleet() {
  EndpointSet endpoints;
  endpoints.add("a").set("request_types", {"chat", "generate"});
  endpoints.add("b").set("request_types", {"embedding"});
  endpoints.add("c");
  endpoints.add("d").set("request_types", {});
  endpoints.add("e").set("request_types", {"chat", "generate", "embedding"});
  return endpoints;
}

TEST(RequestTypeFilter, KeepsWhatServesTheType) {
  struct Case {
    const char* type;
    Rows kept;
    Rows strict;
  };
  const Case cases[] = {{"chat", {0, 2, 4}, {0, 4}}, {"embedding", {1, 2, 4}, {1, 4}}, {"Chat", {2}, {}}};
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  PluginUnderTest strict(shunt_library_entry_v1, kType, kFail, host);
  for (const Case& one : cases) {
    RequestBuilder request;
    request.type(one.type);
    const Kept kept = plugin.filter(fleet(), request);
    EXPECT_THAT(kept, Succeeded());
    EXPECT_EQ(kept.base_rows, one.kept) << one.type;
    EXPECT_EQ(strict.filter(fleet(), request).base_rows, one.strict) << one.type;
  }
  EXPECT_THAT(host.misuses(), IsEmpty());
}

TEST(RequestTypeFilter, ARequestWithoutTypeGoesAnywhere) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kFail, host);
  RequestBuilder request;
  request.model("chat");
  EXPECT_THAT(plugin.filter(fleet(), request).keep, ElementsAre(1, 1, 1, 1, 1));
  EXPECT_THAT(plugin.filter(EndpointSet(), request).keep, IsEmpty());
}

TEST(RequestTypeFilter, JudgesCandidatesOnly) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  RequestBuilder request;
  request.type("generate");
  EXPECT_EQ(plugin.filter(fleet(), request, {.candidates = Rows{4, 3, 1}}).base_rows, (Rows{4}));
}

TEST(RequestTypeFilter, SaysWhy) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kFail, host);
  RequestBuilder request;
  request.type("generate");
  constexpr char kOther[] = "does not serve requests of this type";
  EXPECT_THAT(plugin.explain(fleet(), request, SHUNT_FILTER_ID).texts,
              ElementsAre("", kOther, "does not say what it serves", kOther, ""));
}

}  // namespace
