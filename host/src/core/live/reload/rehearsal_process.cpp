// SPDX-License-Identifier: Apache-2.0
#include "live/reload/rehearsal_process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <shunt/abi/observer.h>
#include <shunt/framework/call_marks.hpp>
#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/live_counters.hpp>
#include <shunt/framework/scheduler.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "endpoint_pool.hpp"
#include "endpoints_file.hpp"
#include "live/reload/rehearsal_material.hpp"
#include "live/reload/rehearsed_pages.hpp"
#include "live/served_config.hpp"
#include "process/child_side.hpp"
#include "requests_file.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

// As a host does it: so that what is not safe for several threads has a chance to show.
constexpr std::size_t kThreads = 2;

// While it lives, this process ends where it takes more memory than it may: what grows without end shall end here, and not where the
// host runs. Where the whole machine runs out of it, this process goes first.
class MemoryBound {
 public:
  explicit MemoryBound(std::uint64_t kib) {
    std::ofstream("/proc/self/oom_score_adj") << 1000;
    watch_ = std::jthread([this, kib](const std::stop_token& stop) {
      std::unique_lock lock(mutex_);
      while (!ended_.wait_for(lock, stop, kBetweenLooks, [] { return false; }) && !stop.stop_requested()) {
        if (resident_kib() <= kib) continue;
        std::fprintf(stderr, "%s MiB of memory are not enough; reload.rehearsal.growthKib raises that\n",
                     std::to_string(kib / 1024).c_str());
        kill(getpid(), SIGKILL);
      }
    });
  }

 private:
  static constexpr std::chrono::milliseconds kBetweenLooks{10};
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread watch_;  // last: it uses the others
};

// Where the parent reads which call a thread was in when this process has ended.
void share_marks(const std::string& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return;
  void* memory = mmap(nullptr, sizeof(CallMarkPage), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (memory != MAP_FAILED) use_call_mark_page(*static_cast<CallMarkPage*>(memory));
}

// The pool as it is, and what the config itself brings beyond that.
class Stage {
 public:
  // False: `problem` says why.
  bool set(const json::object& job, std::string& problem) {
    const auto text = [&job](std::string_view key) { return json::value_to<std::string>(job.at(key)); };
    Diagnostics diagnostics;
    const auto document = Document::parse("pool", text("endpoints"), DocumentFormat::Json, diagnostics);
    std::optional<EndpointsFile> file;
    if (document) file = read_endpoints(*document, ".", diagnostics);
    // What discovery has brought is known to a running host already.
    if (file) register_attributes(*file, *workspace.attributes(), diagnostics);
    std::vector<QuarantinedLibrary> quarantined;
    for (const json::value& sha256 : job.at("quarantined").as_array()) {
      quarantined.emplace_back().sha256 = json::value_to<std::string>(sha256);
    }
    workspace.respect(std::move(quarantined));
    if (const std::string staging = text("staging"); !staging.empty()) workspace.stage_in(staging);
    const bool built =
        build_served(workspace, NamedText{text("file"), text("config"), text("folder")}, {}, diagnostics);
    if (built && file) fill(*file, diagnostics);
    try {
      material = read_material(job.at("material").as_object());
    } catch (const std::exception&) {
      // The memory of a process that gives nobody insight cannot be opened: the rest is rehearsed all the same.
    }
    requests = read_requests("requests", text("requests"), diagnostics, std::nullopt);
    if (!built || diagnostics.has_errors() || requests.empty()) problem = render_text(diagnostics, false);
    return problem.empty();
  }

  Workspace workspace{PluginPath::of_process()};
  std::optional<EndpointPool> pool;
  std::vector<Request> requests;
  RehearsalMaterial material;

 private:
  void fill(EndpointsFile& file, Diagnostics& diagnostics) {
    for (const EndpointEntry& entry : workspace.host_settings().endpoints.endpoints) {
      const auto known = std::ranges::find_if(file.endpoints, [&entry](const EndpointEntry& other) {
        return other.definition.name == entry.definition.name;
      });
      if (known == file.endpoints.end()) file.endpoints.push_back(entry);
    }
    pool.emplace(workspace.attributes());
    pool->fill(file, *workspace.generation(), diagnostics);
  }
};

class Rehearsal {
 public:
  Rehearsal(const json::object& job, Stage& stage)
      : stage_(stage),
        generation_(stage.workspace.generation()),
        decisions_(json::value_to<std::uint64_t>(job.at("decisions"))),
        seed_(json::value_to<std::uint64_t>(job.at("seed"))),
        now_ns_(json::value_to<std::int64_t>(job.at("nowNs"))) {
    scheduler_.publish(generation_);
  }

  // First half, second half: what grows in the second one grows for ever.
  void run() {
    // As at a hand-over: before anything else is asked of an instance.
    for (const SavedState& state : std::exchange(stage_.material.states, {})) (void)load_state(*generation_, state);
    tell_of_endpoints();
    if (!endpoint_.empty()) {
      rehearse_good_pages(*generation_, table_, endpoint_, stage_.material.pages, now_ns_);
    }
    decide_many();
    const std::uint64_t settled = resident_kib();
    decide_many();
    const std::uint64_t end = resident_kib();
    grown_kib_ = end - std::min(settled, end);
    // Behind the decisions that are judged: whoever keeps an average of nonsense may decide nonsense.
    if (!endpoint_.empty()) rehearse_bad_pages(*generation_, table_, endpoint_, stage_.material.pages, now_ns_);
    // The host will do so while requests are under way, for whoever comes after this one.
    (void)save_states(*generation_, [](const Instance&) { return true; });
  }

  json::object result() const {
    json::object libraries;
    for (const auto& library : stage_.workspace.registry().libraries()) {
      libraries[library->path().string()] = library->sha256();
    }
    json::array instances;
    for (const auto& instance : generation_->instances()) {
      instances.push_back(
          json::object{{"name", instance->name()},
                       {"type", instance->type()},
                       {"sha256", instance->library()->sha256()},
                       {"parameters", generation_->config().find_plugin(instance->name())->effective_parameters}});
    }
    json::array faults;
    const auto totals = scheduler_.plugin_totals(*generation_);
    for (std::size_t i = 0; i < totals.size(); ++i) {
      if (totals[i].faults == 0) continue;
      faults.push_back(json::object{
          {"plugin", generation_->instances()[i]->name()}, {"faults", totals[i].faults}, {"calls", totals[i].calls}});
    }
    return {{"decisions", decided_},
            {"faults", std::move(faults)},
            {"grownKib", grown_kib_},
            {"instances", std::move(instances)},
            {"libraries", std::move(libraries)}};
  }

 private:
  // As every new instance hears it first.
  void tell_of_endpoints() {
    const Snapshot& pool = stage_.pool->at(0);
    std::vector<shunt_event> events;
    for (std::uint32_t row = 0; row < pool.size(); ++row) {
      if (!table_.add({std::string(pool.name(row)), std::string(pool.address(row)), {}})) continue;
      if (endpoint_.empty()) endpoint_ = pool.name(row);
      shunt_event& event = events.emplace_back();
      event.size = sizeof event;
      event.type = SHUNT_EVENT_ENDPOINT_ADDED;
      event.time_ns = now_ns_;
      event.endpoint = pool.keys()[row];
      event.endpoint_name = {pool.name(row).data(), pool.name(row).size()};
      event.profile = SHUNT_NONE;
    }
    if (!events.empty()) deliver_events(*generation_, table_, events);
  }

  void decide_many() {
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread) threads.emplace_back([this, thread] { decide(thread); });
    for (std::thread& thread : threads) thread.join();
  }

  void decide(std::size_t thread) {
    Scheduler::Worker worker(scheduler_);
    Decision decision;
    const Snapshot& pool = shared_pool();
    for (std::uint64_t i = thread; i < decisions_ / 2; i += kThreads) {
      Request request = stage_.requests[i % stage_.requests.size()];
      request.number = i;
      // Every so often the pool is empty, as it may be when a host has just started.
      const Snapshot& snapshot = i % 64 == 63 ? *empty_ : pool;
      const std::int64_t now_ns = now_ns_ + static_cast<std::int64_t>(i) * 1'000'000;
      request.arrival_ns = now_ns;
      scheduler_.schedule(worker, snapshot, request,
                          {.now_ns = now_ns, .seed = seed_ + i, .fallbacks = 2, .all_shadows = true}, decision);
      tell(snapshot, decision, request, now_ns);
    }
    const std::lock_guard lock(mutex_);
    decided_ += decisions_ / 2 / kThreads;
  }

  const Snapshot& shared_pool() {
    const std::lock_guard lock(mutex_);
    return stage_.pool->at(0);
  }

  // What observers would hear of it.
  void tell(const Snapshot& snapshot, const Decision& decision, Request& request, std::int64_t now_ns) {
    std::array<shunt_event, 2> events{};
    const std::uint32_t row = decision.dispatched() ? decision.picks.front() : SHUNT_NONE;
    for (shunt_event& event : events) {
      event.size = sizeof event;
      event.time_ns = now_ns;
      event.request = &request.raw();
      event.attempt = request.attempt;
      event.profile = decision.primary_profile;
      if (row == SHUNT_NONE) continue;
      event.endpoint = snapshot.keys()[row];
      event.endpoint_name = {snapshot.name(row).data(), snapshot.name(row).size()};
    }
    events[0].type = SHUNT_EVENT_DISPATCHED;
    events[1].type = SHUNT_EVENT_COMPLETED;
    events[1].cause = row == SHUNT_NONE ? SHUNT_CAUSE_REJECTED : SHUNT_CAUSE_NATURAL;
    const std::span all(events);
    {
      const std::lock_guard lock(mutex_);
      deliver_events(*generation_, table_, row == SHUNT_NONE ? all.subspan(1) : all, {.request = &request});
    }
    if (row != SHUNT_NONE) stage_.pool->forget(row, decision.counted_tokens);
  }

  Stage& stage_;
  const std::shared_ptr<const Generation> generation_;
  const std::uint64_t decisions_;
  const std::uint64_t seed_;
  const std::int64_t now_ns_;
  Scheduler scheduler_;
  std::mutex mutex_;
  EndpointTable table_{stage_.workspace.attributes()};
  const std::shared_ptr<const Snapshot> empty_ = table_.publish();
  std::string endpoint_;  // whose pages are read
  std::uint64_t decided_ = 0;
  std::uint64_t grown_kib_ = 0;
};

}  // namespace

int rehearsal_process_main() {
  json::object job;
  try {
    job = json::parse(process::begin_job(), {}, any_bytes()).as_object();
  } catch (const std::exception& wrong) {
    std::fprintf(stderr, "shunt: %s is for a reload of \"shunt serve\" itself, which tells it what to do: %s\n",
                 kRehearsalProcessWord, wrong.what());
    return 2;
  }
  const MemoryBound bound(json::value_to<std::uint64_t>(job.at("memoryKib")));
  share_marks(json::value_to<std::string>(job.at("marks")));
  Stage stage;
  json::object result;
  if (std::string problem; !stage.set(job, problem)) {
    result["problem"] = problem;
  } else {
    Rehearsal rehearsal(job, stage);
    rehearsal.run();
    result = rehearsal.result();
  }
  json::array mapped;
  for (const std::string& sha256 : stage.workspace.mapped_hashes()) mapped.emplace_back(sha256);
  result["mapped"] = std::move(mapped);
  const std::string line = json::serialize(result);
  const bool told = write(process::kLogDescriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  // The ordinary way out from here: destroy() is rehearsed too.
  return told ? 0 : 1;
}

}  // namespace shunt::host
