// SPDX-License-Identifier: Apache-2.0
#include "contain/supervised_worker.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "contain/crash_handler.hpp"
#include "contain/kept_sockets.hpp"

namespace shunt::host {

bool SupervisedWorker::is_one() { return std::getenv(kWorkerVariable) != nullptr; }

std::unique_ptr<SupervisedWorker> SupervisedWorker::begin() {
  const char* text = std::getenv(kWorkerVariable);
  if (text == nullptr) return nullptr;
  auto job = WorkerJob::from_text(text);
  unsetenv(kWorkerVariable);
  if (!job) throw std::runtime_error("a supervisor has said something that is not understood");
  // Nobody would restart it, or hold its sockets, without the supervisor.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != job->parent) throw std::runtime_error("the supervisor is gone");
  auto shared = SharedWorkerPage::open(job->page);
  if (!shared) throw std::runtime_error(shared.error().message);
  WorkerPage& page = std::move(*shared).keep_for_good();
  use_call_mark_page(page.marks);
  start_generations_behind(job->generations_before);
  install_crash_handler(&page);
  receive_kept_sockets();
  return std::unique_ptr<SupervisedWorker>(new SupervisedWorker(std::move(*job), page));
}

SupervisedWorker::SupervisedWorker(WorkerJob job, WorkerPage& page)
    : job_(std::move(job)),
      page_(page),
      generations_(job_.run_folder),
      watch_(page_, std::filesystem::path(job_.run_folder) / ("inputs-" + std::to_string(job_.number))) {
  if (!job_.restore) return;
  for (KeptGeneration& kept : generations_.read()) {
    if (kept.number == job_.generation && !restored_) restored_ = std::move(kept);
  }
}

void SupervisedWorker::set_log(const LogSettings& settings) {
  page_.log_json = settings.json ? 1 : 0;
  const std::string file = settings.file.string();
  const std::size_t length = std::min(file.size(), sizeof page_.log_file - 1);
  std::copy_n(file.data(), length, page_.log_file);
  page_.log_file[length] = '\0';
  page_.log_known.store(1, std::memory_order_release);
}

Result<void> SupervisedWorker::is_good(const Generation& generation, const std::filesystem::path& config_folder,
                                       std::span<const LeftOutPlugin> left_out) const {
  try {
    return generations_.add(generation, config_folder, left_out);
  } catch (const std::exception& failed) {  // names that the file system library cannot handle
    return Error{ErrorKind::Operation, "E361", std::string("a generation could not be kept: ") + failed.what()};
  }
}

bool SupervisedWorker::orphaned() const { return getppid() != job_.parent; }

void SupervisedWorker::serving() {
  drop_other_kept_sockets();
  watch_for_exit();
  if (job_.lost_ns == 0) return;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const std::chrono::duration<double> gap = now - std::chrono::nanoseconds(job_.lost_ns);
  seconds_without_service_ = gap.count();
}

void SupervisedWorker::ends_orderly(ExitCode code) const {
  EndKind before = EndKind::None;
  page_.end.status = static_cast<int>(code);
  if (page_.end.kind.compare_exchange_strong(before, EndKind::Orderly)) page_.end.complete.store(1);
}

}  // namespace shunt::host
