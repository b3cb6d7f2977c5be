// SPDX-License-Identifier: Apache-2.0
// exit_code.hpp: what the program's exit status says. Stable: scripts depend on it.
#pragma once

namespace shunt::host {

enum class ExitCode : int {
  Ok = 0,
  Failed = 1,        // the operation did not work: a file could not be written
  Usage = 2,         // the command line is wrong
  InvalidInput = 3,  // the config or an input file is wrong; also where PluginError applies as well
  PluginError = 4,   // a library could not be loaded, or does not fit this program
  Findings = 5,      // a check ran and found something
  Internal = 70      // a defect of the program
};

}  // namespace shunt::host
