// SPDX-License-Identifier: Apache-2.0
// helper_thread.hpp: does what would block, one thing after the other, away from the thread that must not wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace shunt::host {

class HelperThread {
 public:
  // At most 15 characters of the name are seen by debuggers.
  explicit HelperThread(const char* name);
  // What has not begun is dropped; waits for what has.
  ~HelperThread();
  HelperThread(const HelperThread&) = delete;
  HelperThread& operator=(const HelperThread&) = delete;

  // Any thread.
  void post(std::function<void()> work);

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::function<void()>> work_;
  std::jthread thread_;
};

}  // namespace shunt::host
