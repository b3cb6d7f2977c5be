// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr const char* kType = "prometheus-extractor";
using Cells = std::map<std::string, Cell>;

constexpr const char* kVllmPage = R"(# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 5.0
vllm:num_requests_waiting{engine="0",model_name="m"} 3.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.42
vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="27819",swap_space="4"} 1.0
vllm:lora_requests_info{max_lora="4",running_lora_adapters="sql,chat",waiting_lora_adapters="code"} 1.7e+09
vllm:time_to_first_token_seconds_bucket{le="0.001"} 0.0
process_cpu_seconds_total 12.5
)";

class PrometheusExtractor : public ::testing::Test {
 protected:
  PrometheusExtractor() { endpoints_.add("pod"); }

  // The cells that one page leads to.
  Cells read(const std::string& page, const char* parameters = "{}") {
    PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host_);
    EXPECT_TRUE(plugin.created()) << plugin.creation().error;
    EXPECT_THAT(plugin.extract(endpoints_, "pod", {.body = page}), Succeeded());
    Cells cells;
    for (const WrittenCell& cell : host_.take_cells()) {
      EXPECT_EQ(cell.endpoint, endpoints_.key(0));
      EXPECT_TRUE(cells.emplace(cell.column, cell.content).second) << cell.column << " was written twice";
    }
    return cells;
  }
  std::string failure(const FetchedPage& page, const char* parameters = "{}") {
    PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host_);
    const Answer answer = plugin.extract(endpoints_, "pod", page);
    EXPECT_LT(answer.status, 0);
    EXPECT_THAT(host_.take_cells(), IsEmpty());
    return answer.error;
  }

  FakeHost host_;
  EndpointSet endpoints_;
};

TEST_F(PrometheusExtractor, ReadsVllm) {
  EXPECT_THAT(
      read(kVllmPage),
      UnorderedElementsAre(Pair("queue", Cell(3.0)), Pair("running", Cell(5.0)), Pair("kv_cache_usage", Cell(0.42)),
                           Pair("kv_cache_block_size", Cell(16.0)), Pair("kv_cache_blocks", Cell(27819.0)),
                           Pair("active_models", Cell(TextSet{"sql", "chat"})),
                           Pair("waiting_models", Cell(TextSet{"code"})), Pair("max_active_models", Cell(4.0))));
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

// One request waits, two run, a quarter of the cache is used.
Cells loaded(double block_size, double blocks) {
  return {{"queue", 1.0},
          {"running", 2.0},
          {"kv_cache_usage", 0.25},
          {"kv_cache_block_size", block_size},
          {"kv_cache_blocks", blocks}};
}

TEST_F(PrometheusExtractor, ReadsTheOtherEngines) {
  struct Case {
    const char* engine;
    const char* page;
    Cells cells;
  };
  const Case cases[] = {
      {"sglang",
       "sglang:num_queue_reqs 1\nsglang:num_running_reqs 2\nsglang:token_usage 0.25\n"
       "sglang:cache_config_info{page_size=\"64\",num_pages=\"900\"} 1\n",
       loaded(64, 900)},
      {"trtllm-serve",
       "trtllm_num_requests_waiting 1\ntrtllm_num_requests_running 2\ntrtllm_kv_cache_utilization 0.25\n"
       "trtllm_kv_cache_tokens_per_block 32\ntrtllm_kv_cache_max_blocks 700\n",
       loaded(32, 700)},
      {"triton-tensorrt-llm",
       "nv_trt_llm_request_metrics{model=\"m\",request_type=\"waiting\",version=\"1\"} 1\n"
       "nv_trt_llm_request_metrics{model=\"m\",request_type=\"scheduled\",version=\"1\"} 2\n"
       "nv_trt_llm_request_metrics{model=\"m\",request_type=\"max\",version=\"1\"} 512\n"
       "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"fraction\",model=\"m\"} 0.25\n"
       "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"tokens_per\",model=\"m\"} 64\n"
       "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"max\",model=\"m\"} 6239\n",
       loaded(64, 6239)},
      {"triton",
       "nv_inference_pending_request_count{model=\"a\",version=\"1\"} 1\n"
       "nv_inference_pending_request_count{model=\"b\",version=\"1\"} 4\nnv_inference_exec_count{model=\"a\"} 7\n",
       {{"queue", 5.0}, {"running", 7.0}}},
  };
  for (const Case& one : cases) {
    endpoints_[0].label("llm-d.ai/engine-type", one.engine);
    EXPECT_EQ(read(one.page), one.cells) << one.engine;
    const std::string parameters = R"({"engineLabel": "x", "defaultEngine": ")" + std::string(one.engine) + "\"}";
    EXPECT_EQ(read(one.page, parameters.c_str()), one.cells) << one.engine;
  }
}

TEST_F(PrometheusExtractor, ChoosesTheEngineByLabel) {
  const std::string page = "sglang:num_queue_reqs 1\nvllm:num_requests_waiting 2\ntrtllm_num_requests_waiting 3\n";
  EXPECT_EQ(read(page), (Cells{{"queue", 2.0}}));
  endpoints_[0].label("inference.networking.k8s.io/engine-type", "sglang");
  EXPECT_EQ(read(page), (Cells{{"queue", 1.0}}));
  endpoints_[0].label("llm-d.ai/engine-type", "trtllm-serve");
  EXPECT_EQ(read(page), (Cells{{"queue", 3.0}}));
  endpoints_[0].label("my-engine", "vllm");
  EXPECT_EQ(read(page, R"({"engineLabel": "my-engine"})"), (Cells{{"queue", 2.0}}));
}

TEST_F(PrometheusExtractor, AnUnknownEngineGetsCustomMetricsOnly) {
  endpoints_[0].label("llm-d.ai/engine-type", "abacus");
  EXPECT_EQ(read("vllm:num_requests_waiting 2\n"), Cells{});
  EXPECT_EQ(
      read("vllm:num_requests_waiting 2\nheat 60\n", R"({"customMetrics": [{"attribute": "t", "metric": "heat"}]})"),
      (Cells{{"t", 60.0}}));
  EXPECT_EQ(host_.metrics()[2].name, "unknown_engine_pages_total");
  EXPECT_EQ(host_.metrics()[2].value, 1);
}

TEST_F(PrometheusExtractor, EnginesCanBeAddedAndChanged) {
  const char* parameters = R"({"defaultEngine": "mine", "engines": {
    "mine": {"queue": "my_queue{kind=waiting}", "blocks": "my_cache", "blocksLabel": "n"},
    "vllm": {"queue": "vllm:other_queue"}}})";
  EXPECT_EQ(read("my_queue{kind=\"waiting\"} 6\nmy_queue{kind=\"x\"} 9\nmy_cache{n=\"80\"} 1\n", parameters),
            (Cells{{"queue", 6.0}, {"kv_cache_blocks", 80.0}}));
  endpoints_[0].label("llm-d.ai/engine-type", "vllm");
  EXPECT_EQ(read("vllm:other_queue 4\nvllm:num_requests_waiting 1\nvllm:num_requests_running 2\n", parameters),
            (Cells{{"queue", 4.0}, {"running", 2.0}}));
  endpoints_[0].label("llm-d.ai/engine-type", "sglang");
  EXPECT_EQ(read("sglang:num_queue_reqs 8\n", parameters), (Cells{{"queue", 8.0}}));
}

TEST_F(PrometheusExtractor, RanksOfOneEndpointAddUp) {
  EXPECT_EQ(read("vllm:num_requests_waiting{engine=\"0\"} 3\nvllm:num_requests_waiting{engine=\"1\"} 4\n"
                 "vllm:num_requests_running{engine=\"0\"} 1\nvllm:num_requests_running{engine=\"1\"} 2\n"
                 "vllm:kv_cache_usage_perc{engine=\"0\"} 0.9\nvllm:kv_cache_usage_perc{engine=\"1\"} 0.1\n"
                 "vllm:cache_config_info{engine=\"0\",block_size=\"16\",num_gpu_blocks=\"100\"} 1\n"
                 "vllm:cache_config_info{engine=\"1\",block_size=\"16\",num_gpu_blocks=\"120\"} 1\n"),
            (Cells{{"queue", 7.0},
                   {"running", 3.0},
                   {"kv_cache_usage", 0.9},
                   {"kv_cache_block_size", 16.0},
                   {"kv_cache_blocks", 220.0}}));
}

TEST_F(PrometheusExtractor, WhatIsMissingOrSenselessKeepsItsValue) {
  EXPECT_EQ(read("vllm:num_requests_waiting 2\n"), (Cells{{"queue", 2.0}}));
  EXPECT_EQ(read("vllm:num_requests_waiting NaN\nvllm:num_requests_running +Inf\n"), Cells{});
  EXPECT_EQ(read("vllm:num_requests_waiting -1\nvllm:num_requests_running 1\n"), (Cells{{"running", 1.0}}));
  EXPECT_EQ(read("vllm:num_requests_waiting NaN\nvllm:num_requests_waiting{engine=\"1\"} 4\n"),
            (Cells{{"queue", 4.0}}));
  EXPECT_EQ(read("vllm:cache_config_info{block_size=\"None\",num_gpu_blocks=\"9\"} 1\n"),
            (Cells{{"kv_cache_blocks", 9.0}}));
  EXPECT_EQ(read("vllm:cache_config_info{} 1\n"), Cells{});
}

TEST_F(PrometheusExtractor, UsageStaysWithinItsRange) {
  EXPECT_EQ(read("vllm:kv_cache_usage_perc 1.0000001\n"), (Cells{{"kv_cache_usage", 1.0}}));
  EXPECT_EQ(read("vllm:kv_cache_usage_perc -0.01\n"), (Cells{{"kv_cache_usage", 0.0}}));
}

TEST_F(PrometheusExtractor, TheNewestListOfAdaptersCounts) {
  EXPECT_EQ(
      read("vllm:lora_requests_info{max_lora=\"2\",running_lora_adapters=\"old\",waiting_lora_adapters=\"\"} 100\n"
           "vllm:lora_requests_info{max_lora=\"2\",running_lora_adapters=\"a, b ,,\",waiting_lora_adapters=\"\"} 300\n"
           "vllm:lora_requests_info{max_lora=\"2\",running_lora_adapters=\"x\",waiting_lora_adapters=\"x\"} 200\n"
           "vllm:lora_requests_info{max_lora=\"2\",running_lora_adapters=\"y\",waiting_lora_adapters=\"y\"} NaN\n"),
      (Cells{{"active_models", TextSet{"a", "b"}}, {"waiting_models", TextSet{}}, {"max_active_models", 2.0}}));
  EXPECT_EQ(read("vllm:lora_requests_info{running_lora_adapters=\"q\\\"x\\\\y\"} 1\n"),
            (Cells{{"active_models", TextSet{"q\"x\\y"}}}));
  EXPECT_EQ(read("vllm:lora_requests_info{max_lora=\"many\",waiting_lora_adapters=\"w\"} 1\n"),
            (Cells{{"waiting_models", TextSet{"w"}}}));
}

TEST_F(PrometheusExtractor, CustomMetricsBecomeAttributes) {
  const char* parameters = R"({"customMetrics": [
    {"attribute": "temperature", "metric": "heat"},
    {"attribute": "errors", "metric": "failures_total{kind=gpu}", "combine": "sum"},
    {"attribute": "coolest", "metric": "heat", "combine": "min"}]})";
  EXPECT_EQ(
      read("heat{gpu=\"0\"} -3\nheat{gpu=\"1\"} 70\nheat NaN\nfailures_total{kind=\"gpu\"} 1\n"
           "failures_total{kind=\"gpu\",n=\"2\"} 2\nfailures_total{kind=\"net\"} 50\nvllm:num_requests_running 1\n",
           parameters),
      (Cells{{"temperature", 70.0}, {"errors", 3.0}, {"coolest", -3.0}, {"running", 1.0}}));
}

TEST_F(PrometheusExtractor, CountsPagesAndMalformedLines) {
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host_, "scraper");
  const FetchedPage page{.body = "vllm:num_requests_waiting 2\nvllm:num_requests_running{ 1\n<html>\n"};
  for (int i = 0; i < 2; ++i) EXPECT_THAT(plugin.extract(endpoints_, "pod", page), Succeeded());
  EXPECT_EQ(host_.metric("pages_total", "scraper")->value, 2);
  EXPECT_EQ(host_.metric("malformed_lines_total", "scraper")->value, 4);
  EXPECT_EQ(host_.metric("unknown_engine_pages_total", "scraper")->value, 0);
}

TEST_F(PrometheusExtractor, OneInstanceKeepsEndpointsApart) {
  endpoints_.add("other").label("llm-d.ai/engine-type", "sglang");
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host_);
  EXPECT_THAT(plugin.extract(endpoints_, "pod", {.body = kVllmPage}), Succeeded());
  EXPECT_EQ(host_.take_cells().size(), 8u);
  EXPECT_THAT(plugin.extract(endpoints_, "other", {.body = "sglang:num_queue_reqs 1\n"}), Succeeded());
  const std::vector<WrittenCell> cells = host_.take_cells();
  ASSERT_EQ(cells.size(), 1u);
  EXPECT_EQ(cells[0].endpoint, endpoints_.key(1));
}

TEST_F(PrometheusExtractor, PagesWithoutMetricsFail) {
  EXPECT_THAT(failure({.body = kVllmPage, .http_status = 503}), HasSubstr("HTTP status 503"));
  EXPECT_THAT(failure({.body = "<html>not here</html>\n"}), HasSubstr("none of the metrics"));
  EXPECT_THAT(failure({.body = ""}), HasSubstr("none of the metrics"));
}

TEST_F(PrometheusExtractor, AsksForItsPage) {
  const PluginUnderTest standard(shunt_library_entry_v1, kType, "{}", host_);
  ASSERT_EQ(standard.declared().pages.size(), 1u);
  EXPECT_EQ(standard.declared().pages[0].path, "/metrics");
  EXPECT_EQ(standard.declared().pages[0].interval_ns, 50'000'000);
  const PluginUnderTest slow(shunt_library_entry_v1, kType, R"({"path": "/stats", "intervalMs": 1500})", host_);
  EXPECT_EQ(slow.declared().pages.at(0).path, "/stats");
  EXPECT_EQ(slow.declared().pages.at(0).interval_ns, 1'500'000'000);
}

TEST_F(PrometheusExtractor, RefusesParametersThatMakeNoSense) {
  struct Case {
    const char* parameters;
    const char* message;
  };
  const Case cases[] = {
      {R"({"path": "metrics"})", "/path must start with \"/\""},
      {R"({"defaultEngine": "vlm"})", "there is no engine \"vlm\""},
      {R"({"engines": {"vllm": {"queue": "a b"}}})", "/engines/vllm/queue: \"a b\" is not of the form"},
      {R"({"engines": {"mine": {"lora": "a{"}}})", "/engines/mine/lora"},
      {R"({"customMetrics": [{"attribute": "queue", "metric": "x"}]})", "\"queue\" is written already"},
      {R"({"customMetrics": [{"attribute": "a", "metric": "x"}, {"attribute": "a", "metric": "y"}]})",
       "/customMetrics/1/attribute: \"a\" is written already"},
      {R"({"customMetrics": [{"attribute": "a", "metric": "9"}]})",
       "/customMetrics/0/metric: \"9\" is not of the form"},
      {R"({"customMetrics": [{"metric": "x"}]})", "/customMetrics/0 needs an attribute and a metric"},
  };
  for (const Case& one : cases) {
    FakeHost host;
    const PluginUnderTest plugin(shunt_library_entry_v1, kType, one.parameters, host);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr(one.message))) << one.parameters;
  }
}

}  // namespace
