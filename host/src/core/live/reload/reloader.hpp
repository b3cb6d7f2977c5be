// SPDX-License-Identifier: Apache-2.0
// reloader.hpp: replaces what a running host decides with: builds a whole new generation beside the running one and exchanges
// the two, or changes nothing at all.
//
//   Reloader reloader(host, {.config = "router.jsonc"}, workspace);
//   reloader.start();
//   reloader.reload({ReloadCause::Signal}, [](const ReloadReport& report) { tell(report); });
#pragma once

#include <shunt/framework/generation.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "live/canary/canary_trial.hpp"
#include "live/reload/candidate.hpp"
#include "live/reload/reload_report.hpp"
#include "workspace.hpp"

namespace shunt::host {

class LiveHost;
class ConfigWatch;

struct ReloadRequest {
  ReloadCause cause = ReloadCause::Api;
  bool dry_run = false;
  bool in_fresh_worker = false;  // another process is about to take over with it
  // What this reload wants otherwise than the config that it reads.
  std::function<void(CanarySettings&)> adjust_canary = {};
};

// Reloads happen one after the other, on a thread of their own: a plugin's create() may take its time.
class Reloader {
 public:
  using Done = std::function<void(const ReloadReport&)>;

  // `workspace` is what `host` was started with. The host outlives the reloader.
  Reloader(LiveHost& host, ReloadSource source, std::shared_ptr<const Workspace> workspace);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  void start();
  // Ends the thread: a rehearsal under way is called off, and what waits is dropped without an answer.
  void stop();

  // `done` is called on the reloader's thread. Those of one cause that have not begun yet become one. Any thread.
  void reload(ReloadRequest request, Done done = {});
  // Makes the generation that was replaced last the current one again, with the instances that it had. Does not wait for reloads:
  // what is still being rehearsed is called off. While a canary is out it ends that one, and nothing else. Back::Canary does so or is
  // refused, and calls nothing off where none is out.
  enum class Back : std::uint8_t { Any, Canary };
  void rollback(bool dry_run, Back back, Done done = {});
  // Makes the canary the current generation, whatever is known about it.
  void promote(bool dry_run, Done done = {});
  // To be called a few times a second, by one thread: whether the canary goes on, takes over or goes. One that goes gets no more
  // requests from then on; the rest happens on the reloader's thread.
  void look_at_canary();
  // That is out, with what is known about it. Any thread.
  std::optional<CanaryReport> canary() const;

  // The last ones, newest first. Any thread.
  std::vector<ReloadReport> reports() const;
  // Since the start, by cause and result; dry runs are not counted. Any thread.
  std::uint64_t count(ReloadCause cause, ReloadResult result) const;
  std::int64_t last_duration_ns() const { return last_duration_ns_.load(std::memory_order_relaxed); }
  // Distinct contents, those of libraries that are no longer used among them. Any thread.
  std::size_t mapped_libraries() const { return mapped_.load(std::memory_order_relaxed); }
  // Number of the generation that rollback() would bring back; 0: none. Any thread.
  std::uint64_t rollback_target() const { return rollback_target_.load(std::memory_order_relaxed); }

  // Called on the reloader's thread with each config that has been published. What it complains about is a warning of the report.
  // Before start().
  void on_published(std::function<Result<void>(const Workspace&)> hear) { hear_published_ = std::move(hear); }
  // Has it called with the one that runs. Any thread.
  void tell_of_current();
  // Before start(): while it answers true nothing is replaced.
  void frozen_while(std::function<bool()> frozen) { frozen_ = std::move(frozen); }

 private:
  enum class Action : std::uint8_t { Reload, Rollback, Promote, EndCanary };
  struct Job {
    ReloadRequest request;
    std::vector<Done> done;
    Action action = Action::Reload;
    // Of EndCanary, with what was found out about it; of Rollback the one that was out when it was asked for.
    std::shared_ptr<CanaryTrial> trial = nullptr;
    CanaryJudgement judgement = {};
    Back back = Back::Any;  // of Rollback
  };

  // reloader.cpp
  void run();
  void work();
  void put_first(Job job);
  void act(const Job& job, ReloadReport& report);
  ReloadReport begin_report(const ReloadRequest& request) const;
  bool is_frozen(ReloadReport& report) const;
  void reload_now(const ReloadRequest& request, ReloadReport& report);
  void rollback_now(const Job& job, ReloadReport& report);
  void put_in_force(const Candidate& candidate, const CanarySettings& canary, ReloadReport& report);
  bool hand_state_over(const Workspace& candidate, ReloadReport& report);
  void publish(std::shared_ptr<const Workspace> next, ReloadReport& report);
  void finish(ReloadReport report, const std::vector<Done>& done);
  void follow_files(bool try_again);

  // reloader_canary.cpp
  std::shared_ptr<CanaryTrial> trial() const;
  void set_trial(std::shared_ptr<CanaryTrial> trial);
  void begin_canary(const std::shared_ptr<Workspace>& candidate, const CanarySettings& settings, ReloadReport& report);
  void promote_now(ReloadReport& report);
  void end_canary_now(const Job& job, ReloadReport& report);
  void end_canary(ReloadResult result, std::vector<CanaryFinding> findings, ReloadReport& report);
  void supersede_canary(ReloadCause cause);

  LiveHost& host_;
  const ReloadSource source_;
  std::shared_ptr<const Workspace> current_;
  std::shared_ptr<const Workspace> previous_;  // for rollback()
  mutable std::mutex trial_mutex_;
  std::shared_ptr<CanaryTrial> trial_;      // set by the reloader's thread only
  std::atomic<bool> ending_canary_{false};  // an EndCanary is on its way
  std::function<Result<void>(const Workspace&)> hear_published_;
  std::function<bool()> frozen_;
  std::atomic<bool> called_off_{false};
  std::atomic<bool> stopping_{false};
  std::uint64_t reloads_ = 0;
  std::atomic<std::uint64_t> rollback_target_{0};
  std::atomic<std::int64_t> last_duration_ns_{0};
  std::atomic<std::size_t> mapped_{0};
  std::array<std::array<std::atomic<std::uint64_t>, kReloadResults>, kReloadCauses> counts_{};
  std::mutex waiting_mutex_;
  std::deque<Job> waiting_;  // not in context_, which keeps what it has not run beyond stop()
  mutable std::mutex reports_mutex_;
  std::deque<ReloadReport> reports_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::unique_ptr<ConfigWatch> watch_;
  std::thread thread_;
};

}  // namespace shunt::host
