// SPDX-License-Identifier: Apache-2.0
#include "live/reload/candidate.hpp"

#include <shunt/framework/file_digest.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/library_search.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "live/live_host.hpp"
#include "live/reload/rehearsal.hpp"
#include "live/served_config.hpp"

namespace shunt::host {

namespace {

// For the rehearsal. More would only make it longer.
constexpr std::size_t kRecordsSearched = 256;
constexpr std::size_t kRecordedBytes = std::size_t{8} << 20;
// States are held several times over while they are tried out, in two processes.
constexpr std::size_t kRehearsedStateBytes = std::size_t{64} << 20;
constexpr std::uint64_t kDecisionsAfterHandOver = 200;

// Those of the newest decisions with a bundle, as lines of the requests file.
std::vector<std::string> recorded_requests(const DecisionRing& ring) {
  std::vector<std::string> requests;
  std::size_t bytes = 0;
  const auto records = ring.after(0, kRecordsSearched);
  for (auto record = records.rbegin(); record != records.rend() && bytes < kRecordedBytes; ++record) {
    if ((*record)->bundle.empty()) continue;
    boost::system::error_code wrong;
    const boost::json::value bundle = boost::json::parse((*record)->bundle, wrong);
    const boost::json::value* request = wrong ? nullptr : bundle.as_object().if_contains("request");
    if (request == nullptr) continue;
    requests.push_back(boost::json::serialize(*request));
    bytes += requests.back().size();
  }
  return requests;
}

// Those that this config replaces and that have something to hand over.
std::set<std::string, std::less<>> heirs(const Workspace& running, const Workspace& candidate) {
  std::set<std::string, std::less<>> names;
  for (const auto& instance : candidate.generation()->instances()) {
    const Instance* before = running.generation()->find_instance(instance->name());
    const PluginConfig* plugin = candidate.config()->find_plugin(instance->name());
    const bool replaces = before != nullptr && before != instance.get() && before->type() == instance->type();
    const bool wanted = plugin == nullptr || plugin->state != StatePolicy::Discard;
    if (replaces && wanted && before->state != nullptr && instance->state != nullptr) names.insert(instance->name());
  }
  return names;
}

// What the file says, without any of its libraries. What is wrong is told when it is built.
std::optional<Config> as_written(const NamedText& text) {
  Diagnostics ignored;
  auto document = Document::parse(text.name, text.text, DocumentFormat::Detect, ignored);
  if (!document) return std::nullopt;
  return read_config(std::make_shared<const Document>(std::move(*document)), ignored);
}

template <class List>
auto written(const List& list) {
  return list | std::views::filter([](const auto& one) { return !one.injected; });
}

bool same_plugins(const Config& left, const Config& right) {
  return std::ranges::equal(written(left.plugins), written(right.plugins), [](const auto& one, const auto& other) {
    return one.type == other.type && one.name == other.name && one.parameters == other.parameters;
  });
}

bool same_profiles(const Config& left, const Config& right) {
  const auto same = [](const ProfileConfig& one, const ProfileConfig& other) {
    return one.name == other.name && std::ranges::equal(written(one.plugins), written(other.plugins), {},
                                                        &PluginReference::plugin, &PluginReference::plugin);
  };
  return std::ranges::equal(written(left.profiles), written(right.profiles), same);
}

bool same_libraries(const Workspace& running, const Config& config) {
  const Config& before = *running.config();
  if (before.libraries_written != config.libraries_written || before.plugin_dirs != config.plugin_dirs) return false;
  if (!std::ranges::equal(before.libraries, config.libraries, {}, &LibraryConfig::path, &LibraryConfig::path)) {
    return false;
  }
  const auto& libraries = running.registry().libraries();
  if (!config.libraries_written) {
    const auto files = find_libraries(running.plugin_path().directories());
    const auto known = [&libraries](const std::filesystem::path& file) {
      return std::ranges::any_of(libraries, [&file](const auto& library) { return library->path() == file; });
    };
    if (!files || !std::ranges::all_of(*files, known)) return false;
  }
  return std::ranges::all_of(libraries, [](const auto& library) {
    return library->sha256().empty() || file_sha256(library->path()) == library->sha256();
  });
}

// False where the same instances would be called in the same order, whatever their weights: that brings no code into play that
// does not run already.
bool brings_something_new(const Workspace& running, const Config& config) {
  return !same_plugins(*running.config(), config) || !same_profiles(*running.config(), config) ||
         !same_libraries(running, config);
}

// What runs without some instances already may go on without them; nothing shall lose one by a reload.
void refuse_losses(const Workspace& running, const Workspace& candidate, const ReloadSource& source,
                   Diagnostics& diagnostics) {
  for (const LeftOutPlugin& plugin : candidate.left_out()) {
    const auto& before = running.left_out();
    if (std::ranges::find(before, plugin.name, &LeftOutPlugin::name) != before.end()) continue;
    diagnostics.add(problem_of(source, "E359", "plugin \"" + plugin.name + "\" needs a library that is in quarantine",
                               "shunt quarantine list says why, shunt quarantine lift ends it"));
  }
}

// What a config was found to be good with: in a rehearsal, or because the same runs already.
struct Judged {
  std::map<std::string, std::string> libraries;  // SHA-256 by path
  std::set<std::string, std::less<>> mapped;
  std::string problem;  // why a rehearsal could not build it
};

Judged with_what_runs(const Workspace& running) {
  Judged judged;
  for (const auto& library : running.registry().libraries()) {
    judged.libraries[library->path().string()] = library->sha256();
    judged.mapped.insert(library->sha256());
  }
  return judged;
}

Judged with_what_was_rehearsed(RehearsalResult& rehearsed) {
  return {std::move(rehearsed.libraries), std::move(rehearsed.mapped), std::move(rehearsed.problem)};
}

// The files may have become others between the two. What has never been mapped here is not mapped then; other bytes that this
// process knows from earlier may be.
void compare_bytes(const Workspace& candidate, const Judged& judged, const ReloadSource& source,
                   Diagnostics& diagnostics) {
  if (!judged.problem.empty()) {
    diagnostics.add(problem_of(source, "E358", "the rehearsal could not build the config: " + judged.problem));
    return;
  }
  for (const auto& library : candidate.registry().libraries()) {
    const auto found = judged.libraries.find(library->path().string());
    if (found != judged.libraries.end() && found->second == library->sha256()) continue;
    diagnostics.add(problem_of(source, "E358", library->path().string() + " was replaced after it had been looked at",
                               "reload once more"));
  }
}

// What came of the rehearsal, for whoever reports it.
std::optional<Judged> take(RehearsalResult rehearsed, Candidate& candidate, Diagnostics& diagnostics) {
  candidate.rehearsed = rehearsed.decisions;
  candidate.rehearsal_ns = static_cast<std::int64_t>(rehearsed.milliseconds * 1e6);
  candidate.took_too_long = rehearsed.took_too_long;
  diagnostics.merge(std::exchange(rehearsed.diagnostics, {}));
  if (diagnostics.has_errors()) return std::nullopt;
  return with_what_was_rehearsed(rehearsed);
}

}  // namespace

Diagnostic problem_of(const ReloadSource& source, std::string_view code, std::string message, std::string suggestion) {
  Diagnostic made;
  made.code = code;
  made.file = source.config.empty() ? default_config().name : source.config;
  made.message = std::move(message);
  made.suggestion = std::move(suggestion);
  return made;
}

Candidate make_candidate(LiveHost& host, const ReloadSource& source, const Workspace& running, bool in_fresh_worker,
                         const std::atomic<bool>& called_off, Diagnostics& diagnostics) {
  Candidate made;
  if (source.config == "-") {
    diagnostics.add(problem_of(source, "E351", "the config came from standard input and cannot be read again",
                               "start the host with a file"));
    return made;
  }
  std::istringstream nothing;
  auto text = source.config.empty() ? std::optional(default_config())
                                    : read_named_config(source.config, nothing, diagnostics, FileKind::Regular);
  if (!text) return made;
  auto quarantined = source.quarantine.read();
  if (!quarantined) {
    diagnostics.add(problem_of(source, quarantined.error().code, quarantined.error().message));
    return made;
  }
  // Whatever is built below has to be what is looked at here, whether that is rehearsed or found to run already.
  std::optional<Judged> judged;
  const std::optional<Config> config = as_written(*text);
  if (!config || !brings_something_new(running, *config)) {
    judged = with_what_runs(running);
  } else {
    Diagnostics ignored;
    const RehearsalSettings settings = read_host_settings(*config, text->folder, ignored).reload.rehearsal;
    const auto picture = host.keeper().pictures().current();
    if (settings.enabled) {
      RehearsalMaterial material;
      host.keeper().run_now([&] { material.pages = host.keeper().sampled_pages(); });
      const RehearsalScene scene{*picture->snapshot, recorded_requests(host.decisions()), host.seed(),
                                 host.clock().now_ns(), std::move(material)};
      judged = take(rehearse(*text, *config, *quarantined, running, scene, settings, called_off), made, diagnostics);
      if (!judged) return made;
    }
  }
  auto candidate = std::make_shared<Workspace>(source.plugin_path, running);
  made.text = *text;
  made.quarantined = *quarantined;
  candidate->respect(std::move(*quarantined));
  if (judged) candidate->map_only(judged->mapped);
  if (in_fresh_worker) candidate->map_beyond_limit();
  if (!build_served(*candidate, std::move(text), {.previous = running.generation()}, diagnostics)) return made;
  refuse_losses(running, *candidate, source, diagnostics);
  if (judged) compare_bytes(*candidate, *judged, source, diagnostics);
  if (!diagnostics.has_errors()) made.workspace = std::move(candidate);
  return made;
}

bool rehearse_hand_over(LiveHost& host, const ReloadSource& source, const Candidate& candidate,
                        const Workspace& running, const std::atomic<bool>& called_off, Diagnostics& diagnostics) {
  const Workspace& next = *candidate.workspace;
  RehearsalSettings settings = next.host_settings().reload.rehearsal;
  const auto names = heirs(running, next);
  if (!settings.enabled || names.empty()) return false;
  RehearsalMaterial material;
  material.states = save_states(
      *running.generation(), [&names](const Instance& instance) { return names.contains(instance.name()); },
      kRehearsedStateBytes);
  if (material.states.empty()) return false;
  settings.decisions = std::min(settings.decisions, kDecisionsAfterHandOver);
  const auto picture = host.keeper().pictures().current();
  const RehearsalScene scene{*picture->snapshot, {}, host.seed(), host.clock().now_ns(), std::move(material)};
  RehearsalResult rehearsed =
      rehearse(candidate.text, *next.config(), candidate.quarantined, running, scene, settings, called_off);
  diagnostics.merge(std::move(rehearsed.diagnostics));
  if (!diagnostics.has_errors()) compare_bytes(next, with_what_was_rehearsed(rehearsed), source, diagnostics);
  return rehearsed.took_too_long;
}

}  // namespace shunt::host
