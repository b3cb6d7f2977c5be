// SPDX-License-Identifier: Apache-2.0
// parameters_schema.hpp: the parameters of the extractor. Their defaults are the names that known engines give their metrics.
#pragma once

#include <string_view>

namespace prometheus_extractor {

// A property that is a text, and the properties of one engine; string literals, because a schema is one at compile time.
#define PROMETHEUS_TEXT(name, standard, description) \
  "\"" name "\":{\"type\":\"string\",\"default\":\"" standard "\",\"description\":\"" description "\"}"
#define PROMETHEUS_ENGINE(title, queue, running, usage, size, size_label, blocks, blocks_label, lora, active, waiting, \
                          max)                                                                                         \
  "{\"type\":\"object\",\"additionalProperties\":false,\"default\":{},\"description\":\"" title "\",\"properties\":{"       \
  PROMETHEUS_TEXT("queue", queue, "Metric of waiting requests; empty: none") ","                                            \
  PROMETHEUS_TEXT("running", running, "Metric of running requests; empty: none") ","                                        \
  PROMETHEUS_TEXT("kvCacheUsage", usage, "Metric of the used share of the KV cache; empty: none") ","                       \
  PROMETHEUS_TEXT("blockSize", size, "Metric of the tokens per cache block; empty: none") ","                               \
  PROMETHEUS_TEXT("blockSizeLabel", size_label, "Label of blockSize that holds the number; empty: its value does") ","      \
  PROMETHEUS_TEXT("blocks", blocks, "Metric of the number of cache blocks; empty: none") ","                                \
  PROMETHEUS_TEXT("blocksLabel", blocks_label, "Label of blocks that holds the number; empty: its value does") ","          \
  PROMETHEUS_TEXT("lora", lora, "Metric whose labels list LoRA adapters; the sample with the highest value counts") ","     \
  PROMETHEUS_TEXT("loraActiveLabel", active, "Label that lists the running adapters, separated by commas") ","              \
  PROMETHEUS_TEXT("loraWaitingLabel", waiting, "Label that lists the waiting adapters, separated by commas") ","            \
  PROMETHEUS_TEXT("loraMaxLabel", max, "Label with the number of adapters that fit at once")                                \
  "}}"

inline constexpr std::string_view kSchema =
    R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "path": {
      "type": "string", "minLength": 1, "default": "/metrics",
      "description": "Path of the metrics page at every endpoint"
    },
    "intervalMs": {
      "type": "integer", "minimum": 50, "maximum": 3600000, "default": 50,
      "description": "Milliseconds between two fetches from one endpoint"
    },
    "engineLabel": {
      "type": "string", "minLength": 1, "default": "llm-d.ai/engine-type",
      "description": "Endpoint label that names the engine; without it inference.networking.k8s.io/engine-type is looked at"
    },
    "defaultEngine": {
      "type": "string", "minLength": 1, "default": "vllm",
      "description": "Engine of endpoints without such a label"
    },
    "customMetrics": {
      "type": "array", "default": [],
      "description": "Further metrics, of any engine, that become endpoint attributes",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["attribute", "metric"],
        "properties": {
          "attribute": { "type": "string", "minLength": 1, "description": "Name of the attribute" },
          "metric": { "type": "string", "minLength": 1, "description": "Metric, as name or name{label=value}" },
          "combine": {
            "type": "string", "enum": ["sum", "max", "min"], "default": "max",
            "description": "What becomes of several samples that fit"
          }
        }
      }
    },
    "engines": {
      "type": "object", "default": {},
      "description": "Metric names by engine; further engines may be added",
      "additionalProperties": )" PROMETHEUS_ENGINE("A further engine", "", "", "", "", "", "", "", "", "", "", "") R"(,
      "properties": {
        "vllm": )" PROMETHEUS_ENGINE("vLLM", "vllm:num_requests_waiting", "vllm:num_requests_running",
                                     "vllm:kv_cache_usage_perc", "vllm:cache_config_info", "block_size",
                                     "vllm:cache_config_info", "num_gpu_blocks", "vllm:lora_requests_info",
                                     "running_lora_adapters", "waiting_lora_adapters", "max_lora") R"(,
        "sglang": )" PROMETHEUS_ENGINE("SGLang", "sglang:num_queue_reqs", "sglang:num_running_reqs",
                                       "sglang:token_usage", "sglang:cache_config_info", "page_size",
                                       "sglang:cache_config_info", "num_pages", "", "", "", "") R"(,
        "trtllm-serve": )" PROMETHEUS_ENGINE("TensorRT-LLM (trtllm-serve)", "trtllm_num_requests_waiting",
                                             "trtllm_num_requests_running", "trtllm_kv_cache_utilization",
                                             "trtllm_kv_cache_tokens_per_block", "", "trtllm_kv_cache_max_blocks", "",
                                             "", "", "", "") R"(,
        "triton-tensorrt-llm": )" PROMETHEUS_ENGINE("Triton with the TensorRT-LLM backend",
                                                    "nv_trt_llm_request_metrics{request_type=waiting}",
                                                    "nv_trt_llm_request_metrics{request_type=scheduled}",
                                                    "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=fraction}",
                                                    "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=tokens_per}",
                                                    "", "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=max}",
                                                    "", "", "", "", "") R"(,
        "triton": )" PROMETHEUS_ENGINE("Triton", "nv_inference_pending_request_count", "nv_inference_exec_count", "",
                                       "", "", "", "", "", "", "", "") R"(
      }
    }
  }
})";

#undef PROMETHEUS_ENGINE
#undef PROMETHEUS_TEXT

}  // namespace prometheus_extractor
