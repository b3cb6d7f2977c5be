// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;

struct Instance {
  std::optional<double> price, gpus, speed;
};

class CostScorer : public ::testing::Test {
 protected:
  std::vector<double> score(const std::vector<Instance>& instances, std::optional<std::uint64_t> max_tokens,
                            const char* parameters = "{}") {
    PluginUnderTest plugin(shunt_library_entry_v1, "cost-scorer", parameters, host_);
    EndpointSet endpoints;
    for (std::size_t i = 0; i < instances.size(); ++i) {
      Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
      if (instances[i].price) endpoint.number("price_per_gpu_hour", *instances[i].price);
      if (instances[i].gpus) endpoint.number("gpu_count", *instances[i].gpus);
      if (instances[i].speed) endpoint.number("tokens_per_second", *instances[i].speed);
    }
    RequestBuilder request;
    if (max_tokens) request.max_tokens(*max_tokens);
    const Scores scores = plugin.score(endpoints, request);
    EXPECT_THAT(scores, Succeeded());
    EXPECT_EQ(scores.unwritten(), 0u);
    EXPECT_THAT(host_.misuses(), IsEmpty());
    return scores.values;
  }
  FakeHost host_;
};

TEST_F(CostScorer, FollowsTheFormula) {
  struct Case {
    const char* what;
    std::vector<Instance> instances;
    std::optional<std::uint64_t> max_tokens;
    const char* parameters;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"no endpoint", {}, {}, "{}", {}},
      {"one endpoint", {{2, 8, 50}}, 10, "{}", {1}},
      {"nothing known: all cost the same", {{}, {}}, {}, "{}", {1, 1}},
      {"without throughput the fewest gpus", {{{}, 4, {}}, {{}, 1, {}}, {{}, 3, {}}}, 50, "{}", {0, 1, 1.0 / 3}},
      {"no gpu count is one", {{{}, {}, {}}, {{}, 2, {}}, {{}, 3, {}}}, 50, "{}", {1, 0.5, 0}},
      {"time is tokens by throughput", {{1, 1, 100}, {1, 1, 50}, {1, 1, 200}}, 1000, "{}", {2.0 / 3, 0, 1}},
      {"more gpus may cost less", {{1, 4, 500}, {1, 1, 100}}, 100, "{}", {1, 0}},
      {"100 tokens without a limit", {{1, 1, 100}, {1, 2, {}}, {1, 3, 100}}, {}, "{}", {1, 0.5, 0}},
      {"a limit of 0 costs nothing where the speed is known", {{1, 1, 100}, {1, 9, 1}, {1, 1, {}}}, 0, "{}", {1, 1, 0}},
      {"a throughput of 0 is unknown", {{1, 1, 0}, {1, 1, {}}, {1, 2, {}}}, 100, "{}", {1, 1, 0}},
      {"unknown throughput looks cheap", {{1, 1, {}}, {1, 1, 100}}, 1000, "{}", {1, 0}},
      {"unless it is said to be slow", {{1, 1, {}}, {1, 1, 100}}, 1000, R"({"unknownSeconds": 60})", {0, 1}},
      {"price of its own", {{3, 1, {}}, {{}, 1, {}}, {2, 1, {}}}, 10, "{}", {0, 1, 0.5}},
      {"standard price", {{3, 1, {}}, {{}, 1, {}}, {2, 1, {}}}, 10, R"({"pricePerGpuHour": 4})", {0.5, 0, 1}},
      {"free", {{0, 1, {}}, {{}, 1, {}}}, 10, "{}", {1, 0}},
      {"tokens without a limit", {{1, 1, 10}, {1, 1, {}}}, {}, R"({"defaultMaxTokens": 5})", {1, 0}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(one.instances, one.max_tokens, one.parameters), Pointwise(DoubleNear(1e-12), one.expected))
        << one.what;
  }
}

TEST_F(CostScorer, RefusesAPriceThatIsNoNumber) {
  const PluginUnderTest plugin(shunt_library_entry_v1, "cost-scorer", R"({"pricePerGpuHour": "cheap"})", host_);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/pricePerGpuHour must be a number")));
}

}  // namespace
