// SPDX-License-Identifier: Apache-2.0
// golden.hpp: helpers for tests of readers: a text in, the messages out.
#pragma once

#include <shunt/framework/document.hpp>
#include <string>
#include <vector>

namespace shunt::host::testing {

// "file:line:column: CODE message; suggestion", one per diagnostic: what a user sees, without the drawing.
inline std::vector<std::string> lines_of(const Diagnostics& diagnostics) {
  std::vector<std::string> lines;
  for (const Diagnostic& d : diagnostics) {
    lines.push_back(d.file + ":" + std::to_string(d.position.line) + ":" + std::to_string(d.position.column) + ": " +
                    d.code + " " + d.message + (d.suggestion.empty() ? "" : "; " + d.suggestion));
  }
  return lines;
}

}  // namespace shunt::host::testing
