// SPDX-License-Identifier: Apache-2.0
#include "admin/decision_view.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "admin/why_not_explanation.hpp"
#include "json_text.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kUsualLimit = 100;
constexpr std::uint64_t kMostLimit = 1000;

std::optional<std::uint64_t> count_parameter(const AdminRequest& request, std::string_view name, std::uint64_t absent) {
  const std::string_view text = request.parameter(name);
  if (text.empty()) return absent;
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

AdminResponse no_decision() {
  return error_response(
      404, "no-such-decision",
      "there is no decision with this id, or it is too old: admin.decisions.keep says how many are kept");
}

}  // namespace

json::object decision_summary(const DecisionRecord& record) {
  json::object out{{"id", record.id},
                   {"sequence", record.sequence},
                   {"wall_ns", record.wall_ns},
                   {"door", record.door},
                   {"request", record.request_id},
                   {"model", record.model},
                   {"path", record.path},
                   {"attempt", record.attempt},
                   {"outcome", record.dispatched ? "dispatched" : "rejected"}};
  if (record.dispatched) {
    out["endpoint"] = record.endpoint;
    out["profile"] = record.profile;
  } else {
    out["status"] = record.http_status;
    out["code"] = record.code;
    out["reason"] = record.reason;
  }
  out["duration_ns"] = record.duration_ns;
  out["generation"] = record.generation;
  out["explained"] = !record.explanation.empty();
  out["bundle"] = !record.bundle.empty();
  return out;
}

AdminResponse decisions_answer(const DecisionRing& ring, const AdminRequest& request) {
  const auto limit = count_parameter(request, "limit", kUsualLimit);
  const auto after = count_parameter(request, "after", 0);
  if (!limit || !after) return error_response(400, "bad-parameter", "limit and after are whole numbers");
  const std::string_view outcome = request.parameter("outcome");
  const std::string_view endpoint = request.parameter("endpoint");
  if (!outcome.empty() && outcome != "dispatched" && outcome != "rejected") {
    return error_response(400, "bad-parameter", "outcome is dispatched or rejected");
  }
  const bool chosen = !outcome.empty() || !endpoint.empty();
  const std::size_t most = std::min(*limit, kMostLimit);
  auto records = ring.after(*after, chosen ? static_cast<std::size_t>(-1) : most);
  json::array out;
  for (auto record = records.rbegin(); record != records.rend() && out.size() < most; ++record) {
    if (!outcome.empty() && (outcome == "dispatched") != (*record)->dispatched) continue;
    if (!endpoint.empty() && endpoint != (*record)->endpoint) continue;
    out.push_back(decision_summary(**record));
  }
  return json_response({{"newest", ring.newest()}, {"decisions", std::move(out)}});
}

AdminResponse decision_answer(const DecisionRing& ring, std::string_view id, const AdminRequest& request) {
  const auto record = ring.find(id);
  if (record == nullptr) return no_decision();
  json::object out = decision_summary(*record);
  json::value explanation = nullptr;
  if (!record->explanation.empty()) {
    boost::system::error_code wrong;
    explanation = json::parse(record->explanation, wrong);
    if (wrong) explanation = nullptr;
  }
  if (const std::string_view name = request.parameter("why_not"); !name.empty()) {
    if (!explanation.is_object()) {
      return error_response(409, "not-explained",
                            "this decision was not explained: admin.decisions.explainedPerSecond says how many are");
    }
    out["why_not"] = why_not_from(explanation.get_object(), name);
  }
  out["explanation"] = std::move(explanation);
  return json_response(std::move(out));
}

AdminResponse bundle_answer(const DecisionRing& ring, std::string_view id) {
  const auto record = ring.find(id);
  if (record == nullptr) return no_decision();
  if (record->bundle.empty()) {
    return error_response(404, "no-bundle",
                          "no bundle of this decision is kept: admin.decisions.bundles says of how many");
  }
  AdminResponse response = text_response(record->bundle);
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + record->id + ".json\"");
  return response;
}

}  // namespace shunt::host
