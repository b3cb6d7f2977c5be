// SPDX-License-Identifier: Apache-2.0
#include "data/helper_thread.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

namespace shunt::host {

HelperThread::HelperThread(const char* name) : thread_([this](const std::stop_token& stop) { run(stop); }) {
  pthread_setname_np(thread_.native_handle(), name);
}

HelperThread::~HelperThread() {
  thread_.request_stop();
  thread_.join();
}

void HelperThread::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void HelperThread::run(const std::stop_token& stop) {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return !work_.empty(); });
      if (stop.stop_requested()) return;
      work = std::move(work_.front());
      work_.pop_front();
    }
    try {
      work();
    } catch (const std::exception& error) {  // memory is out; the next one may have better luck
      spdlog::error("endpoints: {}", error.what());
    }
  }
}

}  // namespace shunt::host
