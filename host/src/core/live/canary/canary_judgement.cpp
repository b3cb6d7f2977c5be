// SPDX-License-Identifier: Apache-2.0
#include "live/canary/canary_judgement.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace shunt::host {

namespace {

constexpr std::uint64_t kFewestCounted = 5;
constexpr std::uint64_t kFewestCompared = 20;
constexpr std::uint64_t kFewestTimed = 50;
constexpr double kDeviations = 3.0;
constexpr std::int64_t kNegligibleNs = 100'000;

struct Counted {
  std::uint64_t bad = 0;
  std::uint64_t of = 0;
  double ratio() const { return of == 0 ? 0.0 : static_cast<double>(bad) / static_cast<double>(of); }
};

bool exceeds(const Counted& canary, const Counted& running, double excess) {
  if (canary.bad < kFewestCounted) return false;
  const double ratio = running.of < kFewestCompared ? 0.0 : running.ratio();
  const double allowed = (ratio + excess) * static_cast<double>(canary.of);
  return static_cast<double>(canary.bad) > allowed + kDeviations * std::sqrt(allowed);
}

void compare(std::string_view what, const char* sentence, const Counted& canary, const Counted& running, double excess,
             std::vector<CanaryFinding>& findings) {
  if (!exceeds(canary, running, excess)) return;
  findings.push_back({what, "",
                      fmt::format("{} of its {} {}, and {} of {} of the running generation", canary.bad, canary.of,
                                  sentence, running.bad, running.of)});
}

void compare_plugins(const CanarySettings& settings, const CanaryEvidence& evidence,
                     std::vector<CanaryFinding>& findings) {
  for (const CanaryPlugin& plugin : evidence.plugins) {
    const Counted canary{plugin.faults, evidence.canary.decisions};
    const Counted running{plugin.running_faults, evidence.running.decisions};
    if (!exceeds(canary, running, settings.fault_excess)) continue;
    findings.push_back({"faults", plugin.name,
                        fmt::format("plugin \"{}\" failed, gave wrong answers or was not called {} times in its {} "
                                    "decisions, and {} times in {} of the running generation",
                                    plugin.name, canary.bad, canary.of, running.bad, running.of)});
  }
}

// Whose calls have become longest, for each decision.
const CanaryPlugin* slowest(const CanaryEvidence& evidence) {
  const auto growth = [&evidence](const CanaryPlugin& plugin) {
    return plugin.seconds / static_cast<double>(evidence.canary.decisions) -
           plugin.running_seconds / static_cast<double>(evidence.running.decisions);
  };
  const auto most = std::ranges::max_element(evidence.plugins, {}, growth);
  return most == evidence.plugins.end() || growth(*most) <= 0.0 ? nullptr : &*most;
}

void compare_times(const CanarySettings& settings, const CanaryEvidence& evidence,
                   std::vector<CanaryFinding>& findings) {
  const auto& [elapsed_ms, running, canary, plugins] = evidence;
  if (canary.decisions < kFewestTimed || running.decisions < kFewestTimed) return;
  const auto allowed = static_cast<double>(running.decision_p90_ns) * settings.decision_time_ratio;
  if (static_cast<double>(canary.decision_p90_ns) <= allowed) return;
  if (canary.decision_p90_ns - running.decision_p90_ns <= kNegligibleNs) return;
  const CanaryPlugin* plugin = slowest(evidence);
  std::string text = fmt::format("9 of 10 of its decisions took up to {} us, and {} us of the running generation",
                                 canary.decision_p90_ns / 1000, running.decision_p90_ns / 1000);
  if (plugin != nullptr) text += "; plugin \"" + plugin->name + "\" takes most of the difference";
  findings.push_back({"decision-time", plugin != nullptr ? plugin->name : std::string(), std::move(text)});
}

}  // namespace

CanaryJudgement judge(const CanarySettings& settings, const CanaryEvidence& evidence) {
  CanaryJudgement judgement;
  const auto& [elapsed_ms, running, canary, plugins] = evidence;
  auto& findings = judgement.findings;
  compare_plugins(settings, evidence, findings);
  compare("errors", "requests failed", {canary.errors, canary.ended}, {running.errors, running.ended},
          settings.error_excess, findings);
  compare("rejections", "decisions were rejections", {canary.rejections, canary.decisions},
          {running.rejections, running.decisions}, settings.rejection_excess, findings);
  compare_times(settings, evidence, findings);
  const bool enough = canary.decisions >= settings.minimum_requests;
  if (findings.empty() && !enough && elapsed_ms >= std::max(settings.time_limit_ms, settings.duration_ms)) {
    findings.push_back({"too-few-requests", "",
                        fmt::format("it decided {} requests in {} ms, and {} are needed to judge it", canary.decisions,
                                    elapsed_ms, settings.minimum_requests)});
  }
  if (!findings.empty()) {
    judgement.verdict = CanaryVerdict::RollBack;
  } else if (enough && elapsed_ms >= settings.duration_ms) {
    judgement.verdict = CanaryVerdict::Promote;
  }
  return judgement;
}

}  // namespace shunt::host
