// SPDX-License-Identifier: Apache-2.0
#include "contain/supervisor.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "contain/containment.hpp"
#include "contain/crash_keeper.hpp"
#include "contain/generation_store.hpp"
#include "contain/notify_socket.hpp"
#include "contain/worker_process.hpp"
#include "file_io.hpp"
#include "live/service_manager.hpp"
#include "process/descriptor_io.hpp"
#include "staging_folder.hpp"

namespace shunt::host {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Workers in a row that were lost before they served: then it is not worth another try.
constexpr int kMostFailedStarts = 8;
// A worker that was lost without anybody to blame, and had not served for so long, makes the next one wait.
constexpr milliseconds kSteady{10'000};
constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{5'000};
constexpr milliseconds kTick{1'000};
constexpr std::array kEndingSignals = {SIGTERM, SIGINT, SIGUSR2, SIGKILL};
// At a time: one that serves or is about to, and those before it that finish their requests.
constexpr std::size_t kMostWorkers = 8;
// After so many failed starts in a row the generation before is tried.
constexpr int kStartsOfOne = 3;

struct Worker {
  explicit Worker(SharedWorkerPage shared) : page(std::move(shared)) {}
  SharedWorkerPage page;
  WorkerJob job;
  pid_t process = -1;
  bool ready = false;
  bool told_to_end = false;
  bool reloading = false;  // and the service manager knows
  bool replace_when_ready = false;
  Clock::time_point started = Clock::now();
};

class SignalQueue {
 public:
  SignalQueue() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, &before_);
    descriptor_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  }
  ~SignalQueue() {
    close(descriptor_);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;
  int descriptor() const { return descriptor_; }
  // 0: none has come.
  int next() {
    signalfd_siginfo info{};
    return read(descriptor_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  sigset_t before_;
  int descriptor_;
};

class Supervisor {
 public:
  Supervisor(const SupervisorOptions& options, const StagingFolder& run_folder, NotifySocket notify, Console& console)
      : run_folder_(run_folder.path()),
        console_(console),
        crashes_(options.state_folder, run_folder_, console),
        notify_(std::move(notify)),
        generations_(run_folder_) {
    if (options.config_from_input) keep_input();
  }
  ~Supervisor() {
    if (input_ >= 0) close(input_);
  }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  ExitCode run() {
    if (!start(next_job(false))) return ExitCode::Failed;
    while (!result_) {
      std::array<pollfd, 2> all{{{signals_.descriptor(), POLLIN, 0}, {notify_.descriptor(), POLLIN, 0}}};
      poll(all.data(), all.size(), static_cast<int>(wait_time().count()));
      hear_workers();
      for (int signal = signals_.next(); signal != 0; signal = signals_.next()) take(signal);
      bury();
      beat();
      if (next_start_ && Clock::now() >= *next_start_ && !result_) {
        next_start_.reset();
        if (!start(std::move(next_))) result_ = ExitCode::Failed;
      }
    }
    return *result_;
  }

 private:
  void keep_input() {
    const auto text = read_stream(std::cin);
    input_ = memfd_create("shunt-config", MFD_CLOEXEC);
    if (!text || input_ < 0) return;
    process::write_whole(input_, *text);  // a worker that reads less complains about what it reads
  }

  WorkerJob next_job(bool lost) {
    WorkerJob job;
    job.parent = getpid();
    job.number = ++workers_started_;
    job.run_folder = run_folder_.string();
    job.state_folder = crashes_.folder().string();
    job.announce = !announced_;
    job.restarts = restarts_;
    job.generations_before = generations_used_;
    job.quarantined = crashes_.unwritten();
    if (lost) job.lost_ns = std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
    if (const auto kept = last_good()) {
      job.restore = true;
      job.generation = *kept;
    }
    return job;
  }

  // The newest generation without a library that has been put into quarantine, or an older one where workers with that one do not
  // get as far as to serve. Where each has one in quarantine, the newest: it will be built without it.
  std::optional<std::uint64_t> last_good() {
    const auto kept = generations_.read();
    if (kept.empty()) return std::nullopt;
    std::set<std::string> bad;
    for (const QuarantinedLibrary& library : crashes_.quarantined()) bad.insert(library.sha256);
    int tried = failed_starts_ / kStartsOfOne;
    std::optional<std::uint64_t> oldest;
    for (const KeptGeneration& generation : kept) {
      if (std::ranges::any_of(generation.libraries, [&](const auto& library) { return bad.contains(library.sha256); }))
        continue;
      oldest = generation.number;
      if (tried-- == 0) break;
    }
    return oldest ? *oldest : kept.front().number;
  }

  bool start(WorkerJob job) {
    auto page = SharedWorkerPage::create();
    if (!page) return complain(page.error());
    auto worker = std::make_unique<Worker>(std::move(*page));
    job.page = worker->page.descriptor();
    worker->job = std::move(job);
    const auto process = start_worker({worker->job, notify_.name(), shelf_.all(), input_});
    if (!process) return complain(process.error());
    worker->process = *process;
    workers_.push_back(std::move(worker));
    return true;
  }

  bool complain(const Error& error) {
    console_.error(error.code, error.message);
    return false;
  }

  Worker* find(pid_t process) {
    const auto found = std::ranges::find_if(workers_, [&](const auto& worker) { return worker->process == process; });
    return found == workers_.end() ? nullptr : found->get();
  }

  void hear_workers() {
    const auto ours = [this](pid_t sender) { return find(sender) != nullptr; };
    while (const auto notice = notify_.receive(shelf_, ours)) {
      Worker& worker = *find(notice->sender);
      if (notice->state == "READY=1") {
        if (std::exchange(worker.reloading, false)) tell_manager(notice->state);
        is_ready(worker);
      } else if (notice->state.starts_with("RELOADING=1") && worker.ready && !worker.told_to_end) {
        worker.reloading = true;
        tell_manager(notice->state);
      } else if (notice->state == kFreshWorkerWanted) {
        if (&worker == workers_.back().get()) hand_over_when_ready(worker);
      } else if (notice->state == "STOPPING=1") {
        if (ending_) tell_manager(notice->state);
      } else if (notice->state == "WATCHDOG=1") {
        if (&worker == workers_.back().get()) tell_manager(notice->state);
      }
    }
  }

  // It says so again after each reload.
  void is_ready(Worker& worker) {
    if (std::exchange(worker.ready, true) || worker.told_to_end) return;
    failed_starts_ = 0;
    announced_ = true;
    if (!manager_told_) manager_told_ = tell_manager("READY=1");
    if (worker.job.lost_ns != 0) {
      const auto gap = Clock::now().time_since_epoch() - std::chrono::nanoseconds(worker.job.lost_ns);
      console_.message("worker " + std::to_string(worker.job.number) + " serves, " +
                       std::to_string(std::chrono::duration_cast<milliseconds>(gap).count()) +
                       " ms after the one before was lost");
    }
    for (const auto& other : workers_) {
      if (other.get() != &worker && !other->told_to_end) tell_to_end(*other, SIGUSR2);
    }
    if (worker.replace_when_ready && &worker == workers_.back().get()) hand_over();
  }

  bool tell_manager(const std::string& state) {
    const bool told = manager_.notify(state);
    if (!told && !complained_) {
      console_.message("the service manager could not be told that the host is ready; trying again");
      complained_ = true;
    }
    last_beat_ = Clock::now();
    return told;
  }

  // A worker that starts says nothing yet, and the manager must not lose its patience over that.
  void beat() {
    if (!manager_told_ && announced_) manager_told_ = tell_manager("READY=1");
    if (!manager_told_ || !manager_.watchdog() || Clock::now() - last_beat_ < *manager_.watchdog() / 3) return;
    const bool starting = workers_.empty() ? next_start_.has_value() : !workers_.back()->ready;
    if (starting) tell_manager("WATCHDOG=1");
  }

  milliseconds wait_time() const {
    milliseconds time = kTick;
    if (manager_.watchdog()) time = std::min(time, std::chrono::ceil<milliseconds>(*manager_.watchdog() / 3));
    if (next_start_) time = std::min(time, std::chrono::ceil<milliseconds>(*next_start_ - Clock::now()));
    return std::max(time, milliseconds(0));
  }

  void tell_to_end(Worker& worker, int signal) {
    worker.told_to_end = true;
    kill(worker.process, signal);
  }

  void take(int signal) {
    switch (signal) {
      case SIGTERM:
      case SIGINT:
        // One that is not up yet does not listen to signals; the second time nobody waits for it.
        for (const auto& worker : workers_) {
          tell_to_end(*worker, ending_ && !worker->ready ? SIGKILL : signal);
        }
        if (workers_.empty()) result_ = ExitCode::Ok;
        next_start_.reset();
        ending_ = true;
        break;
      case SIGUSR2: workers_.size() == 1 ? hand_over_when_ready(*workers_.front()) : hand_over(); break;
      case SIGHUP:
        if (!workers_.empty()) kill(workers_.back()->process, SIGHUP);
        break;
      default: break;
    }
  }

  // A worker serves a moment before it says so: it was seen, and somebody wants another one.
  void hand_over_when_ready(Worker& worker) {
    if (worker.ready || ending_) return hand_over();
    worker.replace_when_ready = true;
  }

  // The old one goes when the new one says that it is ready.
  void hand_over() {
    const char* refusal = nullptr;
    if (ending_) {
      refusal = "the host is ending";
    } else if (workers_.empty() || !workers_.back()->ready || workers_.back()->told_to_end) {
      refusal = "one is on its way already";
    } else if (workers_.size() >= kMostWorkers) {
      refusal = "too many before it still have requests to finish";
    }
    if (refusal != nullptr) return console_.message(std::string("a fresh worker is not started now: ") + refusal);
    Worker& serving = *workers_.back();
    note_numbers(serving);
    ++restarts_[5];
    // What it replaces from now on would be lost.
    serving.page->frozen.store(1, std::memory_order_release);
    if (start(next_job(false))) return;
    serving.page->frozen.store(0, std::memory_order_release);
    console_.message("the worker stays as it is");
  }

  void note_numbers(const Worker& worker) {
    generations_used_ = std::max(generations_used_, worker.page->marks.newest_generation.load());
  }

  void bury() {
    int status = 0;
    for (pid_t process = 0; (process = waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto found = std::ranges::find_if(workers_, [&](const auto& worker) { return worker->process == process; });
      if (found == workers_.end()) continue;
      hear_workers();
      const std::unique_ptr<Worker> worker = std::move(*found);
      workers_.erase(found);
      note_numbers(*worker);
      has_ended(*worker, status);
    }
  }

  void has_ended(const Worker& worker, int status) {
    const bool orderly = WIFEXITED(status) && worker.page->end.kind.load() == EndKind::Orderly;
    // It did not listen to signals yet, so the one that told it to end has ended it.
    const bool called_off = worker.told_to_end && !worker.ready && WIFSIGNALED(status) &&
                            std::ranges::find(kEndingSignals, WTERMSIG(status)) != kEndingSignals.end();
    if ((orderly && worker.told_to_end) || called_off) {
      if (orderly && WEXITSTATUS(status) != 0) end_ = static_cast<ExitCode>(WEXITSTATUS(status));
      if (workers_.empty() && ending_) result_ = end_;
      if (!ending_ && !somebody_serves()) start_soon(next_job(true), milliseconds(0));
      return;
    }
    // It could not start and has said why; nothing will be better the next time.
    if (orderly && !worker.ready && workers_.empty() && !announced_) {
      result_ = static_cast<ExitCode>(WEXITSTATUS(status));
      return;
    }
    lost(worker, status);
  }

  void lost(const Worker& worker, int status) {
    CrashReport report = examine(*worker.page, status);
    report.worker = worker.job.number;
    report.process = worker.process;
    // One that runs in spite of its quarantine, because nothing does without it, is a loss like any other.
    const bool kept_out =
        crashes_.keep(report, *worker.page, run_folder_ / ("inputs-" + std::to_string(worker.job.number)));
    const auto cause = std::ranges::find(kRestartCauses, to_string(report.cause));
    ++restarts_[static_cast<std::size_t>(cause - kRestartCauses.begin())];
    if (ending_) {
      if (workers_.empty()) result_ = ExitCode::Failed;
      return;
    }
    if (somebody_serves()) {
      // The old one goes on, and may change again, where its successor was lost before it served.
      for (const auto& other : workers_) other->page->frozen.store(0, std::memory_order_release);
      return;
    }
    if (!worker.ready && !kept_out && ++failed_starts_ >= kMostFailedStarts) {
      console_.message(std::to_string(failed_starts_) + " workers in a row were lost before they served");
      result_ = ExitCode::Failed;
      return;
    }
    const bool steady = kept_out || (worker.ready && Clock::now() - worker.started > kSteady);
    pause_ = steady ? milliseconds(0) : pause_ == milliseconds(0) ? kFirstPause : std::min(pause_ * 2, kLongestPause);
    // The first time at once: most of what kills a worker from outside happens once.
    start_soon(next_job(true), pause_ == kFirstPause ? milliseconds(0) : pause_);
  }

  // Or is about to: whoever was told to end takes no connection any more.
  bool somebody_serves() const {
    return next_start_ || std::ranges::any_of(workers_, [](const auto& worker) { return !worker->told_to_end; });
  }

  void start_soon(WorkerJob job, milliseconds pause) {
    next_ = std::move(job);
    next_start_ = Clock::now() + pause;
  }

  const std::filesystem::path run_folder_;
  Console& console_;
  SignalQueue signals_;
  CrashKeeper crashes_;
  NotifySocket notify_;
  GenerationStore generations_;
  ServiceManager manager_ = ServiceManager::of_process();
  SocketShelf shelf_;
  std::vector<std::unique_ptr<Worker>> workers_;  // the newest one last; two while one hands over
  WorkerJob next_;
  std::optional<Clock::time_point> next_start_;
  std::optional<ExitCode> result_;
  ExitCode end_ = ExitCode::Ok;  // of workers that were told to end
  std::array<std::uint64_t, 6> restarts_{};
  Clock::time_point last_beat_ = Clock::now();
  milliseconds pause_{0};
  std::uint64_t generations_used_ = 0;
  int workers_started_ = 0;
  int failed_starts_ = 0;
  int input_ = -1;
  bool announced_ = false;
  bool ending_ = false;
  bool manager_told_ = false;
  bool complained_ = false;
};

}  // namespace

ExitCode supervise(const SupervisorOptions& options, Console& console) {
  const StagingFolder run_folder;
  if (!run_folder.made(console)) return ExitCode::Failed;
  auto notify = NotifySocket::open();
  if (!notify) {
    console.error(notify.error().code, notify.error().message);
    return ExitCode::Failed;
  }
  return Supervisor(options, run_folder, std::move(*notify), console).run();
}

}  // namespace shunt::host
