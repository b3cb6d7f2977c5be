// SPDX-License-Identifier: Apache-2.0
// What it costs a decision to hold on to its generation: the check that every decision begins with, against a pointer that never
// changes. Two threads, as the contention would be between them.
#include "bench_pool.hpp"

#include <benchmark/benchmark.h>

#include <memory>

namespace {

using namespace shunt;

struct Shared {
  LibraryStore store;
  Scheduler scheduler;
  std::shared_ptr<const Generation> generation;
  Shared() {
    Composition composition;
    for (const char* name : {"queue_scorer", "max_score_picker", "single_profile_handler"}) {
      composition.library(store.load(std::string(SHUNT_PLUGIN_DIRECTORY) + "/" + name + ".so").value());
    }
    composition.plugin("queue-scorer").plugin("max-score-picker");
    Diagnostics diagnostics;
    generation = composition.build(std::make_shared<AttributeTable>(), diagnostics);
    if (generation == nullptr) throw std::runtime_error(render_text(diagnostics, false));
    scheduler.publish(generation);
  }
};

Shared& shared() {
  static Shared kShared;
  return kShared;
}

// A call, as the check is one.
[[gnu::noinline]] std::uint64_t number_of(const Generation* generation) {
  benchmark::DoNotOptimize(generation);
  return generation->number();
}

void fixed_pointer(benchmark::State& state) {
  const Generation* generation = shared().generation.get();
  for (auto _ : state) benchmark::DoNotOptimize(number_of(generation));
}
BENCHMARK(fixed_pointer)->Threads(1)->Threads(2);

void pinned(benchmark::State& state) {
  Scheduler& scheduler = shared().scheduler;
  Scheduler::Worker worker(scheduler);
  for (auto _ : state) {
    scheduler.rest(worker);  // nothing but the check, where there is no newer one
    benchmark::DoNotOptimize(number_of(worker.generation().get()));
  }
}
BENCHMARK(pinned)->Threads(1)->Threads(2);

}  // namespace
BENCHMARK_MAIN();
