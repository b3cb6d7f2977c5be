// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

using namespace shunt::testing;

TEST(KvHeadroom, PrefersFreeCache) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "kv-headroom", "{}", host);
  EndpointSet endpoints;
  endpoints.add("ep-1").number("kv_cache_usage", 0.25);
  endpoints.add("ep-2").number("kv_cache_usage", 0.75);
  const Scores scores = plugin.score(endpoints, RequestBuilder());
  EXPECT_THAT(scores, Succeeded());
  EXPECT_THAT(scores.values, ::testing::ElementsAre(0.75, 0.25));
}
