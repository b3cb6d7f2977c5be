// SPDX-License-Identifier: Apache-2.0
#include "live/reload/rehearsal.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <shunt/framework/bundle.hpp>
#include <shunt/framework/call_marks.hpp>
#include <shunt/framework/instance.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "field_reader.hpp"
#include "live/reload/rehearsal_process.hpp"
#include "process/child_process.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

// Memory that the child shares with us: what it was doing when it ended, however it ended.
class SharedMarks {
 public:
  SharedMarks() : descriptor_(memfd_create("shunt-rehearsal", MFD_CLOEXEC)) {
    if (descriptor_ < 0 || ftruncate(descriptor_, sizeof(CallMarkPage)) != 0) return;
    void* memory = mmap(nullptr, sizeof(CallMarkPage), PROT_READ, MAP_SHARED, descriptor_, 0);
    if (memory != MAP_FAILED) page_ = static_cast<const CallMarkPage*>(memory);
  }
  ~SharedMarks() {
    if (page_ != nullptr) munmap(const_cast<CallMarkPage*>(page_), sizeof(CallMarkPage));
    if (descriptor_ >= 0) close(descriptor_);
  }
  SharedMarks(const SharedMarks&) = delete;
  SharedMarks& operator=(const SharedMarks&) = delete;

  std::string file() const { return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_); }

  // "plugin "a" in score()", for each call that was running; empty where none was.
  std::string running_calls() const {
    std::string text;
    if (page_ == nullptr) return text;
    std::set<std::string> told;
    for (const MarkedThread& thread : page_->thread) {
      const MarkedCall call{thread.call.load(std::memory_order_relaxed)};
      if (!call.running()) continue;
      const std::string name = name_of(call) + " in " + std::string(to_string(call.function())) + "()";
      if (told.insert(name).second) text += (text.empty() ? "" : " and ") + name;
    }
    return text;
  }

 private:
  template <std::size_t Size>
  static std::string bounded(const char (&text)[Size]) {
    return {text, strnlen(text, Size)};
  }
  std::string name_of(const MarkedCall& call) const {
    if (call.of_library() && call.callee() < CallMarkPage::kLibraries) {
      return "library " + in_quotes(bounded(page_->library[call.callee()].path));
    }
    if (!call.of_library() && call.callee() < CallMarkPage::kInstances) {
      return "plugin " + in_quotes(bounded(page_->instance[call.callee()].name));
    }
    return "a plugin";
  }

  int descriptor_;
  const CallMarkPage* page_ = nullptr;
};

void add_request(std::string& lines, json::object request, const std::string& id) {
  request["id"] = id;
  lines += json::serialize(request) + "\n";
}

// What live traffic may not have brought yet: every model, all priorities, long and absent prompts, tight deadlines.
std::string requests_text(const RehearsalScene& scene) {
  std::string lines;
  std::size_t number = 0;
  for (const std::string& recorded : scene.recorded) {
    boost::system::error_code wrong;
    json::value request = json::parse(recorded, wrong);
    if (!wrong && request.is_object()) add_request(lines, request.get_object(), "recorded-" + std::to_string(++number));
  }
  const std::string long_prompt(100'000, 'x');
  const auto add = [&](json::object request) {
    add_request(lines, std::move(request), "made-up-" + std::to_string(++number));
  };
  add({});
  add({{"path", "/v1/chat/completions"}, {"model", "base"}, {"prompt", "hello"}, {"max_tokens", 16}, {"stream", true}});
  add({{"path", "/v1/completions"}, {"model", "no such model"}, {"prompt", ""}});
  add({{"model", "base"}, {"prompt", long_prompt}, {"session", "s"}, {"tenant", "t"}, {"user", "u"}});
  add({{"model", "base"}, {"prompt_tokens", 0}, {"max_tokens", 0}, {"batch_size", 0}, {"deadline_ms", 0}});
  add({{"model", "base"},
       {"prompt_tokens", 1'000'000},
       {"ttft_slo_ms", 1},
       {"tpot_slo_ms", 1},
       {"priority", "critical"}});
  for (const char* priority : {"background", "low", "high"}) {
    add({{"model", "base"}, {"prompt", "hello"}, {"priority", priority}, {"type", "embedding"}, {"multimodal", true}});
  }
  if (scene.snapshot.size() > 0) {
    add({{"preferred_endpoint", scene.snapshot.name(0)}, {"prompt", "hello"}});
    add({{"excluded", json::array{json::string(scene.snapshot.name(0))}}, {"attempt", 1}, {"prompt", "hello"}});
  }
  return lines;
}

json::object job_of(const Workspace& candidate, const RehearsalScene& scene, const RehearsalSettings& settings,
                    const SharedMarks& marks) {
  const Document& document = *candidate.config()->document;
  const std::filesystem::path folder = std::filesystem::path(document.file()).parent_path();
  json::array quarantined;
  for (const QuarantinedLibrary& library : candidate.quarantined()) quarantined.emplace_back(library.sha256);
  return {{"marks", marks.file()},
          {"quarantined", std::move(quarantined)},
          {"file", document.file()},
          {"config", document.text()},
          {"folder", folder.empty() ? std::string(".") : folder.string()},
          {"endpoints", json::serialize(snapshot_to_json(scene.snapshot))},
          {"requests", requests_text(scene)},
          {"decisions", settings.decisions},
          {"seed", scene.seed},
          {"nowNs", scene.now_ns}};
}

std::string ending_of(const process::ChildOutcome& outcome) {
  if (outcome.exited) return "ended with exit status " + std::to_string(outcome.status);
  const char* name = sigabbrev_np(outcome.status);
  return "died of " + (name == nullptr ? "signal " + std::to_string(outcome.status) : "SIG" + std::string(name));
}

class Judge {
 public:
  Judge(const Workspace& candidate, const Generation& before, const RehearsalSettings& settings)
      : candidate_(candidate), before_(before), settings_(settings) {}

  Diagnostics take() { return std::move(diagnostics_); }

  void add(std::string_view code, const PluginConfig* plugin, std::string message, std::string suggestion = {}) {
    diagnostics_.add(candidate_.config()->diagnose(plugin == nullptr ? "" : plugin->pointer,
                                                   plugin == nullptr ? At::File : At::Value, code, std::move(message),
                                                   std::move(suggestion)));
  }

  bool is_new(std::string_view name) const {
    const Instance* now = candidate_.generation()->find_instance(name);
    return now != nullptr && now != before_.find_instance(name);
  }

  void judge(const json::object& result) {
    if (const json::value* problem = result.if_contains("problem")) {
      return add("E358", nullptr, "the rehearsal could not build the config: " + json::value_to<std::string>(*problem));
    }
    for (const auto& [path, sha256] : result.at("libraries").as_object()) {
      for (const auto& library : candidate_.generation()->libraries()) {
        if (library->path() == std::string_view(path) && std::string_view(sha256.as_string()) != library->sha256()) {
          return add("E358", nullptr, library->path().string() + " was replaced while it was being rehearsed",
                     "reload once more");
        }
      }
    }
    for (const json::value& one : result.at("faults").as_array()) {
      const json::object& fault = one.as_object();
      const auto name = json::value_to<std::string>(fault.at("plugin"));
      if (!is_new(name)) continue;
      add("E356", candidate_.config()->find_plugin(name),
          "plugin " + in_quotes(name) + " failed or gave wrong answers in rehearsal: " +
              json::serialize(fault.at("faults")) + " in " + json::serialize(fault.at("calls")) + " calls");
    }
    const auto grown = json::value_to<std::uint64_t>(result.at("grownKib"));
    if (grown > settings_.growth_kib) add_growth(grown);
  }

 private:
  void add_growth(std::uint64_t grown_kib) {
    std::string names;
    const PluginConfig* first = nullptr;
    for (const auto& instance : candidate_.generation()->instances()) {
      if (!is_new(instance->name())) continue;
      if (first == nullptr) first = candidate_.config()->find_plugin(instance->name());
      names += (names.empty() ? "" : ", ") + in_quotes(instance->name());
    }
    add("E357", first,
        "in rehearsal memory grew by " + std::to_string(grown_kib) + " KiB over " +
            std::to_string(settings_.decisions / 2) + " decisions, more than " + std::to_string(settings_.growth_kib) +
            " KiB; new are " + (names.empty() ? "no plugins" : names));
  }

  const Workspace& candidate_;
  const Generation& before_;
  const RehearsalSettings& settings_;
  Diagnostics diagnostics_;
};

}  // namespace

RehearsalResult rehearse(const Workspace& candidate, const Generation& before, const RehearsalScene& scene,
                         const RehearsalSettings& settings) {
  RehearsalResult result;
  const SharedMarks marks;
  process::ChildCommand command;
  command.words = {"/proc/self/exe", kRehearsalProcessWord};
  command.job = json::serialize(job_of(candidate, scene, settings, marks));
  command.time_limit = std::chrono::milliseconds(settings.time_limit_ms);
  const process::ChildOutcome outcome = process::run_child(command);
  result.milliseconds = outcome.milliseconds;
  Judge judge(candidate, before, settings);
  const std::string calls = marks.running_calls();
  const std::string who = calls.empty() ? "" : ": " + calls;
  boost::system::error_code wrong;
  const json::value told = json::parse(outcome.log, wrong);
  if (!outcome.started) {
    judge.add("E358", nullptr, "the rehearsal could not be held: " + outcome.output);
  } else if (outcome.timed_out) {
    judge.add("E355", nullptr,
              "the rehearsal did not end within " + std::to_string(settings.time_limit_ms) + " ms" + who);
  } else if (!outcome.succeeded() || wrong || !told.is_object()) {
    judge.add("E355", nullptr, "the rehearsal " + ending_of(outcome) + who);
  } else {
    judge.judge(told.get_object());
    if (const json::value* decisions = told.get_object().if_contains("decisions")) {
      result.decisions = json::value_to<std::uint64_t>(*decisions);
    }
  }
  result.diagnostics = judge.take();
  return result;
}

}  // namespace shunt::host
