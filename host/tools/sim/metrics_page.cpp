// SPDX-License-Identifier: Apache-2.0
#include "metrics_page.hpp"

namespace shunt::sim {

namespace {

void family(std::string& page, std::string_view name, std::string_view type, std::string_view help) {
  append(page, "# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

void value_of(std::string& page, double value) {
  append_decimal(page, value);
  page += '\n';
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

MetricsPage::MetricsPage(const ServerSettings& settings) : settings_(settings) {
  append(labels_, settings.engine == "sglang" ? "tp_rank=\"0\"" : "engine=\"0\"", ",model_name=\"",
         settings.models.front(), "\"");
}

void MetricsPage::append_to(std::string& page, const Engine& engine, double unix_seconds) const {
  if (settings_.engine == "sglang") {
    append_sglang(page, engine);
  } else {
    append_vllm(page, engine, unix_seconds);
  }
}

void MetricsPage::number(std::string& page, std::string_view name, std::string_view type, std::string_view help,
                         double value) const {
  family(page, name, type, help);
  append(page, name, "{", labels_, "} ");
  value_of(page, value);
}

void MetricsPage::histogram(std::string& page, std::string_view name, std::string_view help,
                            const Histogram& values) const {
  family(page, name, "histogram", help);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < values.counts().size(); ++i) {
    below += values.counts()[i];
    append(page, name, "_bucket{", labels_, ",le=\"");
    if (i < values.bounds().size()) {
      append_decimal(page, values.bounds()[i]);
    } else {
      page += "+Inf";
    }
    append(page, "\"} ");
    value_of(page, static_cast<double>(below));
  }
  append(page, name, "_count{", labels_, "} ");
  value_of(page, static_cast<double>(below));
  append(page, name, "_sum{", labels_, "} ");
  value_of(page, values.sum());
}

std::string MetricsPage::names_of(const std::vector<int>& adapters) const {
  std::string names;
  for (const int adapter : adapters) {
    append(names, names.empty() ? "" : ",", settings_.adapters[static_cast<std::size_t>(adapter)]);
  }
  return names;
}

void MetricsPage::append_vllm(std::string& page, const Engine& engine, double unix_seconds) const {
  const EngineCounts& counts = engine.counts();
  const KvCache& cache = engine.cache();
  const auto count = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    number(page, name, "counter", help, static_cast<double>(value));
  };
  number(page, "vllm:num_requests_running", "gauge", "Number of requests in model execution batches.",
         static_cast<double>(engine.running()));
  number(page, "vllm:num_requests_waiting", "gauge", "Number of requests waiting to be processed.",
         static_cast<double>(engine.waiting()));
  number(page, "vllm:kv_cache_usage_perc", "gauge", "KV-cache usage. 1 means 100 percent usage.",
         share_of(cache.used(), cache.capacity()));
  family(page, "vllm:cache_config_info", "gauge", "Information of the LLMEngine CacheConfig");
  append(page, "vllm:cache_config_info{block_size=\"", settings_.block_size,
         "\",cache_dtype=\"auto\",enable_prefix_caching=\"", settings_.no_prefix_caching ? "False" : "True",
         "\",engine=\"0\",num_gpu_blocks=\"", settings_.num_gpu_blocks, "\"} 1.0\n");
  if (!settings_.adapters.empty()) {
    family(page, "vllm:lora_requests_info", "gauge", "Running stats on lora requests.");
    append(page, "vllm:lora_requests_info{max_lora=\"", settings_.max_loras, "\",running_lora_adapters=\"",
           names_of(engine.running_adapters()), "\",waiting_lora_adapters=\"", names_of(engine.waiting_adapters()),
           "\"} ");
    value_of(page, unix_seconds);
  }
  count("vllm:prefix_cache_queries_total", "Prefix cache queries, in terms of number of queried tokens.",
        counts.cache_queries);
  count("vllm:prefix_cache_hits_total", "Prefix cache hits, in terms of number of cached tokens.", counts.cache_hits);
  count("vllm:num_preemptions_total", "Cumulative number of preemption from the engine.", counts.preemptions);
  count("vllm:prompt_tokens_total", "Number of prefill tokens processed.", counts.prompt_tokens);
  count("vllm:generation_tokens_total", "Number of generation tokens processed.", counts.generation_tokens);
  family(page, "vllm:request_success_total", "counter", "Count of successfully processed requests.");
  const auto success = [&](std::string_view reason, std::uint64_t value) {
    append(page, "vllm:request_success_total{", labels_, ",finished_reason=\"", reason, "\"} ");
    value_of(page, static_cast<double>(value));
  };
  success("stop", counts.stopped);
  success("length", counts.cut_off);
  success("abort", counts.aborted);
  histogram(page, "vllm:time_to_first_token_seconds", "Histogram of time to first token in seconds.",
            counts.first_token);
  histogram(page, "vllm:time_per_output_token_seconds", "Histogram of time per output token in seconds.",
            counts.between_tokens);
  histogram(page, "vllm:e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.", counts.whole);
}

void MetricsPage::append_sglang(std::string& page, const Engine& engine) const {
  const EngineCounts& counts = engine.counts();
  const KvCache& cache = engine.cache();
  const auto count = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    number(page, name, "counter", help, static_cast<double>(value));
  };
  number(page, "sglang:num_running_reqs", "gauge", "The number of running requests.",
         static_cast<double>(engine.running()));
  number(page, "sglang:num_queue_reqs", "gauge", "The number of requests in the waiting queue.",
         static_cast<double>(engine.waiting()));
  number(page, "sglang:num_used_tokens", "gauge", "The number of used tokens.",
         static_cast<double>(cache.used() * settings_.block_size));
  number(page, "sglang:token_usage", "gauge", "The token usage.", share_of(cache.used(), cache.capacity()));
  number(page, "sglang:cache_hit_rate", "gauge", "The prefix cache hit rate.",
         share_of(counts.cache_hits, counts.cache_queries));
  family(page, "sglang:cache_config_info", "gauge", "Information of the cache configuration.");
  append(page, "sglang:cache_config_info{num_pages=\"", settings_.num_gpu_blocks, "\",page_size=\"",
         settings_.block_size, "\"} 1.0\n");
  count("sglang:prompt_tokens_total", "Number of prefill tokens processed.", counts.prompt_tokens);
  count("sglang:generation_tokens_total", "Number of generation tokens processed.", counts.generation_tokens);
  count("sglang:cached_tokens_total", "Number of cached prompt tokens.", counts.cache_hits);
  count("sglang:num_requests_total", "Number of requests processed.", counts.stopped + counts.cut_off);
  count("sglang:num_aborted_requests_total", "Number of requests aborted.", counts.aborted);
  histogram(page, "sglang:time_to_first_token_seconds", "Histogram of time to first token in seconds.",
            counts.first_token);
  histogram(page, "sglang:inter_token_latency_seconds", "Histogram of inter-token latency in seconds.",
            counts.between_tokens);
  histogram(page, "sglang:e2e_request_latency_seconds", "Histogram of end-to-end request latency in seconds.",
            counts.whole);
}

}  // namespace shunt::sim
