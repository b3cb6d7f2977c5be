// SPDX-License-Identifier: Apache-2.0
// supervised_worker.hpp: this process, where a supervisor has started it to do the work: what it was told, and what it reports.
//
//   auto worker = SupervisedWorker::begin();        // nullptr: nobody supervises
//   if (worker && worker->restored()) ...           // start with that generation instead of the config file
//   worker->is_good(*generation, config_folder, workspace.left_out());   // each time that one is published
#pragma once

#include <shunt/framework/error.hpp>
#include <shunt/framework/generation.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "contain/generation_store.hpp"
#include "contain/worker_job.hpp"
#include "contain/worker_watch.hpp"
#include "exit_code.hpp"
#include "settings/log_settings.hpp"

namespace shunt::host {

class SupervisedWorker {
 public:
  // True in a process that a supervisor has started, until begin().
  static bool is_one();
  // Before anything of a plugin runs, and with the signals blocked that no thread but the main one shall take.
  static std::unique_ptr<SupervisedWorker> begin();

  const WorkerJob& job() const { return job_; }
  // What to start with; nothing: the config file.
  const std::optional<KeptGeneration>& restored() const { return restored_; }

  void set_limits(const LimitsConfig& limits) { watch_.set_limits(limits); }
  void set_log(const LogSettings& settings);
  // It has been published and decides: the one to come back to when a later one turns out to be bad. `config_folder`: what
  // relative names in its config count from; `left_out`: instances of its config that it does not have. After each publish; any
  // thread, one at a time.
  Result<void> is_good(const Generation& generation, const std::filesystem::path& config_folder,
                       std::span<const LeftOutPlugin> left_out) const;
  // True when the supervisor has ended without this worker.
  bool orphaned() const;
  // True while another worker is about to take over.
  bool frozen() const { return page_.frozen.load(std::memory_order_acquire) != 0; }
  // The config that the host was started with; the first worker tells it when it serves.
  Result<void> keep_start(const NamedText& config) const { return generations_.keep_start(config); }
  std::optional<NamedText> start() const { return generations_.start(); }
  // Everything is up: connections are taken.
  void serving();
  // From the loss of the worker before until this one served; empty where none was lost.
  std::optional<double> seconds_without_service() const { return seconds_without_service_; }
  // The last thing that it does.
  void ends_orderly(ExitCode code) const;

 private:
  SupervisedWorker(WorkerJob job, WorkerPage& page);

  WorkerJob job_;
  WorkerPage& page_;
  GenerationStore generations_;
  std::optional<KeptGeneration> restored_;
  std::optional<double> seconds_without_service_;
  WorkerWatch watch_;
};

}  // namespace shunt::host
