// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kType[] = "model-filter";
constexpr char kFail[] = R"({"onMissing": "Fail"})";

EndpointSet fleet() {
  EndpointSet endpoints;
  endpoints.add("a").set("models", {"llama", "qwen"});
  endpoints.add("b").set("models", {"qwen"});
  endpoints.add("c");
  endpoints.add("d").set("models", {});
  return endpoints;
}

TEST(ModelFilter, KeepsWhatServesTheModel) {
  struct Case {
    const char* model;
    Rows kept;
    Rows strict;
  };
  const Case cases[] = {
      {"llama", {0, 2}, {0}}, {"qwen", {0, 1, 2}, {0, 1}}, {"Qwen", {2}, {}}, {"unheard-of", {2}, {}}};
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  PluginUnderTest strict(shunt_library_entry_v1, kType, kFail, host);
  for (const Case& one : cases) {
    RequestBuilder request;
    request.model(one.model);
    const Kept kept = plugin.filter(fleet(), request);
    EXPECT_THAT(kept, Succeeded());
    EXPECT_EQ(kept.base_rows, one.kept) << one.model;
    EXPECT_EQ(strict.filter(fleet(), request).base_rows, one.strict) << one.model;
  }
  EXPECT_THAT(host.misuses(), IsEmpty());
}

TEST(ModelFilter, TheModelAfterRewritingCounts) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kFail, host);
  RequestBuilder request;
  request.model("alias").target_model("qwen");
  EXPECT_EQ(plugin.filter(fleet(), request, {.candidates = Rows{3, 1, 0}}).base_rows, (Rows{1, 0}));
}

TEST(ModelFilter, ARequestWithoutModelGoesAnywhere) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kFail, host);
  EXPECT_THAT(plugin.filter(fleet(), RequestBuilder()).keep, ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(plugin.filter(EndpointSet(), RequestBuilder()).keep, IsEmpty());
}

TEST(ModelFilter, SaysWhy) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kFail, host);
  RequestBuilder request;
  request.model("llama");
  EXPECT_THAT(plugin.explain(fleet(), request, SHUNT_FILTER_ID).texts,
              ElementsAre("", "does not serve the model", "does not say what it serves", "does not serve the model"));
}

}  // namespace
