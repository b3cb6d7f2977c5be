// SPDX-License-Identifier: Apache-2.0
#include "live/reload/rehearsal.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <shunt/framework/bundle.hpp>
#include <shunt/framework/call_marks.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/json_text.hpp>
#include <shunt/framework/private_folder.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <cctype>
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

struct CalledOff {};

// Of what a rehearsal may take beyond what the running process has: libraries that are new may well need some.
constexpr std::uint64_t kSpareKib = std::uint64_t{512} << 10;

std::uint64_t memory_limit_kib(const RehearsalSettings& settings) {
  return resident_kib() + kSpareKib + settings.growth_kib;
}

json::object job_of(const NamedText& text, const std::vector<QuarantinedLibrary>& quarantined,
                    const RehearsalScene& scene, const RehearsalSettings& settings, const SharedMarks& marks,
                    const SharedMaterial& material, const std::filesystem::path& staging) {
  json::array kept_out;
  for (const QuarantinedLibrary& library : quarantined) kept_out.emplace_back(library.sha256);
  // Labels, addresses and whatever a metrics page says may have any bytes. The other texts are read as they are.
  return {{"marks", marks.file()},
          {"staging", staging.string()},
          {"memoryKib", memory_limit_kib(settings)},
          {"material", material.to_json()},
          {"quarantined", std::move(kept_out)},
          {"file", text.name},
          {"config", text.text},
          {"folder", text.folder.string()},
          {"endpoints", valid_utf8(json::serialize(snapshot_to_json(scene.snapshot)))},
          {"requests", valid_utf8(requests_text(scene))},
          {"decisions", settings.decisions},
          {"seed", scene.seed},
          {"nowNs", scene.now_ns}};
}

std::string ending_of(const process::ChildOutcome& outcome) {
  if (outcome.exited) return "ended with exit status " + std::to_string(outcome.status);
  const char* name = sigabbrev_np(outcome.status);
  return "died of " + (name == nullptr ? "signal " + std::to_string(outcome.status) : "SIG" + std::string(name));
}

// The last line that it wrote, for people: the words of a library that gives up, or of the program itself.
std::string last_words(const process::ChildOutcome& outcome) {
  constexpr std::size_t kMost = 300;
  std::string_view text = outcome.output;
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  if (const std::size_t line = text.rfind('\n'); line != std::string_view::npos) text.remove_prefix(line + 1);
  if (text.empty()) return {};
  return "; the last that it wrote: " + in_quotes(valid_utf8(std::string(text.substr(0, kMost))));
}

// What the other process has told. It had plugins in it, so anything may stand there.
class Judge {
 public:
  Judge(const Config& config, const Workspace& running, const RehearsalSettings& settings, RehearsalResult& result)
      : config_(config), running_(running), settings_(settings), result_(result) {}

  void add(std::string_view code, std::string_view plugin, std::string message) {
    const PluginConfig* found = plugin.empty() ? nullptr : config_.find_plugin(plugin);
    result_.diagnostics.add(config_.diagnose(found == nullptr ? "" : found->pointer,
                                             found == nullptr ? At::File : At::Value, code, std::move(message)));
  }

  void judge(const json::object& told) {
    for (const json::value& sha256 : told.at("mapped").as_array()) {
      result_.mapped.insert(json::value_to<std::string>(sha256));
    }
    if (const json::value* problem = told.if_contains("problem")) {
      result_.problem = json::value_to<std::string>(*problem);
      return;
    }
    result_.decisions = json::value_to<std::uint64_t>(told.at("decisions"));
    for (const auto& [path, sha256] : told.at("libraries").as_object()) {
      result_.libraries[path] = json::value_to<std::string>(sha256);
    }
    for (const json::value& instance : told.at("instances").as_array()) {
      if (is_new(instance.as_object())) new_.push_back(json::value_to<std::string>(instance.at("name")));
    }
    for (const json::value& fault : told.at("faults").as_array()) {
      const auto name = json::value_to<std::string>(fault.at("plugin"));
      if (std::ranges::find(new_, name) == new_.end()) continue;
      add("E356", name,
          "plugin " + in_quotes(name) + " failed or gave wrong answers in rehearsal: " +
              json::serialize(fault.at("faults")) + " in " + json::serialize(fault.at("calls")) + " calls");
    }
    const auto grown = json::value_to<std::uint64_t>(told.at("grownKib"));
    if (grown > settings_.growth_kib) add_growth(grown);
  }

 private:
  bool is_new(const json::object& instance) const {
    const auto name = json::value_to<std::string>(instance.at("name"));
    const Instance* now = running_.generation()->find_instance(name);
    const PluginConfig* plugin = running_.generation()->config().find_plugin(name);
    return now == nullptr || plugin == nullptr || now->type() != instance.at("type").as_string() ||
           now->library()->sha256() != instance.at("sha256").as_string() ||
           plugin->effective_parameters != instance.at("parameters");
  }

  void add_growth(std::uint64_t grown_kib) {
    std::string names;
    for (const std::string& name : new_) names += (names.empty() ? "" : ", ") + in_quotes(name);
    add("E357", new_.empty() ? std::string_view() : new_.front(),
        "in rehearsal memory grew by " + std::to_string(grown_kib) + " KiB over " +
            std::to_string(settings_.decisions / 2) + " decisions, more than " + std::to_string(settings_.growth_kib) +
            " KiB; new are " + (names.empty() ? "no plugins" : names));
  }

  const Config& config_;
  const Workspace& running_;
  const RehearsalSettings& settings_;
  RehearsalResult& result_;
  std::vector<std::string> new_;
};

}  // namespace

RehearsalResult rehearse(const NamedText& text, const Config& config,
                         const std::vector<QuarantinedLibrary>& quarantined, const Workspace& running,
                         const RehearsalScene& scene, const RehearsalSettings& settings,
                         const std::atomic<bool>& called_off) {
  RehearsalResult result;
  Judge judge(config, running, settings, result);
  const SharedMarks marks;
  const SharedMaterial material(scene.material);
  process::ChildCommand command;
  command.words = {"/proc/self/exe", kRehearsalProcessWord};
  // However it ends, what it has copied goes with this folder.
  PrivateFolder staging;
  if (const auto own = running.staging_directory(); !own.empty()) (void)staging.make(own, "rehearsal-");
  command.job = json::serialize(job_of(text, quarantined, scene, settings, marks, material, staging.path()));
  command.time_limit = std::chrono::milliseconds(settings.time_limit_ms);
  command.waiting = [&called_off] {
    if (called_off.load(std::memory_order_relaxed)) throw CalledOff{};
  };
  process::ChildOutcome outcome;
  try {
    outcome = process::run_child(command);
  } catch (const CalledOff&) {
    judge.add("E360", "", "the rehearsal was called off: something else came first");
    return result;
  }
  result.milliseconds = outcome.milliseconds;
  const std::string calls = marks.running_calls();
  const std::string who = calls.empty() ? "" : ": " + calls;
  if (!outcome.started) {
    judge.add("E358", "", "the rehearsal could not be held: " + outcome.output);
  } else if (outcome.timed_out) {
    result.took_too_long = true;
    judge.add("E355", "", "the rehearsal did not end within " + std::to_string(settings.time_limit_ms) + " ms" + who);
  } else if (!outcome.succeeded()) {
    judge.add("E355", "", "the rehearsal " + ending_of(outcome) + who + last_words(outcome));
  } else {
    try {
      judge.judge(json::parse(outcome.log, {}, any_bytes()).as_object());
    } catch (const std::exception& wrong) {
      judge.add("E355", "", std::string("what the rehearsal told cannot be understood: ") + wrong.what());
    }
  }
  return result;
}

}  // namespace shunt::host
