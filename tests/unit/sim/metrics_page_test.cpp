// SPDX-License-Identifier: Apache-2.0
#include "metrics_page.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace shunt::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const ServerSettings& settings, const Engine& engine) {
  std::string page;
  MetricsPage(settings).append_to(page, engine, 1763008177);
  std::istringstream stream(page);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

ServerSettings with_adapters() {
  ServerSettings settings;
  settings.adapters = {"a", "b"};
  settings.max_loras = 1;
  settings.num_gpu_blocks = 10;
  return settings;
}

// One request of adapter a that runs, and one of b that waits.
Engine busy(const ServerSettings& settings) {
  Engine engine(engine_settings(settings, 0, 1));
  for (const int adapter : {0, 1}) {
    EngineRequest request;
    request.id = static_cast<RequestId>(adapter) + 1;
    request.prompt_tokens = 64;
    request.output_tokens = 8;
    request.adapter = adapter;
    engine.submit(std::move(request), 0);
  }
  return engine;
}

TEST(MetricsPage, HasTheNamesOfVllm) {
  const ServerSettings settings = with_adapters();
  const auto lines = lines_of(settings, busy(settings));
  EXPECT_THAT(lines, Contains("vllm:num_requests_running{engine=\"0\",model_name=\"base\"} 1.0"));
  EXPECT_THAT(lines, Contains("vllm:num_requests_waiting{engine=\"0\",model_name=\"base\"} 1.0"));
  EXPECT_THAT(lines, Contains("vllm:kv_cache_usage_perc{engine=\"0\",model_name=\"base\"} 0.4"));
  EXPECT_THAT(lines, Contains(HasSubstr("block_size=\"16\",cache_dtype=\"auto\",enable_prefix_caching=\"True\"")));
  EXPECT_THAT(lines, Contains("vllm:lora_requests_info{max_lora=\"1\",running_lora_adapters=\"a\","
                              "waiting_lora_adapters=\"b\"} 1763008177.0"));
}

TEST(MetricsPage, HasTheNamesOfSglang) {
  ServerSettings settings = with_adapters();
  settings.engine = "sglang";
  const auto lines = lines_of(settings, busy(settings));
  EXPECT_THAT(lines, Contains("sglang:num_running_reqs{tp_rank=\"0\",model_name=\"base\"} 1.0"));
  EXPECT_THAT(lines, Contains("sglang:num_queue_reqs{tp_rank=\"0\",model_name=\"base\"} 1.0"));
  EXPECT_THAT(lines, Contains("sglang:token_usage{tp_rank=\"0\",model_name=\"base\"} 0.4"));
  EXPECT_THAT(lines, Contains("sglang:cache_config_info{num_pages=\"10\",page_size=\"16\"} 1.0"));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("vllm"))));
}

TEST(MetricsPage, CountsWhatWasDone) {
  const ServerSettings settings = with_adapters();
  Engine engine = busy(settings);
  std::vector<Progress> progress;
  while (engine.next()) engine.advance(*engine.next(), progress);
  const auto lines = lines_of(settings, engine);
  const std::string labels = "{engine=\"0\",model_name=\"base\"";
  EXPECT_THAT(lines, Contains("vllm:prompt_tokens_total" + labels + "} 128.0"));
  EXPECT_THAT(lines, Contains("vllm:generation_tokens_total" + labels + "} 16.0"));
  EXPECT_THAT(lines, Contains("vllm:request_success_total" + labels + ",finished_reason=\"stop\"} 2.0"));
  EXPECT_THAT(lines, Contains("vllm:time_to_first_token_seconds_bucket" + labels + ",le=\"+Inf\"} 2.0"));
  EXPECT_THAT(lines, Contains("vllm:time_to_first_token_seconds_count" + labels + "} 2.0"));
  EXPECT_THAT(lines, Contains("vllm:time_per_output_token_seconds_count" + labels + "} 14.0"));
}

// A bucket counts everything up to its bound.
TEST(Histogram, CountsByUpperBound) {
  constexpr double kBounds[] = {1, 2};
  Histogram histogram(kBounds);
  histogram.add(1);
  histogram.add(1.5, 2);
  histogram.add(5);
  EXPECT_THAT(histogram.counts(), testing::ElementsAre(1u, 2u, 1u));
  EXPECT_DOUBLE_EQ(histogram.sum(), 9);
}

}  // namespace
}  // namespace shunt::sim
