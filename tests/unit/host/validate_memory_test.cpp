// SPDX-License-Identifier: Apache-2.0
// Memory that notices mistakes. Each mistake is made in a process of its own, whose last words are compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <optional>
#include <string>

#include "validate/case_log.hpp"
#include "validate/guarded_memory.hpp"

namespace shunt::validate {
namespace {

// What the fault handler says about a mistake; "none" where it was none.
std::string fault_of(const std::function<void()>& mistake) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    GuardedMemory::report_faults_to(ends[1]);
    mistake();
    _exit(0);
  }
  close(ends[1]);
  std::string line;
  std::array<char, 512> buffer;
  for (ssize_t n = 0; (n = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    line.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "none";
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) << "the fault still ends the process";
  CaseResult result;
  std::string step;
  bool done = false;
  EXPECT_TRUE(apply_line(line.substr(0, line.size() - 1), result, step, done)) << line;
  return result.findings.empty() ? "" : result.findings.at(0).seen;
}

volatile double g_sink = 0;

TEST(GuardedMemory, InputsAreReadOnly) {
  GuardedMemory memory;
  const auto numbers = memory.input<double>("numbers", 3);
  numbers[2] = 1;
  memory.protect(true);
  EXPECT_EQ(fault_of([&] { g_sink = numbers[2]; }), "none");
  EXPECT_EQ(fault_of([&] { numbers[0] = 1; }), "a write to the read-only numbers");
  memory.protect(false);
  EXPECT_EQ(fault_of([&] { numbers[0] = 1; }), "none");
}

TEST(GuardedMemory, ArraysMayBeReadUpToTheNextMultipleOf64Bytes) {
  GuardedMemory memory;
  const double* numbers = memory.input<double>("numbers", 9).data();
  EXPECT_EQ(fault_of([&] { g_sink = numbers[15]; }), "none");
  EXPECT_EQ(fault_of([&] { g_sink = numbers[16]; }), "a read behind the end of numbers");
  const double* nothing = memory.input<double>("nothing", 0).data();
  EXPECT_EQ(fault_of([&] { g_sink = nothing[0]; }), "a read behind the end of nothing");
}

TEST(GuardedMemory, TextsEndWithTheirLastByte) {
  GuardedMemory memory;
  const char* text = memory.text("a text", "abc");
  EXPECT_EQ(std::string(text, 3), "abc");
  EXPECT_EQ(fault_of([&] { g_sink = text[2]; }), "none");
  EXPECT_EQ(fault_of([&] { g_sink = text[3]; }), "a read behind the end of a text");
}

TEST(GuardedMemory, OutputsHaveAPatternAround) {
  GuardedMemory memory;
  const auto scores = memory.output<double>("scores", 3);
  std::fill(scores.begin(), scores.end(), 0.5);
  EXPECT_EQ(memory.damaged(), nullptr);
  double* const data = scores.data();
  data[3] = 0.5;
  EXPECT_STREQ(memory.damaged(), "scores");
  GuardedMemory other;
  double* const before = other.output<double>("before", 1).data();
  before[-1] = 0.5;
  EXPECT_STREQ(other.damaged(), "before");
  EXPECT_EQ(fault_of([&] { data[8] = 1; }), "a write behind the end of scores");
}

TEST(GuardedMemory, WhatWasTakenBackCannotBeTouched) {
  double* kept = nullptr;
  {
    GuardedMemory memory;
    kept = memory.input<double>("numbers", 3).data();
  }
  EXPECT_EQ(fault_of([&] { g_sink = kept[0]; }), "a read of numbers when it was no longer lent");
  // Until much else has come and gone.
  for (int i = 0; i < 3000; ++i) GuardedMemory().input<double>("others", 1);
  EXPECT_NE(fault_of([&] { g_sink = kept[0]; }), "a read of numbers when it was no longer lent");
}

TEST(GuardedMemory, NamesFitIntoALineOfTheLog) {
  const char* name = GuardedMemory::lasting_name("column label:\"x\"\\\n");
  EXPECT_STREQ(name, "column label:?x???");
  EXPECT_EQ(GuardedMemory::lasting_name("column label:\"x\"\\\n"),
            GuardedMemory::lasting_name("column label:\"x\"\\\n"))
      << "kept once";
  GuardedMemory memory;
  const double* numbers = memory.input<double>(name, 0).data();
  EXPECT_EQ(fault_of([&] { g_sink = numbers[0]; }), "a read behind the end of column label:?x???");
}

}  // namespace
}  // namespace shunt::validate
