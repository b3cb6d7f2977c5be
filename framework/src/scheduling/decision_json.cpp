// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <shunt/framework/decision_json.hpp>
#include <span>

#include "json_line.hpp"

namespace shunt {

namespace {

// The span in which ECMAScript, and so most people, write a number without exponent.
constexpr double kLeastFixed = 1e-7;
constexpr double kMostFixed = 1e21;

std::string_view stage_word(TraceStage::Stage stage) {
  switch (stage) {
    case TraceStage::Stage::Producer: return "producer";
    case TraceStage::Stage::PickProfiles: return "pick-profiles";
    case TraceStage::Stage::Filter: return "filter";
    case TraceStage::Stage::Scorer: return "scorer";
    case TraceStage::Stage::Picker: return "picker";
    case TraceStage::Stage::ProcessResults: break;
  }
  return "process-results";
}

class DecisionWriter {
 public:
  DecisionWriter(const Decision& decision, const Snapshot& snapshot, const Generation& generation)
      : decision_(decision), snapshot_(snapshot), generation_(generation) {}

  std::string write(const Request& request, const DecisionJsonOptions& options) {
    line_.begin_object().key("schema").count(1).key("id").text(request.id);
    line_.key("outcome").text(decision_.dispatched() ? "dispatched" : "rejected");
    if (!decision_.dispatched()) {
      line_.key("status").count(decision_.http_status).key("code").text(decision_.code);
    }
    line_.key("profile").text(profile_name(decision_.primary_profile));
    write_names("endpoints", decision_.picks);
    write_names("fallbacks", decision_.fallbacks);
    line_.key("addresses").begin_array();
    for (const std::uint32_t row : decision_.picks) line_.text(snapshot_.address(row));
    line_.end_array();
    write_scores();
    write_profiles();
    line_.key("reason").text(decision_.reason).key("annotations").begin_object();
    write_annotations();
    line_.end_object();
    if (options.trace) write_trace(options.timings);
    if (options.timings) line_.key("duration_ns").count(decision_.duration_ns);
    line_.end_object();
    return line_.take();
  }

 private:
  std::string_view profile_name(std::uint32_t profile) const {
    return profile < generation_.profile_count() ? generation_.profile_name(profile) : std::string_view{};
  }

  void write_names(std::string_view key, std::span<const std::uint32_t> rows) {
    line_.key(key).begin_array();
    for (const std::uint32_t row : rows) line_.text(snapshot_.name(row));
    line_.end_array();
  }

  void write_scores() {
    line_.key("scores").begin_object();
    if (decision_.dispatched() && decision_.primary_run < decision_.run_count) {
      const ProfileRun& run = decision_.runs[decision_.primary_run];
      for (std::size_t i = 0; i < run.totals.size(); ++i) line_.key(snapshot_.name(run.rows[i])).number(run.totals[i]);
    }
    line_.end_object();
  }

  // A profile that ran again stands once, with the picks of its last run: keys of an object are unique.
  void write_profiles() {
    const std::span runs(decision_.runs.data(), decision_.run_count);
    line_.key("profiles").begin_object();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const ProfileRun* last = &runs[i];
      bool earlier = false;
      for (std::size_t j = 0; j < runs.size(); ++j) {
        if (runs[j].profile != runs[i].profile) continue;
        earlier = earlier || j < i;
        last = &runs[j];
      }
      if (!earlier && !last->shadow) write_names(profile_name(last->profile), last->picks);
    }
    line_.end_object();
    write_shadows(runs);
  }

  void write_shadows(std::span<const ProfileRun> runs) {
    if (std::ranges::none_of(runs, [](const ProfileRun& run) { return run.shadow.has_value(); })) return;
    line_.key("shadows").begin_object();
    for (const ProfileRun& run : runs) {
      if (!run.shadow) continue;
      line_.key(profile_name(run.profile)).begin_object().key("result").text(word(*run.shadow));
      write_names("endpoints", run.picks);
      line_.end_object();
    }
    line_.end_object();
  }

  // Notes and the headers that are set. Keys are unique: what people are told comes before a header of the same name, and that
  // of the request before that of the response.
  void write_annotations() {
    const auto& all = decision_.annotations;
    const auto is_shown = [](const Annotation& note) { return note.kind != SHUNT_NOTE_TARGET_PORT && !note.removes; };
    for (const Annotation& note : all) {
      const bool hidden = std::ranges::any_of(all, [&](const Annotation& other) {
        return is_shown(other) && other.name == note.name && other.kind < note.kind;
      });
      if (is_shown(note) && !hidden) line_.key(note.name).text(note.text);
    }
  }

  void write_trace(bool timings) {
    line_.key("trace").begin_array();
    for (const TraceStage& stage : decision_.trace) write_stage(stage, timings);
    line_.end_array();
  }

  void write_stage(const TraceStage& stage, bool timings) {
    line_.begin_object().key("stage").text(stage_word(stage.stage));
    line_.key("plugin").text(stage.plugin).key("type").text(stage.type);
    if (stage.profile != SHUNT_NONE) line_.key("profile").text(profile_name(stage.profile));
    line_.key("round").count(stage.round);
    line_.key("before").count(stage.candidates_before).key("after").count(stage.candidates_after);
    switch (stage.stage) {
      case TraceStage::Stage::Filter: write_names("dropped", stage.dropped); break;
      case TraceStage::Stage::Scorer: write_scorer(stage); break;
      case TraceStage::Stage::Picker: write_names("picks", stage.picks); break;
      case TraceStage::Stage::PickProfiles:
        line_.key("profiles").begin_array();
        for (const std::uint32_t profile : stage.profiles) line_.text(profile_name(profile));
        line_.end_array();
        break;
      case TraceStage::Stage::Producer:
      case TraceStage::Stage::ProcessResults: break;
    }
    if (!stage.reasons.empty()) {
      line_.key("reasons").begin_object();
      for (const auto& [row, reason] : stage.reasons) line_.key(snapshot_.name(row)).text(reason);
      line_.end_object();
    }
    write_faults(stage);
    if (timings) line_.key("duration_ns").count(stage.duration_ns);
    line_.end_object();
  }

  void write_scorer(const TraceStage& stage) {
    line_.key("weight").number(stage.weight).key("scores").begin_object();
    for (std::size_t i = 0; i < stage.rows.size(); ++i) {
      line_.key(snapshot_.name(stage.rows[i])).begin_object();
      if (i < stage.raw.size()) line_.key("raw").number(stage.raw[i]);
      if (i < stage.weighted.size()) line_.key("weighted").number(stage.weighted[i]);
      line_.end_object();
    }
    line_.end_object();
  }

  // What went well is not worth a key.
  void write_faults(const TraceStage& stage) {
    if (stage.status != 0) line_.key("status").integer(stage.status);
    if (!stage.error.empty()) line_.key("error").text(stage.error);
    if (stage.skipped) line_.key("skipped").flag(true);
    if (stage.defaulted) line_.key("defaulted").flag(true);
    if (stage.faults != 0) line_.key("faults").count(stage.faults);
    if (stage.clamped != 0) line_.key("clamped").count(stage.clamped);
    if (stage.unwritten != 0) line_.key("unwritten").count(stage.unwritten);
  }

  const Decision& decision_;
  const Snapshot& snapshot_;
  const Generation& generation_;
  JsonLine line_;
};

}  // namespace

std::string decision_to_json(const Decision& decision, const Request& request, const Snapshot& snapshot,
                             const Generation& generation, const DecisionJsonOptions& options) {
  return DecisionWriter(decision, snapshot, generation).write(request, options);
}

std::string number_to_json(double value) {
  if (!std::isfinite(value)) return "null";
  if (value == 0.0) return "0";
  const double size = std::abs(value);
  const bool fixed = size >= kLeastFixed && size < kMostFixed;
  std::array<char, 64> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     fixed ? std::chars_format::fixed : std::chars_format::scientific);
  std::string out(buffer.data(), written.ptr);
  if (fixed) return out;
  // The C library writes 1e-09 and 1e+30 where people write 1e-9 and 1e30.
  const std::size_t sign = out.find('e') + 1;
  const std::size_t digit = out.find_first_not_of('0', sign + 1);
  out.erase(sign + 1, digit - sign - 1);
  if (out[sign] == '+') out.erase(sign, 1);
  return out;
}

}  // namespace shunt
