// SPDX-License-Identifier: Apache-2.0
#include <spdlog/fmt/fmt.h>
#include <boost/json/array.hpp>

#include "live/canary/canary_trial.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

json::object to_json(const CanaryCounts& counts) {
  return {{"decisions", counts.decisions},
          {"rejections", counts.rejections},
          {"ended", counts.ended},
          {"errors", counts.errors},
          {"decisionP90Us", static_cast<double>(counts.decision_p90_ns) * 1e-3}};
}

json::array to_json(const std::vector<CanaryPlugin>& plugins) {
  json::array list;
  for (const CanaryPlugin& plugin : plugins) {
    list.push_back(json::object{{"plugin", plugin.name},
                                {"faults", plugin.faults},
                                {"runningFaults", plugin.running_faults},
                                {"seconds", plugin.seconds},
                                {"runningSeconds", plugin.running_seconds}});
  }
  return list;
}

}  // namespace

json::object to_json(const CanaryReport& report) {
  json::object out{{"generation", report.generation},
                   {"share", report.settings.share},
                   {"durationMs", report.settings.duration_ms},
                   {"timeLimitMs", report.settings.time_limit_ms},
                   {"minimumRequests", report.settings.minimum_requests}};
  if (report.evidence) {
    out["elapsedMs"] = report.evidence->elapsed_ms;
    out["running"] = to_json(report.evidence->running);
    out["canary"] = to_json(report.evidence->canary);
    out["plugins"] = to_json(report.evidence->plugins);
  }
  json::array findings;
  for (const CanaryFinding& finding : report.findings) {
    findings.push_back(json::object{{"what", finding.what}, {"plugin", finding.plugin}, {"text", finding.text}});
  }
  out["findings"] = std::move(findings);
  return out;
}

std::string share_text(double share) { return fmt::format("{:g} % of the requests", share * 100.0); }

}  // namespace shunt::host
