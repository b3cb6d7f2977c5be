// SPDX-License-Identifier: Apache-2.0
// sim_output.hpp: what the program tells others about the servers that listen.
#pragma once

#include <string>

#include "fleet.hpp"

namespace shunt::sim {

// {"schema":1,"servers":[{"name":"sim-0","address":"127.0.0.1:41233"}]}
std::string ready_line(const Fleet& fleet);
// An endpoints file of shunt.
std::string endpoints_file(const Fleet& fleet);
// The YAML of a file-discovery plugin.
std::string discovery_file(const Fleet& fleet);

// Replaces the file in one step. Throws std::runtime_error.
void write_file(const std::string& path, const std::string& text);

}  // namespace shunt::sim
