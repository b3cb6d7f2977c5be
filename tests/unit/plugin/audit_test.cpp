// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <shunt/framework/audit.hpp>

#include "support.hpp"

namespace shunt {
namespace {

using test::fixture;
using test::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

AuditReport audit(std::string_view name) {
  const Result<AuditReport> report = audit_library(fixture(name));
  EXPECT_TRUE(report) << report.error().message;
  return report ? *report : AuditReport{};
}

std::vector<std::string> rules_of(const AuditReport& report) {
  std::vector<std::string> rules;
  for (const AuditFinding& finding : report.findings) {
    rules.push_back(std::string(to_string(finding.severity)) + ":" + finding.rule);
  }
  return rules;
}

TEST(Audit, OfAGoodLibraryFindsNothing) {
  const AuditReport report = audit("good.so");
  EXPECT_THAT(rules_of(report), IsEmpty());
  EXPECT_FALSE(report.has_errors());
  EXPECT_EQ(report.sha256.size(), 64U);
  EXPECT_EQ(report.size, std::filesystem::file_size(fixture("good.so")));
  ASSERT_TRUE(report.manifest);
  EXPECT_EQ(report.manifest->name, "good");
}

TEST(Audit, RefusesSearchPathsAndExecutableStacks) {
  const AuditReport runpath = audit("runpath.so");
  EXPECT_THAT(rules_of(runpath), ElementsAre("error:runpath"));
  EXPECT_THAT(runpath.find("runpath")->text, HasSubstr("RUNPATH \"$ORIGIN/lib\""));
  EXPECT_THAT(audit("rpath.so").find("runpath")->text, HasSubstr("RPATH \"/opt/fixture\""));
  const AuditReport stack = audit("executable_stack.so");
  EXPECT_THAT(rules_of(stack), ElementsAre("error:executable-stack"));
  EXPECT_THAT(stack.find("executable-stack")->advice, HasSubstr("noexecstack"));
}

TEST(Audit, RefusesWhatIsNoPlugin) {
  EXPECT_THAT(rules_of(audit("no_entry.so")), ElementsAre("error:no-entry"));
  EXPECT_THAT(rules_of(audit("no_manifest.so")), ElementsAre("error:manifest"));
  EXPECT_THAT(rules_of(audit("bad_manifest.so")), ElementsAre("error:manifest"));
  const AuditReport major = audit("other_major.so");
  EXPECT_THAT(rules_of(major), ElementsAre("error:abi"));
  EXPECT_EQ(major.find("abi")->code, "P150");
  EXPECT_EQ(audit("newer_minor.so").find("abi")->code, "P152");
}

TEST(Audit, WarnsOfForeignExportsAndSharedStatics) {
  const AuditReport extra = audit("extra_export.so");
  EXPECT_THAT(rules_of(extra), ElementsAre("warning:extra-export"));
  EXPECT_THAT(extra.find("extra-export")->text, HasSubstr("fixture_extra_export"));
  const AuditReport unique = audit("unique_symbol.so");
  ASSERT_NE(unique.find("unique-symbol"), nullptr);
  EXPECT_THAT(unique.find("unique-symbol")->text, HasSubstr("FixtureCounter"));
  EXPECT_FALSE(unique.has_errors());
}

TEST(Audit, RefusesSharedTablesOfTheSdk) {
#ifdef __clang__
  GTEST_SKIP() << "Clang makes no symbol unique";
#endif
  const AuditReport report = audit("unique_sdk.so");
  ASSERT_NE(report.find("shared-sdk"), nullptr);
  EXPECT_EQ(report.find("shared-sdk")->severity, FindingSeverity::Error);
  EXPECT_EQ(report.find("shared-sdk")->code, "P132");
  EXPECT_THAT(report.find("shared-sdk")->text, HasSubstr("FixtureCounter"));
  EXPECT_EQ(report.find("unique-symbol"), nullptr) << "said once";
}

TEST(Audit, WarnsOfUndefinedSymbolsBeforeAnybodyLoadsThem) {
  const AuditReport report = audit("undefined.so");
  EXPECT_THAT(rules_of(report), ElementsAre("warning:undefined-check", "info:lazy-binding"));
  EXPECT_THAT(report.find("undefined-check")->text, HasSubstr("fixture_function_that_nobody_defines"));
  EXPECT_THAT(report.find("undefined-check")->advice, HasSubstr("-z,defs"));
}

TEST(Audit, WarnsOfWhatDeservesALook) {
  const AuditReport report = audit("suspicious.so");
  EXPECT_THAT(rules_of(report), testing::UnorderedElementsAre("warning:import-of-interest",
                                                              "warning:import-of-interest", "warning:thread-local"));
  EXPECT_THAT(rules_of(audit("no_build_id.so")), ElementsAre("warning:no-build-id"));
  const AuditReport dependency = audit("private_dependency.so");
  EXPECT_THAT(rules_of(dependency), ElementsAre("warning:needs-private-library"));
  EXPECT_THAT(dependency.find("needs-private-library")->text, HasSubstr("\"libshunt_fixture_private.so\""));
}

TEST(Audit, ReportsSeveralFindingsWithErrorsFirst) {
  const Result<AuditReport> report =
      audit_library(std::filesystem::path(SHUNT_FIXTURE_DIRECTORY) / "private" / "libshunt_fixture_private.so");
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->has_errors());
  EXPECT_EQ(report->findings[0].rule, "manifest");
  EXPECT_EQ(report->findings[1].rule, "no-entry");
  EXPECT_FALSE(report->manifest);
  EXPECT_TRUE(std::is_sorted(report->findings.begin(), report->findings.end(),
                             [](const auto& left, const auto& right) { return left.severity < right.severity; }));
  for (const AuditFinding& finding : report->findings) {
    EXPECT_FALSE(finding.text.empty());
    EXPECT_FALSE(finding.advice.empty()) << finding.rule;
    EXPECT_EQ(finding.code.empty(), finding.severity != FindingSeverity::Error) << finding.rule;
  }
}

TEST(Audit, RunsNoCode) {
  TemporaryDirectory directory;
  const std::filesystem::path marker = directory.path() / "ran";
  setenv("SHUNT_FIXTURE_MARKER", marker.c_str(), 1);
  const AuditReport report = audit("constructor.so");
  unsetenv("SHUNT_FIXTURE_MARKER");
  ASSERT_TRUE(report.manifest);
  EXPECT_EQ(report.manifest->plugins.front().type, "fixture-constructor");
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST(Audit, FailsWhereThereIsNothingToJudge) {
  TemporaryDirectory directory;
  EXPECT_EQ(audit_library(directory.path() / "absent.so").error().code, "P101");
  EXPECT_EQ(audit_library(directory.path()).error().code, "P111");
  test::write_file(directory.path() / "text.so", "#!/bin/sh\n");
  EXPECT_EQ(audit_library(directory.path() / "text.so").error().code, "P120");
}

}  // namespace
}  // namespace shunt
