// SPDX-License-Identifier: Apache-2.0
// own_time.hpp: how long another process has been at work or asleep, which is its own doing; how long it waited for a processor
// is the doing of the machine.
//
//   OwnTime time(process);
//   while (time.look() < limit) wait_a_little();
#pragma once

#include <sys/types.h>
#include <time.h>

#include <chrono>

namespace shunt::process {

class OwnTime {
 public:
  using Time = std::chrono::nanoseconds;

  explicit OwnTime(pid_t process);
  // From the beginning until now. Taken together from what each look finds: the more often, the better.
  Time look();

  // Of what passed between two looks: all of it, unless a thread is ready to run, which is as good as its processor time.
  static Time counted(Time passed, Time used, bool is_ready);

 private:
  Time used() const;
  bool is_ready() const;

  pid_t process_;
  clockid_t processor_time_ = 0;
  bool has_processor_time_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
  Time used_{0};
  Time all_{0};
};

}  // namespace shunt::process
