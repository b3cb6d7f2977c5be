// SPDX-License-Identifier: Apache-2.0
#include "process/own_time.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

#include "process/child_process.hpp"

namespace shunt::process {
namespace {

using std::chrono::milliseconds;

TEST(OwnTime, IsAllButWaitingForAProcessor) {
  EXPECT_EQ(OwnTime::counted(milliseconds(20), milliseconds(0), false), milliseconds(20)) << "asleep";
  EXPECT_EQ(OwnTime::counted(milliseconds(20), milliseconds(3), true), milliseconds(3)) << "kept waiting";
  EXPECT_EQ(OwnTime::counted(milliseconds(20), milliseconds(20), true), milliseconds(20)) << "at work";
  EXPECT_EQ(OwnTime::counted(milliseconds(20), milliseconds(70), true), milliseconds(20))
      << "at work with many threads";
}

// One processor, and many who want it: what is run on it comes to a small part of the time that passes.
class CrowdedProcessor {
 public:
  CrowdedProcessor() {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_COUNT(&one) == 0 && CPU_ISSET(cpu, &before_)) CPU_SET(cpu, &one);
    }
    sched_setaffinity(0, sizeof one, &one);
    for (pid_t& other : others_) {
      other = fork();
      if (other != 0) continue;
      volatile int zero = 0;
      while (zero == 0) {
      }
    }
    sched_setaffinity(0, sizeof before_, &before_);  // whoever looks must not wait
  }
  ~CrowdedProcessor() {
    for (const pid_t other : others_) kill(other, SIGKILL);
    for (const pid_t other : others_) waitpid(other, nullptr, 0);
  }
  static int number() {
    cpu_set_t all;
    sched_getaffinity(0, sizeof all, &all);
    int cpu = 0;
    while (!CPU_ISSET(static_cast<std::size_t>(cpu), &all)) ++cpu;
    return cpu;
  }

 private:
  cpu_set_t before_{};
  std::array<pid_t, 16> others_{};
};

ChildCommand on_processor(int number, const char* script) {
  return {.words = {"taskset", "-c", std::to_string(number), "sh", "-c", script},
          .time_limit = milliseconds(800),
          .limits_own_time = true};
}

TEST(OwnTime, AChildThatIsNotLetIsWaitedFor) {
  if (run_child({.words = {"taskset", "-V"}}).status != 0) GTEST_SKIP() << "taskset is not installed";
  const CrowdedProcessor crowded;
  const ChildOutcome outcome =
      run_child(on_processor(CrowdedProcessor::number(), "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done"));
  EXPECT_FALSE(outcome.timed_out) << outcome.milliseconds << " ms of the clock";
}

TEST(OwnTime, OneThatSleepsOrWorksForTooLongIsEnded) {
  for (const char* script : {"sleep 1000", "while :; do :; done"}) {
    const ChildOutcome outcome =
        run_child({.words = {"sh", "-c", script}, .time_limit = milliseconds(100), .limits_own_time = true});
    EXPECT_TRUE(outcome.timed_out) << script;
  }
}

}  // namespace
}  // namespace shunt::process
