// SPDX-License-Identifier: Apache-2.0
// report.hpp: the results of a run, and the forms in which people and programs read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finding.hpp"

namespace shunt::validate {

// One plugin type, or the library itself (no type).
struct TypeReport {
  std::string type;  // empty: the library
  std::string version;
  std::vector<std::string> interfaces;
  std::string parameters;  // that instances were created with
  std::vector<CaseResult> cases;
};

struct Report {
  std::string file;  // as it was named
  std::uint64_t seed = 1;
  std::uint32_t level = 5;          // asked for
  bool whole = true;                // every case of the level was run, so that `reached` means something
  bool asks_nothing = false;        // only what failed before was asked for, and nothing had
  std::vector<TypeReport> types;    // the library first
  std::string reproduce_arguments;  // further arguments of a command that reproduces: " --parameters '...'"
};

std::size_t case_count(const Report& report);
std::size_t finding_count(const Report& report);
bool cannot_load(const Report& report);
// The highest level below which nothing failed; 0: it does not even load.
std::uint32_t reached_level(const Report& report);
// "queue-scorer/permutation/7": names a case with its seed in one word.
std::string reproduce_word(const CaseResult& result, std::uint64_t seed);
struct ReproduceWord {
  std::string type;
  std::string name;
  std::uint64_t seed = 1;
};
std::optional<ReproduceWord> parse_reproduce_word(const std::string& word);
// The command that runs a case again.
std::string reproduce_command(const Report& report, const CaseResult& result);

std::string text_report(const Report& report);
std::string json_report(const std::vector<Report>& reports);
std::string junit_report(const std::vector<Report>& reports);

}  // namespace shunt::validate
