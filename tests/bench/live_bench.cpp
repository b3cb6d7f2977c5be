// SPDX-License-Identifier: Apache-2.0
// What a running host adds to a decision: a request from open() to complete(), against Scheduler::schedule() alone on the same
// pool with the same plugins. Explanations are off, as they are for all but some requests a second.
#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "live/desk.hpp"
#include "live/live_host.hpp"

namespace shunt::host {
namespace {

constexpr std::size_t kPromptBytes = 400;

struct Pool {
  explicit Pool(std::int64_t endpoints, std::int64_t unhealthy = 0)
      : workspace(PluginPath("", SHUNT_PLUGIN_DIRECTORY)) {
    std::string entries;
    for (std::int64_t i = 0; i < endpoints; ++i) {
      const std::string number = std::to_string(i);
      entries += (i == 0 ? "" : ",") + (R"({"name": "vllm-llama-decode-)" + number) + R"(", "address": "10.0.0.1:8000",
        "attributes": {"queue": )" +
                 std::to_string(i % 7) + R"(, "kv_cache_usage": 0.5, "healthy": )" +
                 (i < unhealthy ? "false" : "true") + "}}";
    }
    workspace.open("bench.jsonc",
                   R"({"plugins": [{"type": "queue-scorer"}, {"type": "kv-cache-utilization-scorer"},
                     {"type": "load-aware-scorer"}], "endpoints": [)" +
                       entries + "]}",
                   ".");
    workspace.build();
    if (workspace.generation() == nullptr) throw std::runtime_error(render_text(workspace.diagnostics(), false));
    settings = workspace.host_settings();
    settings.admin.decisions.keep = 0;
    settings.data_layer.stale_after_ms = 0;
    host = std::make_unique<LiveHost>(workspace, settings, clock);
    host->start();
  }
  Workspace workspace;
  HostSettings settings;
  SystemClock clock;
  std::unique_ptr<LiveHost> host;
};

void fill(Request& request) {
  request.id = "chatcmpl-0123456789abcdef";
  request.model = "llama";
  request.prompt.assign(kPromptBytes, 'p');
  request.has_prompt = true;
}

// range(1): unhealthy endpoints.
void schedule_alone(benchmark::State& state) {
  Pool pool(state.range(0), state.range(1));
  const auto picture = pool.host->keeper().pictures().current();
  Scheduler::Worker worker(pool.host->scheduler());
  Request request;
  Decision decision;
  ScheduleOptions options;
  options.fallbacks = 2;
  if (picture->routable) options.subset = *picture->routable;
  for (auto _ : state) {
    request.clear();
    fill(request);
    ++request.number;
    pool.host->scheduler().schedule(worker, *picture->snapshot, request, options, decision);
    const std::uint32_t slot = picture->snapshot->live_slot(decision.picks.front());
    pool.host->keeper().live().add(slot, -1, -decision.counted_tokens);
  }
}

void open_to_complete(benchmark::State& state) {
  Pool pool(state.range(0), state.range(1));
  const auto door = pool.host->open_front_door("bench");
  for (auto _ : state) {
    Passage* passage = door->open();
    fill(passage->request);
    door->decide(*passage);
    door->report_dispatched(*passage, 0);
    door->report_response_started(*passage, 200);
    door->complete(*passage, {Ending::Completed, 200});
  }
}

// Several threads at once: what they share.
void together(benchmark::State& state) {
  static std::unique_ptr<Pool> pool;
  if (state.thread_index() == 0) pool = std::make_unique<Pool>(state.range(0));
  std::unique_ptr<FrontDoor> door;
  for (auto _ : state) {
    if (door == nullptr) [[unlikely]]
      door = pool->host->open_front_door("bench");
    Passage* passage = door->open();
    fill(passage->request);
    door->decide(*passage);
    door->report_dispatched(*passage, 0);
    door->complete(*passage, {Ending::Completed, 200});
  }
  door.reset();
}

void publish(benchmark::State& state) {
  Pool pool(state.range(0), state.range(1));
  pool.host->stop();
  for (auto _ : state) pool.host->keeper().publish_now();
}

BENCHMARK(schedule_alone)->ArgsProduct({{8, 100, 1000}, {0, 1}});
BENCHMARK(open_to_complete)->ArgsProduct({{8, 100, 1000}, {0, 1}});
BENCHMARK(together)->Arg(100)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(publish)->ArgsProduct({{100, 1000, 10'000}, {0, 1}});

}  // namespace
}  // namespace shunt::host

BENCHMARK_MAIN();
