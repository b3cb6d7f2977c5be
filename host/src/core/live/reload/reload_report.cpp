// SPDX-License-Identifier: Apache-2.0
#include "live/reload/reload_report.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace shunt::host {

namespace json = boost::json;

namespace {

std::string_view to_string(StateTransfer::Outcome outcome) {
  switch (outcome) {
    case StateTransfer::Outcome::Taken: return "taken";
    case StateTransfer::Outcome::NotOffered: return "not-offered";
    case StateTransfer::Outcome::Discarded: return "discarded";
    case StateTransfer::Outcome::NotReadable: return "not-readable";
    case StateTransfer::Outcome::Failed: return "failed";
  }
  return "";
}

}  // namespace

std::string_view to_string(ReloadCause cause) {
  static constexpr std::array<std::string_view, kReloadCauses> kWords = {"signal", "api", "file", "rollback", "canary"};
  return kWords[static_cast<std::size_t>(cause)];
}

std::string_view to_string(ReloadResult result) {
  static constexpr std::array<std::string_view, kReloadResults> kWords = {
      "published", "unchanged", "refused", "tried", "canary", "promoted", "rolled-back", "superseded"};
  return kWords[static_cast<std::size_t>(result)];
}

bool is_counted(ReloadCause cause, ReloadResult result) {
  switch (result) {
    case ReloadResult::Tried: return false;
    case ReloadResult::Refused: return true;
    case ReloadResult::Published:
    case ReloadResult::Unchanged: return cause != ReloadCause::Canary;
    case ReloadResult::Canary:
    case ReloadResult::Superseded: return cause != ReloadCause::Canary && cause != ReloadCause::Rollback;
    case ReloadResult::Promoted: return cause == ReloadCause::Canary || cause == ReloadCause::Api;
    case ReloadResult::RolledBack: return cause == ReloadCause::Canary || cause == ReloadCause::Rollback;
  }
  return true;
}

json::object to_json(const ReloadReport& report) {
  json::array transfers;
  for (const StateTransfer& transfer : report.transfers) {
    json::object one{
        {"plugin", transfer.instance}, {"outcome", to_string(transfer.outcome)}, {"bytes", transfer.bytes}};
    if (!transfer.problem.empty()) one["problem"] = transfer.problem;
    transfers.push_back(std::move(one));
  }
  return {{"number", report.number},
          {"cause", to_string(report.cause)},
          {"result", to_string(report.result)},
          {"dryRun", report.dry_run},
          {"unixMs", report.wall_ns / 1'000'000},
          {"durationMs", static_cast<double>(report.duration_ns) * 1e-6},
          {"generation", report.generation},
          {"replaced", report.replaced},
          {"changes", to_json(report.changes)},
          {"rehearsal", json::object{{"decisions", report.rehearsed},
                                     {"durationMs", static_cast<double>(report.rehearsal_ns) * 1e-6}}},
          {"state", std::move(transfers)},
          {"canary", report.canary ? json::value(to_json(*report.canary)) : json::value()},
          {"diagnostics", to_json(report.diagnostics)}};
}

std::string summary(const ReloadReport& report) {
  std::string text = "reload " + std::to_string(report.number) + " (" + std::string(to_string(report.cause)) + "): ";
  const std::string now = "generation " + std::to_string(report.generation);
  const std::string canary =
      "canary generation " + std::to_string(report.canary ? report.canary->generation : report.generation);
  const std::string share = share_text(report.canary ? report.canary->settings.share : 0.0);
  switch (report.result) {
    case ReloadResult::Published: text += now + " takes the place of " + std::to_string(report.replaced); break;
    case ReloadResult::Unchanged: text += "nothing has changed, " + now + " goes on"; break;
    case ReloadResult::Refused: text += "refused, " + now + " goes on"; break;
    case ReloadResult::Tried: text += "would take the place of " + now; break;
    case ReloadResult::Canary: text += canary + " decides for " + share + ", and " + now + " for the others"; break;
    case ReloadResult::Promoted:
      text += now + ", which was the canary, takes the place of " + std::to_string(report.replaced);
      break;
    case ReloadResult::RolledBack: text += canary + " decides no more, " + now + " goes on"; break;
    case ReloadResult::Superseded: text += canary + " decides no more, another reload came"; break;
  }
  if (report.canary) {
    for (const CanaryFinding& finding : report.canary->findings) text += ": " + finding.text;
  }
  if (!report.changes.empty()) {
    text += ", " + std::to_string(report.changes.size()) + (report.changes.size() == 1 ? " change" : " changes");
  }
  if (!report.diagnostics.empty()) text += ", " + report.diagnostics.summary();
  return text + ", " + std::to_string(report.duration_ns / 1'000'000) + " ms";
}

}  // namespace shunt::host
