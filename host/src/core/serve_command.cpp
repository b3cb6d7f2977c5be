// SPDX-License-Identifier: Apache-2.0
// `shunt serve`: puts a running host together, keeps it going until a signal ends it, and lets its requests finish.
#include <shunt/abi/extractor.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "file_io.hpp"
#include "live/live_host.hpp"
#include "live/log.hpp"
#include "live/plugin_watch.hpp"
#include "live/service_manager.hpp"
#include "live/termination.hpp"
#include "schedule_inputs.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

constexpr std::string_view kMetricsReader = "prometheus-extractor";
// How often old generations are looked after and drained parts are asked.
constexpr milliseconds kTick{250};
constexpr milliseconds kDrainTick{20};

HostSettings settings_of(const Workspace& workspace, const ServeArguments& arguments) {
  HostSettings settings = workspace.host_settings();
  if (!arguments.listen.empty()) settings.serve.listen = arguments.listen;
  if (!arguments.admin.empty()) settings.admin.listen = arguments.admin;
  if (!arguments.endpoints.empty()) settings.endpoints.files.push_back({arguments.endpoints, true});
  return settings;
}

// Plugins may ask for attributes that only the endpoints of the config bring.
void register_attributes(const Workspace& workspace, Diagnostics& diagnostics) {
  for (const EndpointEntry& entry : workspace.host_settings().endpoints.endpoints) {
    for (const WrittenAttribute& written : entry.attributes) {
      if (const auto added = workspace.attributes()->add(written.name, type_of(written.value)); !added) {
        diagnostics.add(workspace.config()->diagnose(written.pointer, At::Value, "E201", added.error().message));
      }
    }
  }
}

bool build(Workspace& workspace, std::optional<NamedText> config, Diagnostics& diagnostics) {
  if (config) {
    workspace.open(std::move(config->name), std::move(config->text), config->folder);
    if (workspace.config()) register_attributes(workspace, diagnostics);
    workspace.need_interface(SHUNT_EXTRACTOR_ID, kMetricsReader,
                             "because a running host reads the metrics of its endpoints");
    workspace.build();
    if (workspace.generation() != nullptr && !workspace.generation()->can_decide()) {
      workspace.diagnostics().add(workspace.config()->diagnose(
          "/plugins", At::Key, "E314", "the config has no scheduling profile, so it cannot decide"));
    }
  }
  diagnostics.merge(std::exchange(workspace.diagnostics(), {}));
  diagnostics.sort();
  return !diagnostics.has_errors();
}

class Service {
 public:
  Service(const Workspace& workspace, const HostSettings& settings, Surroundings& surroundings)
      : host_(workspace, settings, clock_), settings_(settings), console_(surroundings.console) {
    for (const PartFactory& make : surroundings.parts) {
      if (auto part = make(host_, settings)) parts_.push_back(std::move(part));
    }
    for (const auto& part : parts_) host_.add_part(*part);
  }

  ~Service() {
    for (auto part = started_.rbegin(); part != started_.rend(); ++part) (*part)->stop();
    host_.stop();
  }

  bool start() {
    host_.start();
    for (const auto& part : parts_) {
      if (const auto begun = part->start(); !begun) {
        console_.error(begun.error().code, begun.error().message);
        return false;
      }
      started_.push_back(part.get());
    }
    host_.set_started();
    return true;
  }

  // False where nobody reads it: a script that waits for the line and is gone.
  bool announce(OutputFormat format) {
    json::object addresses;
    for (const auto& part : parts_) {
      if (const std::string address = part->address(); !address.empty()) addresses[part->name()] = address;
    }
    if (format == OutputFormat::Json) {
      const json::object line{{"schema", 1}, {"listening", addresses}};
      return console_.line(json::serialize(line)) && console_.flush();
    }
    for (const auto& [part, address] : addresses) {
      console_.message(std::string(part) + " listens on " + std::string(address.as_string()));
    }
    return true;
  }

  void run(Termination& termination) {
    const auto watchdog = manager_.watchdog();
    const milliseconds tick =
        watchdog ? std::clamp(std::chrono::duration_cast<milliseconds>(*watchdog / 3), milliseconds(1), kTick) : kTick;
    bool told = manager_.notify("READY=1");
    if (!told) console_.message("the service manager could not be told that the host is ready; trying again");
    while (!termination.wait(tick)) {
      host_.scheduler().collect();
      plugins_.look();
      if (!told) told = manager_.notify("READY=1");
      if (watchdog) manager_.notify("WATCHDOG=1");
    }
  }

  // Readiness goes first, then the doors; what is under way may end until the deadline, or a second signal.
  ExitCode drain(Termination& termination) {
    manager_.notify("STOPPING=1");
    host_.begin_draining();
    const auto never = [] { return false; };
    bool hurried = wait(termination, milliseconds(settings_.serve.drain_delay_ms), never);
    for (const auto& part : parts_) part->drain();
    if (!hurried) hurried = wait(termination, milliseconds(settings_.serve.drain_ms), [this] { return drained(); });
    const std::int64_t cut_off = host_.requests_under_way();
    if (cut_off <= 0) return ExitCode::Ok;
    console_.message(std::to_string(cut_off) + (cut_off == 1 ? " request was" : " requests were") + " cut off");
    return ExitCode::Failed;
  }

 private:
  // True when a signal has come before `time` is over or `done`.
  template <class Done>
  bool wait(Termination& termination, milliseconds time, const Done& done) {
    const Time deadline = std::chrono::steady_clock::now() + time;
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      if (termination.wait(kDrainTick)) return true;
      if (manager_.watchdog()) manager_.notify("WATCHDOG=1");
    }
    return false;
  }

  bool drained() const {
    return std::ranges::all_of(parts_, [](const auto& part) { return part->drained(); });
  }

  SystemClock clock_;
  LiveHost host_;
  const HostSettings& settings_;
  Console& console_;
  PluginWatch plugins_{host_};
  ServiceManager manager_ = ServiceManager::of_process();
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<Part*> started_;
};

}  // namespace

ExitCode run_serve(const ServeArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  // Before any thread is there: what is blocked now is blocked in all of them.
  Termination termination;
  Diagnostics diagnostics;
  Workspace workspace(surroundings.plugin_path);
  auto config = arguments.config.empty() ? std::optional(NamedText{"<default config>", "", "."})
                                         : read_named(arguments.config, surroundings.input, diagnostics);
  const bool good = build(workspace, std::move(config), diagnostics);
  console.report(diagnostics, good ? "" : "nothing was started");
  if (!good) return exit_code_of(diagnostics);
  const HostSettings settings = settings_of(workspace, arguments);
  const auto log = LogOutput::open(settings.log);
  if (!log) {
    console.error(log.error().code, log.error().message);
    return ExitCode::Failed;
  }
  Service service(workspace, settings, surroundings);
  if (!service.start()) return ExitCode::Failed;
  (void)service.announce(arguments.format);
  service.run(termination);
  return service.drain(termination);
}

}  // namespace shunt::host
