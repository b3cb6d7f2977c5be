// SPDX-License-Identifier: Apache-2.0
// bench_pool.hpp: the endpoints, the request and the generations that the benchmarks share.
//
// Endpoint i of N: queue i % 8, kv_cache_usage (i % 10) / 10, max_active_models 2, active models {baseline} plus {critical} when
// i % 3 == 0. The request asks for the model critical with a prompt of 360 characters.
#pragma once

#include <shunt/framework/compose.hpp>
#include <shunt/framework/library_store.hpp>
#include <shunt/framework/scheduler.hpp>

#include <memory>
#include <string>

namespace shunt::bench {

inline std::unique_ptr<EndpointTable> make_endpoints(const std::shared_ptr<AttributeTable>& attributes, int n) {
  auto table = std::make_unique<EndpointTable>(attributes);
  const auto set = [&](std::uint64_t key, std::string_view name, AttributeValue value) {
    table->set(key, *attributes->find(name), std::move(value)).value();
  };
  for (int i = 0; i < n; ++i) {
    const std::string name = "pod-" + std::to_string(i);
    table->add({name, "10.0.0.1:" + std::to_string(i), {}}).value();
    const std::uint64_t key = endpoint_key(name);
    set(key, "queue", static_cast<double>(i % 8));
    set(key, "kv_cache_usage", static_cast<double>(i % 10) / 10);
    set(key, "max_active_models", 2.0);
    std::vector<std::string> active{"baseline"};
    if (i % 3 == 0) active.push_back("critical");
    set(key, "active_models", std::move(active));
  }
  return table;
}

inline void fill_request(Request& request) {
  request.clear();
  request.id = "bench";
  request.model = "critical";
  request.path = "/v1/completions";
  request.type = "generate";
  for (int i = 0; i < 360; ++i) request.prompt.push_back(static_cast<char>('a' + i % 26));
  request.has_prompt = true;
}

// Four scorers with weight 1, the max-score picker, the single-profile handler.
inline Composition compose_cycle() {
  Composition composition;
  composition.plugin("kv-cache-utilization-scorer")
      .plugin("queue-scorer")
      .plugin("prefix-cache-scorer")
      .plugin("approx-prefix-cache-producer")
      .plugin("lora-affinity-scorer")
      .plugin("max-score-picker")
      .plugin("single-profile-handler")
      .profile("default")
      .use("kv-cache-utilization-scorer")
      .use("queue-scorer")
      .use("prefix-cache-scorer")
      .use("lora-affinity-scorer")
      .use("max-score-picker");
  return composition;
}

inline constexpr const char* kCycleLibraries[] = {
    "kv_cache_utilization_scorer", "queue_scorer",     "prefix_cache_scorer",   "approx_prefix_cache_producer",
    "lora_affinity_scorer",        "max_score_picker", "single_profile_handler"};

// The plugins as shared objects, through the C ABI.
inline std::shared_ptr<const Generation> loaded_generation(LibraryStore& store, const std::string& directory,
                                                           const std::shared_ptr<AttributeTable>& attributes) {
  Composition composition = compose_cycle();
  for (const char* name : kCycleLibraries) {
    composition.library(store.load(directory + "/" + name + ".so").value());
  }
  Diagnostics diagnostics;
  auto generation = composition.build(attributes, diagnostics);
  if (generation == nullptr) throw std::runtime_error(render_text(diagnostics, false));
  return generation;
}

}  // namespace shunt::bench
