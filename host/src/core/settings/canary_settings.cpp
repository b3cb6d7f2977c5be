// SPDX-License-Identifier: Apache-2.0
#include "settings/canary_settings.hpp"

#include <array>

#include "settings/section.hpp"

namespace shunt::host {

namespace {

constexpr std::array<std::string_view, 8> kKeys = {"share",
                                                   "durationMs",
                                                   "timeLimitMs",
                                                   "minimumRequests",
                                                   "maximumErrorExcess",
                                                   "maximumFaultExcess",
                                                   "maximumRejectionExcess",
                                                   "maximumDecisionTimeRatio"};

}  // namespace

void read_canary_settings(const ObjectReader& parent, const ReadContext& context, CanarySettings& settings) {
  const Section canary(parent, "canary", kKeys, context);
  canary.number("share", 0.0, 1.0, settings.share);
  canary.integer("durationMs", 1, kDayMs, settings.duration_ms);
  canary.integer("timeLimitMs", 1, kDayMs, settings.time_limit_ms);
  canary.integer("minimumRequests", 1, 1'000'000'000, settings.minimum_requests);
  canary.number("maximumErrorExcess", 0.0, 1.0, settings.error_excess);
  canary.number("maximumFaultExcess", 0.0, 1'000.0, settings.fault_excess);
  canary.number("maximumRejectionExcess", 0.0, 1.0, settings.rejection_excess);
  canary.number("maximumDecisionTimeRatio", 1.0, 1'000'000.0, settings.decision_time_ratio);
}

}  // namespace shunt::host
