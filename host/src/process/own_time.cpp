// SPDX-License-Identifier: Apache-2.0
#include "process/own_time.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace shunt::process {

OwnTime::OwnTime(pid_t process)
    : process_(process), has_processor_time_(clock_getcpuclockid(process, &processor_time_) == 0) {
  used_ = used();
}

OwnTime::Time OwnTime::look() {
  const auto now = std::chrono::steady_clock::now();
  const Time used_until_now = used();
  // Without a clock of the process all time is its own.
  all_ += counted(now - looked_, used_until_now - used_, has_processor_time_ && is_ready());
  looked_ = now;
  used_ = used_until_now;
  return all_;
}

OwnTime::Time OwnTime::counted(Time passed, Time used, bool is_ready) {
  return is_ready ? std::clamp(used, Time(0), passed) : passed;
}

OwnTime::Time OwnTime::used() const {
  timespec time{};
  if (!has_processor_time_ || clock_gettime(processor_time_, &time) != 0) return used_;
  return std::chrono::seconds(time.tv_sec) + Time(time.tv_nsec);
}

// 'R' is what runs and what would.
bool OwnTime::is_ready() const {
  std::error_code gone;
  const std::filesystem::path threads = "/proc/" + std::to_string(process_) + "/task";
  for (std::filesystem::directory_iterator thread(threads, gone), end; !gone && thread != end; thread.increment(gone)) {
    std::ifstream file(thread->path() / "stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = text.rfind(')');
    if (name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] == 'R') return true;
  }
  return false;
}

}  // namespace shunt::process
