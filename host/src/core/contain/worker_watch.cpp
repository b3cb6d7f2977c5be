// SPDX-License-Identifier: Apache-2.0
#include "contain/worker_watch.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <shunt/framework/json_text.hpp>
#include <shunt/framework/running_decision.hpp>

#include <algorithm>
#include <climits>
#include <csignal>
#include <ctime>
#include <fstream>
#include <string>

#include "contain/crash_handler.hpp"
#include "file_io.hpp"

namespace shunt::host {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::int64_t kLooksPerLimit = 10;
constexpr milliseconds kShortestTick{5};
constexpr milliseconds kLongestTick{100};
// A thread that is told to abort may have blocked that signal.
constexpr milliseconds kPatience{300};

// Time that a thread was ready to run and had no processor; 0 where the kernel does not say.
std::uint64_t time_waited(std::int32_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/schedstat");
  std::uint64_t ran = 0;
  std::uint64_t waited = 0;
  return file >> ran >> waited ? waited : 0;
}

void sleep_on(std::atomic<std::uint32_t>& word, nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec limit{static_cast<time_t>(seconds.count()), static_cast<long>((time - seconds).count())};
  syscall(SYS_futex, &word, FUTEX_WAIT, 0, &limit, nullptr, 0);
}

}  // namespace

WorkerWatch::WorkerWatch(WorkerPage& page, std::filesystem::path folder) : page_(page), folder_(std::move(folder)) {
  set_limits(LimitsConfig());
  thread_ = std::thread([this] { run(); });
}

WorkerWatch::~WorkerWatch() {
  stopping_.store(true);
  syscall(SYS_futex, &page_.witness, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  thread_.join();
}

void WorkerWatch::set_limits(const LimitsConfig& limits) {
  hang_ms_.store(limits.plugin_hang_milliseconds);
  control_ms_.store(std::max(limits.control_hang_milliseconds, limits.plugin_hang_milliseconds));
}

void WorkerWatch::run() {
  Clock::time_point last = Clock::now();
  while (!stopping_.load()) {
    const milliseconds tick = std::clamp(milliseconds(hang_ms_.load() / kLooksPerLimit), kShortestTick, kLongestTick);
    sleep_on(page_.witness, tick);
    if (page_.witness.load(std::memory_order_acquire) == 1) {
      const std::uint32_t index = page_.witness_thread.load(std::memory_order_relaxed);
      if (index < CallMarkPage::kThreads) write_inputs(page_.marks.thread[index]);
      page_.witness.store(2, std::memory_order_release);
      syscall(SYS_futex, &page_.witness, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
      return;  // the thread that has called is about to end the process
    }
    const Clock::time_point now = Clock::now();
    // While the process was stopped, or this machine was suspended or too busy for this thread, nobody can say that a call hung.
    look(std::min<nanoseconds>(now - last, tick * 2));
    last = now;
  }
}

void WorkerWatch::look(nanoseconds passed) {
  for (std::size_t i = 0; i < CallMarkPage::kThreads - 1; ++i) {
    const MarkedThread& thread = page_.marks.thread[i];
    Seen& seen = seen_[i];
    const MarkedCall call{thread.call.load(std::memory_order_relaxed)};
    if (!call.running()) {
      seen.word = 0;
      continue;
    }
    const std::int32_t number = thread.thread.load(std::memory_order_relaxed);
    if (call.word != seen.word) {
      seen = {call.word, nanoseconds(0), time_waited(number)};
      continue;
    }
    seen.time += passed;
    const milliseconds limit(is_control(call.function()) ? control_ms_.load() : hang_ms_.load());
    if (seen.time < limit) continue;
    const nanoseconds starved(static_cast<std::int64_t>(time_waited(number) - seen.waited_ns));
    if (seen.time - starved >= limit) end(thread);
  }
}

void WorkerWatch::end(const MarkedThread& thread) {
  if (begin_end_note(page_, EndKind::Hang, &thread)) {
    page_.end.signal = SIGABRT;
    end_note_written(page_);
    write_inputs(thread);
  }
  // In the guilty thread, so that a core file shows where it was.
  const bool told = syscall(SYS_tgkill, getpid(), thread.thread.load(), SIGABRT) == 0;
  const timespec patience{0, nanoseconds(kPatience).count()};
  if (told) nanosleep(&patience, nullptr);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Whatever goes wrong here, the end of the process goes on.
void WorkerWatch::write_inputs(const MarkedThread& thread) noexcept {
  try {
    const boost::json::object asked = running_decision(thread);
    if (asked.empty()) return;
    std::error_code failed;
    std::filesystem::create_directories(folder_, failed);
    const auto write = [&](const char* name, std::string_view key) {
      (void)write_file(folder_ / name, json_text(asked.at(key)) + "\n");
    };
    write("config.json", "config");
    write("endpoints.json", "endpoints");
    write("requests.jsonl", "request");
    boost::json::object rest = asked;
    for (const char* key : {"config", "endpoints", "request"}) rest.erase(key);
    (void)write_file(folder_ / "options.json", json_text(rest) + "\n");
  } catch (...) {
  }
}

}  // namespace shunt::host
