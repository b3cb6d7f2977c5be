// SPDX-License-Identifier: Apache-2.0
// Running programs, with all that programs do to those who run them. Shells stand in for them.
#include "process/child_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "process/interruption.hpp"
#include "process/shell_word.hpp"

namespace shunt::process {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr double kLongMilliseconds = 20'000;

ChildCommand shell(const std::string& script) { return {.words = {"sh", "-c", script}}; }

// Of a process, as the kernel names it; 'Z' is dead and not collected yet.
char state_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t end = text.rfind(')');
  return end == std::string::npos || end + 2 >= text.size() ? 'Z' : text[end + 2];
}

// Somebody else collects it: until then it is there and dead.
bool ends(pid_t process) {
  for (int i = 0; i < 1000 && kill(process, 0) == 0 && state_of(process) != 'Z'; ++i) usleep(10'000);
  return kill(process, 0) != 0 || state_of(process) == 'Z';
}

TEST(ChildProcess, KeepsWhatIsSaidAndHowItEnds) {
  const ChildOutcome well = run_child(shell("echo one; echo two >&2"));
  EXPECT_TRUE(well.succeeded());
  EXPECT_EQ(well.output, "one\ntwo\n");
  const ChildOutcome failed = run_child(shell("exit 7"));
  EXPECT_TRUE(failed.exited);
  EXPECT_EQ(failed.status, 7);
  const ChildOutcome killed = run_child(shell("kill -SEGV $$"));
  EXPECT_FALSE(killed.exited);
  EXPECT_EQ(killed.status, SIGSEGV);
  EXPECT_FALSE(killed.timed_out);
  const ChildOutcome none = run_child({.words = {"no-such-program"}});
  EXPECT_FALSE(none.started);
  EXPECT_FALSE(none.succeeded());
  EXPECT_EQ(none.output, "no-such-program: No such file or directory");
}

TEST(ChildProcess, KeepsTheEndOfMuchOutput) {
  ChildCommand command = shell("yes | head -c 1000000; echo end");
  EXPECT_EQ(run_child(command).output.size(), 4096U);
  EXPECT_THAT(run_child(command).output, EndsWith("y\nend\n"));
  command.output_kept = 2'000'000;
  EXPECT_EQ(run_child(command).output.size(), 1'000'004U);
}

TEST(ChildProcess, RunsWhereItIsTold) {
  ChildCommand command = shell("pwd; echo $COLOUR; echo error >&2");
  command.folder = "/";
  command.environment = {{"COLOUR", "none"}};
  command.with_errors = false;
  setenv("COLOUR", "red", 1);
  EXPECT_EQ(run_child(command).output, "/\nnone\n");
  unsetenv("COLOUR");
  command.folder = "/dev/null";
  EXPECT_FALSE(run_child(command).started);
}

TEST(ChildProcess, TheJobArrivesOnItsDescriptor) {
  ChildCommand command = shell("cat <&3 >&4");
  command.job = std::string(100'000, 'x');
  EXPECT_EQ(run_child(command).log, command.job);
}

TEST(ChildProcess, WithoutAJobItHasTheThreeUsualDescriptorsOnly) {
  // What this process was started with itself is no matter of the runner.
  for (const int descriptor : {3, 4, 5}) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  EXPECT_EQ(run_child(shell("for n in 0 1 2 3 4 5; do [ -e /proc/$$/fd/$n ] && echo $n; done; true")).output,
            "0\n1\n2\n");
}

TEST(ChildProcess, WhoeverIsGoneAndKeepsThePipesOpenIsNotWaitedFor) {
  // A build that leaves a daemon: in a session of its own, so that the end of the group is not its end.
  const ChildOutcome outcome = run_child(shell("setsid sleep 60 & echo $!"));
  EXPECT_TRUE(outcome.succeeded());
  EXPECT_LT(outcome.milliseconds, kLongMilliseconds);
  const pid_t daemon = std::stoi(outcome.output);
  if (state_of(daemon) != 'Z') kill(daemon, SIGKILL);
}

TEST(ChildProcess, WhoeverWritesWithoutEndIsNotReadToTheEnd) {
  ChildCommand command = shell("setsid yes & exit 0");
  EXPECT_TRUE(run_child(command).succeeded());
  command = shell("yes");
  command.time_limit = std::chrono::milliseconds(300);
  EXPECT_TRUE(run_child(command).timed_out);
}

TEST(ChildProcess, WhatItLeavesRunningIsEnded) {
  const pid_t left = std::stoi(run_child(shell("sleep 1000 & echo $!")).output);
  EXPECT_TRUE(ends(left));
}

TEST(ChildProcess, ItsTimeIsLimited) {
  ChildCommand command = shell("echo begun; sleep 1000 & echo $!; wait");
  command.time_limit = std::chrono::milliseconds(300);
  const ChildOutcome outcome = run_child(command);
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.status, SIGKILL);
  EXPECT_THAT(outcome.output, HasSubstr("begun\n"));
  EXPECT_TRUE(ends(std::stoi(outcome.output.substr(6)))) << "with all that it started";
}

// What the next test runs: a process that is no longer in the group that it was started in.
TEST(ChildProcess, DISABLED_LeavesItsGroup) {
  if (setpgid(0, getpgid(getppid())) != 0) std::exit(1);
  std::puts("left");
  std::fflush(stdout);
  pause();
}

TEST(ChildProcess, AProcessThatLeftItsGroupIsEndedToo) {
  ChildCommand command{.words = {"/proc/self/exe", "--gtest_also_run_disabled_tests",
                                 "--gtest_filter=ChildProcess.DISABLED_LeavesItsGroup"}};
  command.time_limit = std::chrono::milliseconds(2'000);
  const ChildOutcome outcome = run_child(command);
  EXPECT_THAT(outcome.output, EndsWith("left\n"));
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.status, SIGKILL);
}

TEST(ChildProcess, SaysWhenItWaits) {
  int ticks = 0;
  // One that says something all the time is waited for just as well.
  ChildCommand command = shell("for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done");
  command.waiting = [&ticks] { ++ticks; };
  EXPECT_TRUE(run_child(command).succeeded());
  EXPECT_GE(ticks, 1);
}

TEST(ChildProcess, ABrokenPipeEndsItAsUsual) {
  // As in the program, which would otherwise hand this on: then "yes | head" never ends.
  const auto before = signal(SIGPIPE, SIG_IGN);
  const ChildOutcome outcome = run_child(shell("kill -PIPE $$; echo survived"));
  signal(SIGPIPE, before);
  EXPECT_FALSE(outcome.exited) << outcome.output;
  EXPECT_EQ(outcome.status, SIGPIPE);
}

// As in sandboxes that are older than the call.
void forbid_pidfd_open() {
  std::array<sock_filter, 4> rules{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_pidfd_open},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog program{rules.size(), rules.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 ||
      syscall(SYS_pidfd_open, getpid(), 0) != -1) {
    std::exit(77);
  }
}

TEST(ChildProcess, WorksWhereTheKernelDoesNotTellOfItsEnd) {
  const auto run_forbidden = [] {
    forbid_pidfd_open();
    // It ends, and its output does not.
    const ChildOutcome ended = run_child(shell("setsid sleep 60 & echo $!; exit 3"));
    kill(std::stoi(ended.output), SIGKILL);  // who runs this test waits for it
    ChildCommand hangs = shell("sleep 60");
    hangs.time_limit = std::chrono::milliseconds(200);
    const bool holds =
        ended.exited && ended.status == 3 && ended.milliseconds < kLongMilliseconds && run_child(hangs).timed_out;
    std::exit(holds ? 0 : 1);
  };
  EXPECT_EXIT(run_forbidden(), ::testing::ExitedWithCode(0), "");
}

struct Tidy {
  ~Tidy() { std::fputs("tidied up\n", stderr); }
};

TEST(Interruption, TidiesUpAndEndsWithTheSignal) {
  const auto interrupted = [](const char* signal) {
    const Interruption interruption;
    const Tidy tidy;
    try {
      run_child(shell(std::string("kill -") + signal + " $PPID; sleep 60"));
    } catch (const Interrupted&) {
      std::fputs("thrown\n", stderr);
    }
  };
  EXPECT_EXIT(interrupted("INT"), ::testing::KilledBySignal(SIGINT), "thrown\ntidied up\n");
  EXPECT_EXIT(interrupted("TERM"), ::testing::KilledBySignal(SIGTERM), "thrown\ntidied up\n");
  EXPECT_EXIT(interrupted("HUP"), ::testing::KilledBySignal(SIGHUP), "thrown\ntidied up\n");
}

TEST(Interruption, TheProcessThatIsWaitedForIsEndedBefore) {
  const std::string file = ::testing::TempDir() + "/shunt-interrupted-" + std::to_string(getpid());
  const auto interrupted = [&file] {
    const Interruption interruption;
    try {
      run_child(shell("sleep 1000 & echo $! > " + file + "; kill -INT $PPID; wait"));
    } catch (const Interrupted&) {
    }
  };
  EXPECT_EXIT(interrupted(), ::testing::KilledBySignal(SIGINT), "");
  pid_t left = 0;
  std::ifstream(file) >> left;
  std::remove(file.c_str());
  ASSERT_GT(left, 0);
  EXPECT_TRUE(ends(left));
}

TEST(Interruption, WhatIsIgnoredStaysIgnored) {
  // As under nohup.
  const auto before = signal(SIGHUP, SIG_IGN);
  {
    const Interruption interruption;
    EXPECT_TRUE(run_child(shell("kill -HUP $PPID")).succeeded());
  }
  signal(SIGHUP, before);
}

TEST(ShellWord, IsQuotedWhereItNeedsIt) {
  EXPECT_EQ(shell_word("build/my_scorer.so"), "build/my_scorer.so");
  EXPECT_EQ(shell_word("my scorer"), "'my scorer'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_path("-y"), "./-y");
  EXPECT_EQ(shell_path("- y"), "'./- y'");
  EXPECT_EQ(shell_path("a-y"), "a-y");
}

}  // namespace
}  // namespace shunt::process
