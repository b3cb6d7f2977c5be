// SPDX-License-Identifier: Apache-2.0
// `shunt serve`: puts a running host together, keeps it going until a signal ends it, and lets its requests finish.
#include <sys/statvfs.h>

#include <spdlog/spdlog.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "contain/containment.hpp"
#include "contain/crash_handler.hpp"
#include "contain/spared_libraries.hpp"
#include "contain/state_folder.hpp"
#include "contain/supervised_worker.hpp"
#include "contain/supervisor.hpp"
#include "file_io.hpp"
#include "live/live_host.hpp"
#include "live/log.hpp"
#include "live/plugin_watch.hpp"
#include "live/reload/reloader.hpp"
#include "live/served_config.hpp"
#include "live/service_manager.hpp"
#include "live/termination.hpp"
#include "schedule_inputs.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

// How often old generations are looked after and drained parts are asked.
constexpr milliseconds kTick{250};
constexpr milliseconds kDrainTick{20};
// A door opens when endpoints are known, or after so long: the worker of before goes on meanwhile, or none serves at all.
constexpr milliseconds kSettle{1'000};

// What sockets, threads and files are like, is said by the config that the host was started with: a later one may have said
// otherwise, and was put in force without that.
HostSettings settings_of(const Workspace& workspace, const SupervisedWorker* worker, const ServeArguments& arguments) {
  HostSettings settings = workspace.host_settings();
  if (const auto start = worker != nullptr ? worker->start() : std::nullopt) {
    Diagnostics known;  // it was fine when the host started
    auto document = Document::parse(start->name, start->text, DocumentFormat::Detect, known);
    const auto config =
        document ? read_config(std::make_shared<const Document>(std::move(*document)), known) : std::nullopt;
    if (config) {
      HostSettings open = read_host_settings(*config, start->folder, known);
      open.endpoints.endpoints = std::move(settings.endpoints.endpoints);
      open.reload = settings.reload;
      settings = std::move(open);
    }
  }
  if (!arguments.listen.empty()) settings.serve.listen = arguments.listen;
  if (!arguments.admin.empty()) settings.admin.listen = arguments.admin;
  if (!arguments.endpoints.empty()) settings.endpoints.files.push_back({arguments.endpoints, true});
  return settings;
}

class Service {
 public:
  Service(std::shared_ptr<const Workspace> workspace, ReloadSource source, const HostSettings& settings,
          Surroundings& surroundings)
      : host_(*workspace, settings, clock_),
        settings_(settings),
        console_(surroundings.console),
        reloader_(host_, std::move(source), std::move(workspace)) {
    host_.set_reloader(&reloader_);
    for (const PartFactory& make : surroundings.parts) {
      if (auto part = make(host_, settings)) parts_.push_back(std::move(part));
    }
    for (const auto& part : parts_) host_.add_part(*part);
  }

  ~Service() {
    reloader_.stop();
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
      part->settle(kSettle);
    }
    reloader_.start();
    host_.set_started();
    return true;
  }

  LiveHost& host() { return host_; }
  Reloader& reloader() { return reloader_; }

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
      if (termination.take_reload()) reload();
      host_.scheduler().collect();
      plugins_.look();
      reloader_.look_at_canary();
      if (!told) told = manager_.notify("READY=1");
      if (watchdog) manager_.notify("WATCHDOG=1");
    }
  }

  // Readiness goes first, then the doors; what is under way may end until the deadline, or a second signal.
  // `alone`: nobody is left who could keep the sockets for others.
  ExitCode drain(Termination& termination, bool alone) {
    manager_.notify("STOPPING=1");
    // Another process serves already, or may be about to begin on the same addresses.
    const bool leaves = termination.hands_over() || alone;
    if (!termination.hands_over()) host_.begin_draining();
    const auto never = [] { return false; };
    const std::int64_t delay_ms = leaves ? 0 : settings_.serve.drain_delay_ms;
    bool hurried = wait(termination, milliseconds(delay_ms), never);
    for (const auto& part : parts_) {
      if (leaves) {
        part->hand_over();
      } else {
        part->drain();
      }
    }
    if (!hurried) hurried = wait(termination, milliseconds(settings_.serve.drain_ms), [this] { return drained(); });
    const std::int64_t cut_off = host_.requests_under_way();
    if (cut_off <= 0) return ExitCode::Ok;
    console_.message(std::to_string(cut_off) + (cut_off == 1 ? " request was" : " requests were") + " cut off");
    return ExitCode::Failed;
  }

 private:
  void reload() {
    manager_.notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(host_.clock().now_ns() / 1000));
    reloader_.reload({ReloadCause::Signal}, [this](const ReloadReport&) { manager_.notify("READY=1"); });
  }

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
  Reloader reloader_;
  PluginWatch plugins_{host_};
  ServiceManager manager_ = ServiceManager::of_process();
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<Part*> started_;
};

// From now on this generation is what a next worker begins with.
Result<void> keep_for_the_next(SupervisedWorker& worker, const Workspace& published,
                               const std::filesystem::path& folder) {
  worker.set_limits(published.generation()->config().limits);
  auto kept = worker.is_good(*published.generation(), folder, published.left_out());
  if (kept) return kept;
  Error error = kept.error();
  error.message += "; a worker that takes over would go on with an earlier generation";
  return error;
}

// Where a library may be mapped from, so that what a lost worker leaves goes with the folder.
void stage_beside(const SupervisedWorker& worker, Workspace& workspace) {
  struct statvfs mount {};
  const std::string& folder = worker.job().run_folder;
  if (statvfs(folder.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) == 0) workspace.stage_in(folder);
}

// The config, unless a generation has to be built again.
std::optional<NamedText> read_config_text(const ServeArguments& arguments, const SupervisedWorker* worker,
                                          Surroundings& surroundings, Diagnostics& diagnostics) {
  if (worker != nullptr && worker->restored()) {
    return NamedText{worker->restored()->file, worker->restored()->text, worker->restored()->folder};
  }
  if (arguments.config.empty()) return NamedText{"<default config>", "", "."};
  return read_named_config(arguments.config, surroundings.input, diagnostics);
}

ExitCode serve(const ServeArguments& arguments, SupervisedWorker* worker, Termination& termination,
               Surroundings& surroundings) {
  Console& console = surroundings.console;
  Diagnostics diagnostics;
  const Quarantine quarantine = worker != nullptr ? Quarantine(worker->job().state_folder, worker->job().quarantined)
                                                  : Quarantine(state_folder(arguments.state));
  auto quarantined = quarantine.read();
  if (!quarantined) {
    console.error(quarantined.error().code, quarantined.error().message, quarantine.file().string());
    // Serving goes on whatever has become of the file since the host was started.
    if (worker == nullptr || !worker->restored()) return ExitCode::Failed;
  }
  auto config = read_config_text(arguments, worker, surroundings, diagnostics);
  const std::filesystem::path folder = config ? config->folder : std::filesystem::path();
  const NamedText begun_with = config.value_or(NamedText());
  StartWithout start(quarantined ? std::move(*quarantined) : quarantine.also());
  std::shared_ptr<Workspace> workspace;
  bool good = false;
  do {
    workspace = std::make_shared<Workspace>(surroundings.plugin_path);
    workspace->respect(start.respected());
    if (worker != nullptr) stage_beside(*worker, *workspace);
    if (worker != nullptr && worker->restored()) {
      workspace->restore(worker->restored()->libraries, worker->restored()->left_out);
    }
    good = build_served(*workspace, config, {}, diagnostics);
  } while (!good && config && start.spares_more(*workspace, diagnostics));
  console.report(diagnostics, good ? "" : "nothing was started");
  if (!good) return exit_code_of(diagnostics);
  const HostSettings settings = settings_of(*workspace, worker, arguments);
  const auto log = LogOutput::open(settings.log);
  if (!log) {
    console.error(log.error().code, log.error().message);
    return ExitCode::Failed;
  }
  if (worker != nullptr) {
    worker->set_log(settings.log);
    worker->set_limits(workspace->generation()->config().limits);
  }
  // Before anybody can see that it serves: a worker that is lost the moment after has something to go back to.
  if (worker != nullptr) {
    if (const auto kept = keep_for_the_next(*worker, *workspace, folder); !kept) {
      spdlog::error("[{}] {}", kept.error().code, kept.error().message);
    }
  }
  std::vector<std::string> spared;
  for (const QuarantinedLibrary& library : start.spared()) {
    spdlog::error("[P169] {}", why_spared(library));
    spared.push_back(library.sha256);
  }
  ReloadSource source{arguments.config, surroundings.plugin_path, quarantine, {}};
  if (worker != nullptr) source.handed_on = std::filesystem::path(worker->job().run_folder) / "watched.json";
  source.quarantine.spare(std::move(spared));
  // Not kept here: its generation goes once another one has taken its place.
  Service service(std::move(workspace), std::move(source), settings, surroundings);
  service.reloader().on_published([worker, folder](const Workspace& published) -> Result<void> {
    return worker != nullptr ? keep_for_the_next(*worker, published, folder) : Result<void>();
  });
  if (worker != nullptr) service.reloader().frozen_while([worker] { return worker->frozen(); });
  service.host().set_containment(
      {worker != nullptr ? worker->job().restarts : Containment().restarts, quarantine, worker != nullptr});
  if (!service.start()) return ExitCode::Failed;
  if (worker != nullptr) {
    worker->serving();
    if (const auto kept = worker->keep_start(begun_with); !kept) {
      spdlog::error("[{}] {}", kept.error().code, kept.error().message);
    }
    if (const auto gap = worker->seconds_without_service()) service.host().set_seconds_without_service(*gap);
    service.reloader().tell_of_current();
  }
  if (worker == nullptr || worker->job().announce) (void)service.announce(arguments.format);
  service.run(termination);
  return service.drain(termination, worker != nullptr && worker->orphaned());
}

}  // namespace

ExitCode run_serve(const ServeArguments& arguments, Surroundings& surroundings) {
  const bool is_worker = surroundings.may_supervise && SupervisedWorker::is_one();
  if (surroundings.may_supervise && !is_worker && !arguments.no_supervisor) {
    return supervise({state_folder(arguments.state), arguments.config == "-"}, surroundings.console);
  }
  // Before any thread is there: what is blocked now is blocked in all of them.
  Termination termination(is_worker);
  const auto worker = is_worker ? SupervisedWorker::begin() : nullptr;
  if (worker == nullptr && surroundings.may_supervise) install_crash_handler(nullptr);
  try {
    const ExitCode code = serve(arguments, worker.get(), termination, surroundings);
    if (worker != nullptr) worker->ends_orderly(code);
    return code;
  } catch (...) {
    // A defect of the program, which says so; no plugin has ended it.
    if (worker != nullptr) worker->ends_orderly(ExitCode::Internal);
    throw;
  }
}

}  // namespace shunt::host
