// SPDX-License-Identifier: Apache-2.0
// command_line.hpp: flags and config file, as the settings of the program.
#pragma once

#include <string>
#include <string_view>

#include "sim_settings.hpp"

namespace shunt::sim {

struct CommandLine {
  bool help = false;
  bool version = false;
  SimSettings settings;
  Problems usage;  // of the flags
  Problems input;  // of the config
};

CommandLine read_command_line(int count, char** words);
std::string help_text();

// A flag of the program that is none of a server.
struct ProgramField {
  std::string_view flag;  // with a short one in front, as in "c,config"
  std::string_view value;
  std::string_view help;
};
std::span<const ProgramField> program_fields();

// The text of a config file. `flags` of servers are set after it.
struct ConfigText {
  std::string name;
  std::string text;
};
void read_config(const ConfigText& config, SimSettings& settings, Problems& problems);
// Servers with consecutive numbers behind their name.
void add_servers(SimSettings& settings, const ServerSettings& like, std::uint64_t count);
// "127.0.0.1:8000" or "[::1]:8000". Empty where it is one.
std::string read_address(std::string_view text, std::string& host, std::uint16_t& port);

}  // namespace shunt::sim
