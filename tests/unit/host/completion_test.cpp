// SPDX-License-Identifier: Apache-2.0
#include "core/completion_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace shunt::host {
namespace {

using ::testing::HasSubstr;

// Every flag of every command has to turn up: the scripts are made from the table that the parser is.
TEST(Completion, KnowsEveryCommandAndFlag) {
  const CommandInfo& program = command_table();
  const std::string bash = bash_completion(program);
  const std::string zsh = zsh_completion(program);
  const std::string fish = fish_completion(program);
  std::vector<const CommandInfo*> commands = {&program};
  for (std::size_t i = 0; i < commands.size(); ++i) {
    for (const CommandInfo& below : commands[i]->commands) {
      commands.push_back(&below);
      EXPECT_THAT(bash, HasSubstr(below.name));
      EXPECT_THAT(zsh, HasSubstr("'" + below.name + ":"));
      EXPECT_THAT(fish, HasSubstr("-a " + below.name + " "));
    }
    for (const OptionInfo& option : commands[i]->options) {
      for (const std::string& name : option.names) {
        EXPECT_THAT(bash, HasSubstr(name));
        EXPECT_THAT(zsh, HasSubstr("'" + name + "["));
        EXPECT_THAT(fish, HasSubstr(name.starts_with("--") ? "-l " + name.substr(2) : "-s " + name.substr(1)));
      }
    }
  }
  EXPECT_GT(commands.size(), 10U);
}

std::string completed(const std::string& line) {
  const auto folder = std::filesystem::temp_directory_path() / ("shunt-completion-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "shunt.bash") << bash_completion(command_table());
  const std::string script = "source " + (folder / "shunt.bash").string() + "; COMP_WORDS=(" + line +
                             "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _shunt; echo \"${COMPREPLY[*]}\" > " +
                             (folder / "reply").string();
  std::ofstream(folder / "run.bash") << script << '\n';
  EXPECT_EQ(std::system(("bash " + (folder / "run.bash").string()).c_str()), 0);
  std::string reply;
  std::ifstream from(folder / "reply");
  std::getline(from, reply);
  from.close();
  std::filesystem::remove_all(folder);
  return reply;
}

TEST(Completion, BashCompletesCommandsFlagsAndWords) {
  EXPECT_EQ(completed("shunt sch"), "schedule");
  EXPECT_EQ(completed("shunt plugin in"), "inspect");
  EXPECT_EQ(completed("shunt schedule --why"), "--why-not");
  EXPECT_EQ(completed("shunt config check -o j"), "json");
  EXPECT_EQ(completed("shunt completion z"), "zsh");
}

}  // namespace
}  // namespace shunt::host
