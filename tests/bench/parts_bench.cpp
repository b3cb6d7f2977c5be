// SPDX-License-Identifier: Apache-2.0
// The parts around a decision: compaction after a filter, publishing a snapshot, loading a library.
#include "bench_pool.hpp"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using namespace shunt;

// A filter that keeps 90 % and four scorers behind it, so that every column of theirs is gathered once.
void columns(benchmark::State& state) {
  static LibraryStore store;
  const auto attributes = std::make_shared<AttributeTable>();
  const auto table = bench::make_endpoints(attributes, static_cast<int>(state.range(0)));
  const auto snapshot = table->publish();
  Composition composition;
  for (const char* name : {"utilization_filter", "kv_cache_utilization_scorer", "queue_scorer", "lora_affinity_scorer",
                           "max_score_picker", "single_profile_handler"}) {
    composition.library(store.load(std::string(SHUNT_PLUGIN_DIRECTORY) + "/" + name + ".so").value());
  }
  composition
      .plugin("utilization-filter", "", {{"conditions", {{{"metric", "kv-cache-utilization"}, {"maxValue", 0.85}}}}})
      .plugin("kv-cache-utilization-scorer")
      .plugin("queue-scorer")
      .plugin("lora-affinity-scorer")
      .plugin("max-score-picker");
  Diagnostics diagnostics;
  auto generation = composition.build(attributes, diagnostics);
  if (generation == nullptr) throw std::runtime_error(render_text(diagnostics, false));
  Scheduler scheduler;
  scheduler.publish(std::move(generation));
  Scheduler::Worker worker(scheduler);
  Request request;
  bench::fill_request(request);
  Decision decision;
  for (auto _ : state) {
    scheduler.schedule(worker, *snapshot, request, {.now_ns = 1, .seed = 1, .count = false}, decision);
    benchmark::DoNotOptimize(decision.picks.data());
  }
}
BENCHMARK(columns)->Arg(100)->Arg(1000)->Arg(10000);

void snapshot(benchmark::State& state) {
  const auto attributes = std::make_shared<AttributeTable>();
  const auto table = bench::make_endpoints(attributes, static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(table->publish());
}
BENCHMARK(snapshot)->Arg(100)->Arg(1000)->Arg(10000);

// Each round loads bytes that were never loaded before: the file with a number behind it.
void load(benchmark::State& state) {
  const std::filesystem::path from = std::filesystem::path(SHUNT_PLUGIN_DIRECTORY) / "queue_scorer.so";
  std::ifstream file(from, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::filesystem::path copy = std::filesystem::temp_directory_path() / "shunt_bench_load.so";
  LibraryStore store(
      {.staging_parent = {}, .trusted_directories = {}, .maximum_libraries = 100000, .check_trust = false});
  int round = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::ofstream(copy, std::ios::binary | std::ios::trunc) << bytes << round++;
    state.ResumeTiming();
    if (!store.load(copy)) state.SkipWithError("not loaded");
  }
  std::filesystem::remove(copy);
}
BENCHMARK(load)->Iterations(500);

}  // namespace

BENCHMARK_MAIN();
