// SPDX-License-Identifier: Apache-2.0
#include "core/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shunt::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

UsageError wrong(const std::vector<std::string>& words) {
  const auto parsed = parse_command_line(words);
  const UsageError* error = std::get_if<UsageError>(&parsed);
  EXPECT_NE(error, nullptr) << "the command line was accepted";
  return error != nullptr ? *error : UsageError{};
}

template <class Type>
Type right(const std::vector<std::string>& words) {
  const auto parsed = parse_command_line(words);
  if (const UsageError* error = std::get_if<UsageError>(&parsed)) ADD_FAILURE() << error->message;
  const Arguments* arguments = std::get_if<Arguments>(&parsed);
  if (arguments == nullptr || !std::holds_alternative<Type>(arguments->command)) {
    ADD_FAILURE() << "another command";
    return {};
  }
  return std::get<Type>(arguments->command);
}

TEST(CommandLine, ScheduleTakesAllItsFlags) {
  const auto a = right<ScheduleArguments>({"schedule",
                                           "-c",
                                           "c.jsonc",
                                           "--endpoints",
                                           "e",
                                           "--requests",
                                           "-",
                                           "--seed",
                                           "18446744073709551615",
                                           "--now-ms",
                                           "-1.5",
                                           "--fallbacks",
                                           "2",
                                           "--assume",
                                           "--batch",
                                           "--explain",
                                           "--timings",
                                           "--why-not",
                                           "pod-7",
                                           "--bundle-out",
                                           "d",
                                           "-o",
                                           "text"});
  EXPECT_EQ(a.config, "c.jsonc");
  EXPECT_EQ(a.endpoints, "e");
  EXPECT_EQ(a.requests, "-");
  EXPECT_EQ(a.seed, 18446744073709551615ULL);
  EXPECT_EQ(a.now_ms, -1.5);
  EXPECT_EQ(a.fallbacks, 2U);
  EXPECT_TRUE(a.assume && a.batch && a.explain && a.timings);
  EXPECT_EQ(a.why_not, "pod-7");
  EXPECT_EQ(a.bundle_out, "d");
  EXPECT_EQ(a.format, OutputFormat::Text);
}

TEST(CommandLine, ScheduleHasTheDocumentedDefaults) {
  const auto a = right<ScheduleArguments>({"schedule", "--endpoints", "e", "--requests", "r"});
  EXPECT_EQ(a.seed, 0U);
  EXPECT_FALSE(a.now_ms.has_value());
  EXPECT_EQ(a.fallbacks, 0U);
  EXPECT_FALSE(a.assume || a.batch || a.explain || a.timings);
  EXPECT_EQ(a.format, OutputFormat::Jsonl);
}

TEST(CommandLine, ZeroIsATimeOfItsOwn) {
  EXPECT_EQ(right<ScheduleArguments>({"schedule", "--endpoints=e", "--requests=r", "--now-ms=0"}).now_ms, 0.0);
}

TEST(CommandLine, RunningModelsAreSeparatedByCommas) {
  const std::vector<std::string> base = {"swap", "plan", "-c", "c", "--target", "a", "--running"};
  auto with = base;
  with.push_back("b,c,,d");
  EXPECT_THAT(right<SwapPlanArguments>(with).running, ElementsAre("b", "c", "d"));
  with.back() = "";
  EXPECT_THAT(right<SwapPlanArguments>(with).running, IsEmpty());
  EXPECT_THAT(right<SwapPlanArguments>(base).running, IsEmpty());
}

TEST(CommandLine, UnknownCommandGetsTheRightOne) {
  const UsageError error = wrong({"plugin", "lst", "-o", "json"});
  EXPECT_EQ(error.message, "unknown command \"shunt plugin lst\"; did you mean \"list\"?");
  EXPECT_EQ(error.instead, "shunt plugin list -o json");
  EXPECT_EQ(wrong({"shedule"}).instead, "shunt schedule");
  EXPECT_EQ(wrong({"--color", "never", "versoin"}).instead, "shunt --color never version");
}

TEST(CommandLine, UnknownFlagGetsTheRightOne) {
  const UsageError error = wrong({"schedule", "--endpoint", "a b.json", "--requests", "r"});
  EXPECT_EQ(error.message, "unknown flag \"--endpoint\" of \"shunt schedule\"; did you mean \"--endpoints\"?");
  EXPECT_EQ(error.instead, "shunt schedule --endpoints 'a b.json' --requests r");
  EXPECT_EQ(wrong({"schedule", "--sed=3"}).instead, "shunt schedule --seed=3");
}

TEST(CommandLine, FarAwayWordsGetNoSuggestion) {
  EXPECT_THAT(wrong({"xyzzyplugh"}).instead, IsEmpty());
  EXPECT_THAT(wrong({"-v"}).instead, IsEmpty()) << "one letter says nothing";
}

TEST(CommandLine, MissingFlagsAreNamedTogether) {
  EXPECT_EQ(wrong({"schedule"}).message, "\"shunt schedule\" needs --endpoints, --requests");
  EXPECT_EQ(wrong({"swap", "plan"}).message, "\"shunt swap plan\" needs -c, --target");
}

TEST(CommandLine, MissingValueSaysWhatIsExpected) {
  EXPECT_EQ(wrong({"schedule", "--seed"}).message, "\"--seed\" needs a value: --seed N");
}

TEST(CommandLine, NumbersAreChecked) {
  for (const char* seed : {"abc", "-1", "1.5", "1x", ""}) {
    EXPECT_THAT(wrong({"schedule", "--endpoints", "e", "--requests", "r", "--seed", seed}).message,
                HasSubstr("is not a whole number"))
        << seed;
  }
  EXPECT_THAT(wrong({"schedule", "--endpoints", "e", "--requests", "r", "--now-ms", "soon"}).message,
              HasSubstr("\"soon\" is not a number of milliseconds"));
}

TEST(CommandLine, WordsOfChoiceAreChecked) {
  EXPECT_THAT(wrong({"version", "-o", "jsn"}).message, HasSubstr("did you mean \"json\"?"));
}

TEST(CommandLine, BundleStandsAlone) {
  EXPECT_EQ(wrong({"schedule", "--bundle", "b.json", "-c", "c", "--seed", "0", "--fallbacks=1", "--now-ms", "0",
                   "--assume", "--batch"})
                .message,
            "a bundle brings its own config, endpoints, request and options: --bundle stands without --config, --seed, "
            "--now-ms, --fallbacks, --assume, --batch");
  EXPECT_THAT(wrong({"schedule", "--bundle=b", "--endpoints=e", "--requests=r", "--bundle-out=d"}).message,
              HasSubstr("stands without --endpoints, --requests, --bundle-out"));
  EXPECT_TRUE(
      right<ScheduleArguments>({"schedule", "--bundle", "b", "--explain", "--timings", "--why-not", "p"}).explain);
  EXPECT_EQ(right<ScheduleArguments>({"schedule", "--bundle", "b.json"}).bundle, "b.json");
}

TEST(CommandLine, ShellsAreSuggested) {
  const UsageError error = wrong({"completion", "fihs"});
  EXPECT_EQ(error.message, "\"fihs\" is not one of bash, zsh, fish; did you mean \"fish\"?");
  EXPECT_EQ(error.instead, "shunt completion fish");
  EXPECT_EQ(wrong({"completion"}).message, "\"shunt completion\" needs the name of a shell: bash, zsh or fish");
}

TEST(CommandLine, NoCommandAtAllIsAMistake) {
  EXPECT_EQ(wrong({}).message, "a command is missing");
  EXPECT_THAT(wrong({"config"}).message, HasSubstr("check, print, migrate, schema"));
}

TEST(CommandLine, HelpWinsOverMissingFlags) {
  EXPECT_THAT(right<HelpArguments>({"schedule", "--help"}).words, ElementsAre("schedule"));
  EXPECT_THAT(right<HelpArguments>({"plugin", "list", "-h"}).words, ElementsAre("plugin", "list"));
  EXPECT_THAT(right<HelpArguments>({"--help"}).words, IsEmpty());
}

TEST(CommandLine, EveryCommandHasExamplesThatParse) {
  std::vector<const CommandInfo*> commands = {&command_table()};
  std::size_t examples = 0;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    for (const CommandInfo& below : commands[i]->commands) commands.push_back(&below);
    EXPECT_FALSE(commands[i]->description.empty()) << commands[i]->name;
    std::string_view text = commands[i]->examples;
    EXPECT_FALSE(text.empty()) << commands[i]->name;
    while (!text.empty()) {
      const std::string line(text.substr(0, text.find('\n')));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      std::vector<std::string> words;
      for (std::size_t at = 0; at < line.size();) {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        const std::string word = line.substr(at, end - at);
        if (word == ">") break;
        if (word != "shunt") words.push_back(word);
        at = end + 1;
      }
      const auto parsed = parse_command_line(words);
      EXPECT_TRUE(std::holds_alternative<Arguments>(parsed)) << line;
      ++examples;
    }
  }
  EXPECT_GE(examples, commands.size());
}

}  // namespace
}  // namespace shunt::host
