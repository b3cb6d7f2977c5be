// SPDX-License-Identifier: Apache-2.0
// finding.hpp: what a case has to say about a library, as plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shunt::validate {

// One broken rule.
struct Finding {
  std::string seen;      // what happened, with numbers
  std::string required;  // the rule, as a sentence
  std::string source;    // the header that states it, "shunt/abi/scorer.h"
  std::string step;      // what the case was doing; may be empty
};

enum class CaseStatus { Passed, Failed, Skipped };

struct CaseResult {
  std::string type;  // plugin type; empty for cases about the library
  std::string name;
  std::uint32_t level = 0;
  CaseStatus status = CaseStatus::Passed;
  std::vector<Finding> findings;
  std::vector<std::string> notes;  // measurements, and why a case was skipped
  std::string parameters;          // what the instances were created with; empty where none was
  std::string output;              // the end of what was printed to standard output and error
  bool cannot_load = false;        // the host would not get as far as create()
  double milliseconds = 0;
};

}  // namespace shunt::validate
