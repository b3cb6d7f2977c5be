// SPDX-License-Identifier: Apache-2.0
// canary_settings.hpp: the section "canary" of "reload": how much a new config decides at first, for how long, and what makes it go
// again.
#pragma once

#include <shunt/framework/object_reader.hpp>

#include <cstdint>

namespace shunt::host {

struct CanarySettings {
  double share = 0.0;                    // of the requests, 0 to 1; 0: what is new decides all of them at once
  std::int64_t duration_ms = 60'000;     // that it is watched for at least
  std::int64_t time_limit_ms = 600'000;  // by then it has decided for enough requests, or goes
  std::uint64_t minimum_requests = 100;  // decisions, before it is promoted
  // By so much may the canary exceed the running generation.
  double error_excess = 0.01;        // failed of ended requests
  double fault_excess = 0.01;        // failed calls of one plugin for each decision
  double rejection_excess = 0.01;    // rejected of all decisions
  double decision_time_ratio = 3.0;  // 90th percentiles, as a multiple
  bool operator==(const CanarySettings&) const = default;
};

// What `parent` has under "canary"; what is absent there stays as it is in `settings`.
void read_canary_settings(const ObjectReader& parent, const ReadContext& context, CanarySettings& settings);

}  // namespace shunt::host
