// SPDX-License-Identifier: Apache-2.0
#include "admin/why_not_explanation.hpp"

#include <shunt/framework/decision.hpp>
#include <shunt/framework/why_not.hpp>

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <limits>
#include <string>
#include <unordered_map>

#include "why_not_json.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

using Stage = TraceStage::Stage;

// A decision as far as why_not() looks at it. Rows are numbers given to names as they come up.
class Reader {
 public:
  explicit Reader(const json::object& explanation) : explanation_(explanation) {}

  Decision read() {
    Decision decision;
    decision.outcome = text(explanation_, "outcome") == "dispatched" ? Outcome::Dispatched : Outcome::Rejected;
    decision.reason = text(explanation_, "reason");
    decision.picks = rows(explanation_, "endpoints");
    read_trace(decision);
    find_primary(decision);
    return decision;
  }

  std::uint32_t row(std::string_view name) {
    return rows_.emplace(std::string(name), static_cast<std::uint32_t>(rows_.size())).first->second;
  }

 private:
  static std::string text(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  }
  static double number(const json::value* value, double otherwise) {
    return value != nullptr && value->is_number() ? value->to_number<double>() : otherwise;
  }
  static const json::array* list(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value == nullptr ? nullptr : value->if_array();
  }
  static const json::object* members(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value == nullptr ? nullptr : value->if_object();
  }

  std::vector<std::uint32_t> rows(const json::object& object, std::string_view key) {
    std::vector<std::uint32_t> out;
    if (const json::array* names = list(object, key)) {
      for (const json::value& name : *names) {
        if (name.is_string()) out.push_back(row(name.get_string()));
      }
    }
    return out;
  }

  // Stages of one run follow each other and are of one profile and round; the picker ends it.
  void read_trace(Decision& decision) {
    const json::array* trace = list(explanation_, "trace");
    if (trace == nullptr) return;
    std::string profile_before;
    double round_before = -1.0;
    bool ended = true;
    for (const json::value& value : *trace) {
      if (!value.is_object()) continue;
      const json::object& object = value.get_object();
      TraceStage stage = read_stage(object);
      const std::string profile = text(object, "profile");
      if (!profile.empty()) {
        const double round = number(object.if_contains("round"), 0.0);
        if (ended || profile != profile_before || round != round_before) {
          decision.runs.emplace_back();
          profiles_.push_back(profile);
        }
        stage.run = static_cast<std::uint32_t>(decision.runs.size() - 1);
        if (stage.stage == Stage::Picker) decision.runs.back().picks = stage.picks;
        ended = stage.stage == Stage::Picker;
        profile_before = profile;
        round_before = round;
      }
      decision.trace.push_back(std::move(stage));
    }
    decision.run_count = decision.runs.size();
  }

  TraceStage read_stage(const json::object& object) {
    TraceStage stage;
    const std::string word = text(object, "stage");
    stage.stage = word == "filter"   ? Stage::Filter
                  : word == "scorer" ? Stage::Scorer
                  : word == "picker" ? Stage::Picker
                                     : Stage::Producer;
    stage.plugin = text(object, "plugin");
    stage.weight = number(object.if_contains("weight"), 0.0);
    stage.status = static_cast<std::int32_t>(number(object.if_contains("status"), 0.0));
    stage.dropped = rows(object, "dropped");
    stage.picks = rows(object, "picks");
    if (const json::object* scores = members(object, "scores")) {
      for (const auto& [name, cell] : *scores) {
        if (!cell.is_object()) continue;
        stage.rows.push_back(row(name));
        stage.raw.push_back(number(cell.get_object().if_contains("raw"), std::numeric_limits<double>::quiet_NaN()));
        stage.weighted.push_back(number(cell.get_object().if_contains("weighted"), 0.0));
      }
    }
    if (const json::object* reasons = members(object, "reasons")) {
      for (const auto& [name, reason] : *reasons) {
        if (reason.is_string()) stage.reasons.emplace_back(row(name), std::string(reason.get_string()));
      }
    }
    return stage;
  }

  // The newest run of the primary profile that picked what was picked.
  void find_primary(Decision& decision) {
    const std::string profile = text(explanation_, "profile");
    decision.primary_run = decision.run_count;
    for (std::size_t i = 0; i < decision.run_count; ++i) {
      if (profiles_[i] != profile) continue;
      const bool better = decision.primary_run == decision.run_count || decision.runs[i].picks == decision.picks;
      if (better) decision.primary_run = i;
    }
    const json::object* scores = members(explanation_, "scores");
    if (decision.primary_run >= decision.run_count || scores == nullptr) return;
    ProfileRun& run = decision.runs[decision.primary_run];
    for (const auto& [name, total] : *scores) {
      run.rows.push_back(row(name));
      run.totals.push_back(number(&total, 0.0));
    }
  }

  const json::object& explanation_;
  std::unordered_map<std::string, std::uint32_t> rows_;
  std::vector<std::string> profiles_;  // by run
};

}  // namespace

json::object why_not_from(const json::object& explanation, std::string_view endpoint) {
  Reader reader(explanation);
  const Decision decision = reader.read();
  return why_not_object(why_not(decision, reader.row(endpoint)), endpoint);
}

}  // namespace shunt::host
