// SPDX-License-Identifier: Apache-2.0
// One decision: through loaded libraries, through the same plugins linked in, and without plugins at all.
#include "bench_pool.hpp"
#include "fused_cycle.hpp"

#include <benchmark/benchmark.h>

#define SHUNT_STATIC_ENTRY(name) extern "C" const shunt_library* shunt_entry_##name(void);
SHUNT_STATIC_ENTRY(kv_cache_utilization_scorer)
SHUNT_STATIC_ENTRY(queue_scorer)
SHUNT_STATIC_ENTRY(prefix_cache_scorer)
SHUNT_STATIC_ENTRY(approx_prefix_cache_producer)
SHUNT_STATIC_ENTRY(lora_affinity_scorer)
SHUNT_STATIC_ENTRY(max_score_picker)
SHUNT_STATIC_ENTRY(single_profile_handler)

namespace {

using namespace shunt;

LibraryStore& store() {
  static LibraryStore kStore;
  return kStore;
}

std::shared_ptr<const Generation> static_generation(const std::shared_ptr<AttributeTable>& attributes) {
  Composition composition = bench::compose_cycle();
  constexpr std::pair<const char*, shunt_library_entry> kEntries[] = {
      {"kv_cache_utilization_scorer", shunt_entry_kv_cache_utilization_scorer},
      {"queue_scorer", shunt_entry_queue_scorer},
      {"prefix_cache_scorer", shunt_entry_prefix_cache_scorer},
      {"approx_prefix_cache_producer", shunt_entry_approx_prefix_cache_producer},
      {"lora_affinity_scorer", shunt_entry_lora_affinity_scorer},
      {"max_score_picker", shunt_entry_max_score_picker},
      {"single_profile_handler", shunt_entry_single_profile_handler}};
  for (const auto& [name, entry] : kEntries) composition.library(Library::from_entry(entry, name).value());
  Diagnostics diagnostics;
  auto generation = composition.build(attributes, diagnostics);
  if (generation == nullptr) throw std::runtime_error(render_text(diagnostics, false));
  return generation;
}

void run_cycles(benchmark::State& state, std::shared_ptr<const Generation> generation,
                const std::shared_ptr<AttributeTable>& attributes, const ScheduleOptions& options) {
  const auto table = bench::make_endpoints(attributes, static_cast<int>(state.range(0)));
  const auto snapshot = table->publish();
  Scheduler scheduler;
  scheduler.publish(std::move(generation));
  Scheduler::Worker worker(scheduler);
  Request request;
  bench::fill_request(request);
  Decision decision;
  // The first decision is made for good, so that the prompt is in the prefix index; the measured ones leave no trace.
  scheduler.schedule(worker, *snapshot, request, {.now_ns = 1, .seed = 1}, decision);
  if (!decision.dispatched()) {
    state.SkipWithError(decision.reason.c_str());
    return;
  }
  std::uint64_t number = 0;
  for (auto _ : state) {
    request.number = ++number;
    scheduler.schedule(worker, *snapshot, request, options, decision);
    benchmark::DoNotOptimize(decision.picks.data());
  }
  state.counters["ns_per_endpoint"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(state.range(0)) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

constexpr ScheduleOptions kPlain{.now_ns = 1, .seed = 1, .count = false};
constexpr ScheduleOptions kTraced{.now_ns = 1, .seed = 1, .trace = true, .count = false};
constexpr ScheduleOptions kWithBreakers{.now_ns = 1, .seed = 1, .count = false, .breakers = BreakerUse::Take};

void cycle(benchmark::State& state) {
  const auto attributes = std::make_shared<AttributeTable>();
  run_cycles(state, bench::loaded_generation(store(), SHUNT_PLUGIN_DIRECTORY, attributes), attributes, kPlain);
}
// As doors decide: every breaker is asked, and closed.
void cycle_breakers(benchmark::State& state) {
  const auto attributes = std::make_shared<AttributeTable>();
  run_cycles(state, bench::loaded_generation(store(), SHUNT_PLUGIN_DIRECTORY, attributes), attributes, kWithBreakers);
}
void cycle_trace(benchmark::State& state) {
  const auto attributes = std::make_shared<AttributeTable>();
  run_cycles(state, bench::loaded_generation(store(), SHUNT_PLUGIN_DIRECTORY, attributes), attributes, kTraced);
}
void cycle_static(benchmark::State& state) {
  const auto attributes = std::make_shared<AttributeTable>();
  run_cycles(state, static_generation(attributes), attributes, kPlain);
}
void cycle_fused(benchmark::State& state) {
  const auto attributes = std::make_shared<AttributeTable>();
  const auto table = bench::make_endpoints(attributes, static_cast<int>(state.range(0)));
  const auto snapshot = table->publish();
  Request request;
  bench::fill_request(request);
  request.seal();
  bench::FusedCycle fused(*snapshot, *attributes);
  fused.remember(request, *snapshot, 0);
  std::uint64_t number = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(fused.decide(request, *snapshot, ++number));
  }
}

#define SHUNT_SIZES Arg(5)->Arg(25)->Arg(100)->Arg(1000)->Arg(10000)
BENCHMARK(cycle)->SHUNT_SIZES;
BENCHMARK(cycle_breakers)->SHUNT_SIZES;
BENCHMARK(cycle_static)->SHUNT_SIZES;
BENCHMARK(cycle_fused)->SHUNT_SIZES;
BENCHMARK(cycle_trace)->SHUNT_SIZES;

}  // namespace

BENCHMARK_MAIN();
