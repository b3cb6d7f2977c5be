// SPDX-License-Identifier: Apache-2.0
#include "core/help_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <shunt/framework/document.hpp>
#include <sstream>

#include "core/commands.hpp"
#include "core/input_error_codes.hpp"

namespace shunt::host {
namespace {

using ::testing::HasSubstr;

std::string all_sources() {
  std::string text;
  const std::filesystem::path root = SHUNT_SOURCE_DIRECTORY;
  for (const char* folder : {"host/src", "framework/src/scheduling"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != ".cpp" || entry.path().filename() == "input_error_codes.cpp") continue;
      std::ifstream file(entry.path());
      text.append(std::istreambuf_iterator<char>(file), {});
    }
  }
  return text;
}

// Neither a code without a page nor a page that no message leads to.
TEST(InputErrorCodes, AreExactlyThoseThatTheProgramUses) {
  std::set<std::string> used;
  const std::string sources = all_sources();
  const std::regex code("\"(E[0-9]{3})\"");
  for (std::sregex_iterator it(sources.begin(), sources.end(), code), end; it != end; ++it) used.insert((*it)[1]);
  std::set<std::string> explained;
  for (const ErrorCodeInfo& info : input_error_codes()) {
    EXPECT_FALSE(info.title.empty()) << info.code;
    EXPECT_GT(info.explanation.size(), 60U) << info.code;
    explained.emplace(info.code);
  }
  EXPECT_EQ(used, explained);
}

TEST(ErrorCodePage, KnowsTheCodesOfAllParts) {
  for (const char* code : {"C104", "C505", "E102", "P103", "c104"}) {
    const auto page = error_code_page(code);
    ASSERT_TRUE(page.has_value()) << code;
    EXPECT_GT(page->size(), 100U) << code;
  }
  EXPECT_FALSE(error_code_page("Z999").has_value());
}

TEST(ErrorCodePage, NoCodeHasTwoMeanings) {
  std::set<std::string_view> seen;
  for (const auto& [code, title] : error_code_titles()) EXPECT_TRUE(seen.insert(code).second) << code;
  EXPECT_GT(seen.size(), 60U);
}

struct Ran {
  ExitCode code;
  std::string out;
  std::string err;
};

Ran help(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Console console(out, err, false);
  Surroundings surroundings{console, in, PluginPath("", {})};
  const ExitCode code = run_help({words}, surroundings);
  return {code, out.str(), err.str()};
}

TEST(Help, ExamplesComeFirst) {
  const std::string text = help({"schedule"}).out;
  EXPECT_LT(text.find("Examples"), text.find("Flags"));
  EXPECT_THAT(text, HasSubstr("--why-not NAME"));
}

TEST(Help, UnknownTopicIsAUsageErrorWithASuggestion) {
  const Ran ran = help({"plugin-pth"});
  EXPECT_EQ(ran.code, ExitCode::Usage);
  EXPECT_THAT(ran.err, HasSubstr("shunt help plugin-path"));
}

TEST(Help, EveryTopicHasAPage) {
  for (const HelpTopic& topic : help_topics()) {
    EXPECT_EQ(help({std::string(topic.name)}).code, ExitCode::Ok) << topic.name;
  }
}

// The reference page is compared with the table that the parser is.
TEST(Reference, NamesEveryCommandAndFlag) {
  std::ifstream file(std::filesystem::path(SHUNT_SOURCE_DIRECTORY) / "docs/reference/cli.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  std::vector<std::pair<const CommandInfo*, std::string>> commands = {{&command_table(), "shunt"}};
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto [command, path] = commands[i];
    for (const CommandInfo& below : command->commands) commands.emplace_back(&below, path + " " + below.name);
    if (command->commands.empty()) {
      EXPECT_THAT(page, HasSubstr("`" + path + "`"));
    }
    for (const OptionInfo& option : command->options) {
      for (const std::string& name : option.names) {
        if (name != "--version") {
          EXPECT_THAT(page, HasSubstr(name)) << path;
        }
      }
    }
  }
}

}  // namespace
}  // namespace shunt::host
