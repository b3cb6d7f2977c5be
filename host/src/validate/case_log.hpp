// SPDX-License-Identifier: Apache-2.0
// case_log.hpp: how a running case tells what it does and finds. Every word leaves at once, so that nothing is lost when
// the plugin ends the process. Texts may hold what a plugin said, and are cleaned.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "finding.hpp"

namespace shunt::validate {

class CaseLog {
 public:
  // `descriptor`: takes lines of JSON; -1: everything stays in result().
  explicit CaseLog(int descriptor) : descriptor_(descriptor) {}
  CaseLog(const CaseLog&) = delete;
  CaseLog& operator=(const CaseLog&) = delete;

  // What comes next, for the report of a crash: "score() with 64 endpoints".
  void step(std::string_view text);
  // Says a rule once: what follows with the same rule is the same defect.
  void fail(std::string_view seen, std::string_view required, std::string_view source);
  void note(std::string_view text);
  void skip(std::string_view why);
  // The library or an instance could not be had, so that the case has nothing to look at.
  void blocked(std::string_view seen, bool cannot_load, std::string_view required, std::string_view source);
  void parameters(std::string_view text);
  void done();

  const CaseResult& result() const { return result_; }

 private:
  void send(std::string_view key, std::string_view text);

  int descriptor_;
  std::string step_;
  std::set<std::string, std::less<>> rules_;
  CaseResult result_;
};

// Adds what one line says; false for a line that is none of ours. `last_step` follows the steps.
bool apply_line(std::string_view line, CaseResult& result, std::string& last_step, bool& is_done);

// What a fault in guarded memory breaks.
inline constexpr std::string_view kFaultRule =
    "A call reads and writes only the memory that it was given, and only until it returns; inputs are read-only, and "
    "texts "
    "have a length and no NUL at their end.";
// Around the line of the log that a signal handler writes: {"fault":"..."}.
inline constexpr std::string_view kFaultPrefix = "{\"fault\":\"";
inline constexpr std::string_view kFaultSuffix = "\"}\n";

}  // namespace shunt::validate
