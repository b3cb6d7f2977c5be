// SPDX-License-Identifier: Apache-2.0
// canary_judgement.hpp: from what was counted to whether a canary goes on, takes over or goes.
//
//   const CanaryJudgement judgement = judge(settings, evidence);
//   if (judgement.verdict == CanaryVerdict::RollBack) tell(judgement.findings);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "live/canary/canary_tally.hpp"
#include "settings/canary_settings.hpp"

namespace shunt::host {

// Of one instance of the canary. What the running generation has of the same name and type is compared with it.
struct CanaryPlugin {
  std::string name;
  std::uint64_t faults = 0;  // wrong answers, failed calls, and calls that its breaker has kept from it
  std::uint64_t running_faults = 0;
  double seconds = 0.0;  // that its calls took
  double running_seconds = 0.0;
};

// Since the canary is out.
struct CanaryEvidence {
  std::int64_t elapsed_ms = 0;
  CanaryCounts running;
  CanaryCounts canary;
  std::vector<CanaryPlugin> plugins;
};

enum class CanaryVerdict : std::uint8_t { Watch, Promote, RollBack };

// Why it goes.
struct CanaryFinding {
  std::string_view what;  // "errors", "faults", "rejections", "decision-time", "too-few-requests", "hand-over"
  std::string plugin;     // that did it; empty where none is known
  std::string text;       // a sentence for people, with the numbers
};

struct CanaryJudgement {
  CanaryVerdict verdict = CanaryVerdict::Watch;
  std::vector<CanaryFinding> findings;
};

// A ratio is too high where the canary's count exceeds what is allowed for its number of decisions or requests (the running
// generation's ratio and the excess of the settings) by three times the square root of that, and is 5 at least: fewer, or less, may
// be chance. With under 20 decisions or requests of the running generation its ratio counts as 0. The decision time is compared where
// both sides have 50 decisions, and not for 100 microseconds or less.
CanaryJudgement judge(const CanarySettings& settings, const CanaryEvidence& evidence);

}  // namespace shunt::host
