// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <charconv>

#include "process/shell_word.hpp"

namespace shunt::validate {

namespace {

template <class Use>
void each_case(const Report& report, Use use) {
  for (const TypeReport& type : report.types) {
    for (const CaseResult& result : type.cases) use(result);
  }
}

}  // namespace

std::size_t case_count(const Report& report) {
  std::size_t n = 0;
  each_case(report, [&](const CaseResult&) { ++n; });
  return n;
}

std::size_t finding_count(const Report& report) {
  std::size_t n = 0;
  each_case(report, [&](const CaseResult& result) { n += result.findings.size(); });
  return n;
}

bool cannot_load(const Report& report) {
  bool found = false;
  each_case(report, [&](const CaseResult& result) { found = found || result.cannot_load; });
  return found;
}

std::uint32_t reached_level(const Report& report) {
  std::uint32_t reached = report.level;
  each_case(report, [&](const CaseResult& result) {
    if (result.status == CaseStatus::Failed) reached = std::min(reached, result.level - 1);
  });
  return reached;
}

std::string reproduce_word(const CaseResult& result, std::uint64_t seed) {
  return (result.type.empty() ? "" : result.type + "/") + result.name + "/" + std::to_string(seed);
}

std::optional<ReproduceWord> parse_reproduce_word(const std::string& word) {
  const std::size_t last = word.rfind('/');
  if (last == std::string::npos) return std::nullopt;
  ReproduceWord out;
  const char* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data() + last + 1, end, out.seed);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  const std::string before = word.substr(0, last);
  const std::size_t slash = before.find('/');
  out.type = slash == std::string::npos ? "" : before.substr(0, slash);
  out.name = slash == std::string::npos ? before : before.substr(slash + 1);
  return out;
}

std::string reproduce_command(const Report& report, const CaseResult& result) {
  return "shunt plugin validate " + process::shell_path(report.file) + " --reproduce " +
         reproduce_word(result, report.seed) + report.reproduce_arguments;
}

}  // namespace shunt::validate
