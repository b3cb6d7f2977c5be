// SPDX-License-Identifier: Apache-2.0
// What a process of a case can do, and what the validator makes of it. Shells stand in for plugins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "process/child_process.hpp"
#include "validate/case_log.hpp"
#include "validate/case_process.hpp"

namespace shunt::validate {
namespace {

using process::ChildCommand;
using process::run_child;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::chrono::milliseconds kLong{60'000};

CaseResult run_script(const std::string& script, std::chrono::milliseconds limit = kLong) {
  ChildCommand command;
  command.words = {"/bin/sh", "-c", script};
  command.job = "";
  command.time_limit = limit;
  Job job;
  job.type = "my-scorer";
  return judge_child(*find_case("answers"), job, run_child(command), limit);
}

const std::string kDone = "echo '{\"done\":\"\"}' >&4; ";

TEST(ValidateRunner, ACaseThatSaysItIsDoneHasPassed) {
  const CaseResult result = run_script(kDone);
  EXPECT_EQ(result.status, CaseStatus::Passed);
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.name, "answers");
  EXPECT_EQ(result.type, "my-scorer");
  EXPECT_EQ(result.level, 2U);
}

TEST(ValidateRunner, AnExitInTheMiddleIsAFinding) {
  const CaseResult result = run_script("echo '{\"step\":\"score() with 2 endpoints\"}' >&4; exit 0");
  EXPECT_EQ(result.status, CaseStatus::Failed);
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].seen, "the process ended with exit status 0 in the middle");
  EXPECT_EQ(result.findings[0].step, "score() with 2 endpoints");
}

TEST(ValidateRunner, AnExitStatusAfterTheCaseIsAFinding) {
  const CaseResult result = run_script(kDone + "exit 3");
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].seen, "the process ended with exit status 3 after the case");
}

TEST(ValidateRunner, ACrashIsAFinding) {
  const CaseResult result = run_script("kill -SEGV $$");
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].seen, "the process ended with signal SIGSEGV");
  EXPECT_THAT(run_script("kill -ABRT $$").findings.at(0).required, HasSubstr("aborts"));
}

TEST(ValidateRunner, AFaultThatWasDescribedIsSaidOnce) {
  const CaseResult result = run_script("echo '{\"fault\":\"a write to the read-only view->key\"}' >&4; kill -SEGV $$");
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].seen, "a write to the read-only view->key");
}

TEST(ValidateRunner, ACaseThatHangsIsEnded) {
  const CaseResult hung =
      run_script("echo '{\"step\":\"filter()\"}' >&4; while :; do :; done", std::chrono::milliseconds(200));
  EXPECT_EQ(hung.status, CaseStatus::Failed);
  ASSERT_THAT(hung.findings, SizeIs(1));
  EXPECT_EQ(hung.findings[0].seen, "it did not end within 200 ms");
  EXPECT_EQ(hung.findings[0].step, "filter()");
}

TEST(ValidateRunner, WhoeverKeepsThePipesOpenIsNotWaitedFor) {
  // The process of the case ends at once; what it started holds its descriptors.
  const CaseResult result = run_script("sleep 30 & " + kDone);
  EXPECT_EQ(result.status, CaseStatus::Passed);
  EXPECT_LT(result.milliseconds, 20'000);
}

TEST(ValidateRunner, OutputOfThePluginIsKeptApart) {
  EXPECT_EQ(run_script("echo noise; " + kDone).output, "") << "of no interest where nothing went wrong";
  const CaseResult result = run_script("echo noise; echo more >&2; exit 1");
  EXPECT_EQ(result.output, "noise\nmore\n");
  const CaseResult much = run_script("yes | head -c 1000000; echo end; exit 1");
  EXPECT_EQ(much.output.size(), 4096U);
  EXPECT_THAT(much.output, ::testing::EndsWith("end\n"));
}

TEST(ValidateRunner, WhatIsNoLineOfTheLogIsIgnored) {
  EXPECT_EQ(run_script("echo garbage >&4; echo '{}' >&4; echo '[1]' >&4; " + kDone).status, CaseStatus::Passed);
}

TEST(ValidateRunner, AProgramThatCannotBeStartedIsAFinding) {
  ChildCommand command;
  command.words = {"/nonexistent/program"};
  const CaseResult result = judge_child(*find_case("answers"), Job{}, run_child(command), kLong);
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_THAT(result.findings[0].seen, HasSubstr("could not be started"));
}

TEST(ValidateRunner, ALibraryThatEndsItsLoadingCannotBeLoaded) {
  ChildCommand command;
  command.words = {"/bin/sh", "-c", "exit 9"};
  EXPECT_TRUE(judge_child(*find_case("load"), Job{}, run_child(command), kLong).cannot_load);
  EXPECT_FALSE(judge_child(*find_case("answers"), Job{}, run_child(command), kLong).cannot_load);
}

TEST(ValidateLog, SaysARuleOnce) {
  CaseLog log(-1);
  log.step("score()");
  log.fail("row 1", "Scores are finite.", "shunt/abi/scorer.h");
  log.fail("row 2", "Scores are finite.", "shunt/abi/scorer.h");
  log.fail("row 2", "Scores lie in [0, 1].", "shunt/abi/scorer.h");
  ASSERT_THAT(log.result().findings, SizeIs(2));
  EXPECT_EQ(log.result().findings[0].seen, "row 1");
  EXPECT_EQ(log.result().findings[0].step, "score()");
}

TEST(ValidateJob, ComesBackAsItWas) {
  Job job;
  job.file = "/a b/\"x\".so";
  job.type = "t";
  job.case_name = "answers";
  job.seed = 18'446'744'073'709'551'615u;
  job.parameters = "{\"a\": \"\\u00e9\"}";
  job.profiles = {"decode", "prefill"};
  job.staging = ::testing::TempDir() + "staging";
  job.trusted = {"/p"};
  const Job back = job_from_json_text(to_json_text(job));
  EXPECT_EQ(to_json_text(back), to_json_text(job));
  EXPECT_EQ(back.seed, job.seed);
  EXPECT_EQ(back.profiles, job.profiles);
}

}  // namespace
}  // namespace shunt::validate
