// SPDX-License-Identifier: Apache-2.0
// worker_watch.hpp: the thread of a worker that sees calls which never return, and writes down what a lost decision was about.
//
//   WorkerWatch watch(page, folder);
//   watch.set_limits(config.limits);
#pragma once

#include <shunt/framework/config.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <thread>

#include "contain/worker_page.hpp"

namespace shunt::host {

class WorkerWatch {
 public:
  // Both outlive it. Inputs of a lost decision become files in `folder`, which is made when it is needed.
  WorkerWatch(WorkerPage& page, std::filesystem::path folder);
  ~WorkerWatch();
  WorkerWatch(const WorkerWatch&) = delete;
  WorkerWatch& operator=(const WorkerWatch&) = delete;

  void set_limits(const LimitsConfig& limits);

 private:
  // A call that was seen at the last look too.
  struct Seen {
    std::uint64_t word = 0;
    std::chrono::nanoseconds time{0};  // for how long, as far as this thread was there to see it
    std::uint64_t waited_ns = 0;       // for a processor, when it was seen first
  };

  void run();
  void look(std::chrono::nanoseconds passed);
  [[noreturn]] void end(const MarkedThread& thread);
  void write_inputs(const MarkedThread& thread) noexcept;

  WorkerPage& page_;
  const std::filesystem::path folder_;
  std::atomic<std::int64_t> hang_ms_;
  std::atomic<std::int64_t> control_ms_;
  std::atomic<bool> stopping_{false};
  std::array<Seen, CallMarkPage::kThreads> seen_{};
  std::thread thread_;
};

}  // namespace shunt::host
