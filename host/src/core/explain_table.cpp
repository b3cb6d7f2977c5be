// SPDX-License-Identifier: Apache-2.0
#include "explain_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::host {

namespace {

using Stage = TraceStage::Stage;

constexpr std::size_t kMostColumns = 8;
constexpr std::size_t kMostDropped = 4;
constexpr std::size_t kNumberWidth = 7;

// Three digits behind the point say enough to a reader; the JSON forms have all of them.
std::string short_number(double value) {
  if (!std::isfinite(value)) return "-";
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 3).ptr;
  return {buffer.data(), end};
}

std::string left(std::string_view text, std::size_t width) {
  std::string out(text);
  out.append(width > text.size() ? width - text.size() : 0, ' ');
  return out;
}

std::string right(std::string_view text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ').append(text);
}

std::string microseconds(std::uint64_t nanoseconds) {
  return short_number(static_cast<double>(nanoseconds) / 1000.0) + " us";
}

// A run's stages and how to draw them.
class RunTable {
 public:
  RunTable(const Snapshot& snapshot, const ProfileRun& run, std::span<const TraceStage* const> stages, bool timings)
      : snapshot_(snapshot), run_(run), stages_(stages), timings_(timings) {
    for (const TraceStage* stage : stages) {
      if (stage->stage == Stage::Scorer) label_width_ = std::max(label_width_, stage->plugin.size());
    }
    choose_columns();
  }

  std::string draw() {
    bool header = false;
    for (const TraceStage* stage : stages_) {
      if (stage->stage == Stage::Filter) draw_filter(*stage);
      if (stage->stage == Stage::Scorer) {
        if (!std::exchange(header, true)) draw_header();
        draw_scorer(*stage);
      }
      if (stage->stage == Stage::Picker) {
        if (header) draw_totals();
        draw_picker(*stage);
      }
    }
    if (hidden_ != 0) out_ += " (and " + std::to_string(hidden_) + " more endpoints with lower totals)\n";
    return std::move(out_);
  }

 private:
  // The best by total, and in any case the picks.
  void choose_columns() {
    std::vector<std::size_t> order(run_.totals.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto picked = [&](std::size_t i) { return std::ranges::find(run_.picks, run_.rows[i]) != run_.picks.end(); };
    if (order.size() > kMostColumns) {
      std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
        if (picked(a) != picked(b)) return picked(a);
        return run_.totals[a] > run_.totals[b];
      });
      hidden_ = order.size() - kMostColumns;
      order.resize(kMostColumns);
      std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return run_.totals[a] > run_.totals[b]; });
    }
    for (const std::size_t i : order) {
      columns_.push_back(run_.rows[i]);
      widths_.push_back(std::max<std::size_t>(snapshot_.name(run_.rows[i]).size(), 2 * kNumberWidth));
      totals_.push_back(run_.totals[i]);
    }
  }

  void end_line(const TraceStage* stage) {
    while (out_.ends_with(' ')) out_.pop_back();
    if (stage != nullptr && timings_) out_ += "   " + microseconds(stage->duration_ns);
    if (stage != nullptr && stage->status < 0) out_ += "   failed: " + stage->error;
    if (stage != nullptr && stage->skipped) out_ += "   not called: its circuit breaker is open";
    if (stage != nullptr && stage->defaulted) out_ += "   (default taken)";
    out_ += '\n';
  }

  void draw_filter(const TraceStage& stage) {
    out_ += " filter  " + left(stage.plugin, label_width_) + "  " + std::to_string(stage.candidates_before) + " -> " +
            std::to_string(stage.candidates_after);
    std::map<std::string, std::vector<std::string_view>> by_reason;
    for (const std::uint32_t row : stage.dropped) {
      const auto reason = std::ranges::find(stage.reasons, row, &std::pair<std::uint32_t, std::string>::first);
      by_reason[reason != stage.reasons.end() ? reason->second : ""].push_back(snapshot_.name(row));
    }
    const char* separator = "    ";
    for (const auto& [reason, names] : by_reason) {
      out_ += separator;
      for (std::size_t i = 0; i < names.size() && i < kMostDropped; ++i)
        out_.append(i == 0 ? "" : ", ").append(names[i]);
      if (names.size() > kMostDropped) out_ += " and " + std::to_string(names.size() - kMostDropped) + " more";
      out_ += " dropped";
      if (!reason.empty()) out_ += ": " + reason;
      separator = "; ";
    }
    end_line(&stage);
  }

  void draw_header() {
    out_ += " " + left("scorer", label_width_ + 8) + right("weight", kNumberWidth) + "   ";
    for (std::size_t i = 0; i < columns_.size(); ++i) out_ += left(snapshot_.name(columns_[i]), widths_[i] + 2);
    end_line(nullptr);
  }

  void draw_scorer(const TraceStage& stage) {
    out_ += " " + left(stage.plugin, label_width_ + 8) + right(short_number(stage.weight), kNumberWidth) + "   ";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto place = std::ranges::find(stage.rows, columns_[i]);
      const auto at = static_cast<std::size_t>(place - stage.rows.begin());
      const bool known = place != stage.rows.end() && at < stage.raw.size() && at < stage.weighted.size();
      const std::string raw = known ? short_number(stage.raw[at]) : "-";
      const std::string weighted = known ? short_number(stage.weighted[at]) : "-";
      out_ += left(left(raw, kNumberWidth) + weighted, widths_[i] + 2);
    }
    end_line(&stage);
    if (stage.clamped + stage.faults != 0) {
      out_ += "         " + std::to_string(stage.faults) + " scores were no numbers, " + std::to_string(stage.clamped) +
              " outside 0 to 1\n";
    }
  }

  void draw_totals() {
    out_ += " " + left("total", label_width_ + 8 + kNumberWidth) + "   ";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      out_ += left(left("", kNumberWidth) + short_number(totals_[i]), widths_[i] + 2);
    }
    end_line(nullptr);
  }

  void draw_picker(const TraceStage& stage) {
    out_ += " picker  " + left(stage.plugin, label_width_) + "  ->";
    for (std::size_t i = 0; i < stage.picks.size(); ++i) {
      out_.append(i == 0 ? " " : ", ").append(snapshot_.name(stage.picks[i]));
    }
    if (const auto ahead = lead(stage)) {
      out_ += ahead->margin < 0.0
                  ? "   behind " + std::string(snapshot_.name(ahead->other)) + " by " + short_number(-ahead->margin)
                  : "   margin " + short_number(ahead->margin);
    }
    end_line(&stage);
  }

  struct Lead {
    double margin;        // of the first pick; negative where the picker did not take the best
    std::uint32_t other;  // row of the best of all others
  };

  std::optional<Lead> lead(const TraceStage& stage) const {
    std::optional<double> own;
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < run_.totals.size(); ++i) {
      if (!stage.picks.empty() && run_.rows[i] == stage.picks.front()) {
        own = run_.totals[i];
      } else if (!best || run_.totals[i] > run_.totals[*best]) {
        best = i;
      }
    }
    if (!own || !best) return std::nullopt;
    return Lead{*own - run_.totals[*best], run_.rows[*best]};
  }

  const Snapshot& snapshot_;
  const ProfileRun& run_;
  std::span<const TraceStage* const> stages_;
  bool timings_;
  std::size_t label_width_ = 10;
  std::vector<std::uint32_t> columns_;
  std::vector<std::size_t> widths_;
  std::vector<double> totals_;
  std::size_t hidden_ = 0;
  std::string out_;
};

// Stages of one run follow each other: filters, scorers, picker, all of one profile. The picker ends a run that was not cut short.
std::vector<std::vector<const TraceStage*>> stages_by_run(const Decision& decision) {
  std::vector<std::vector<const TraceStage*>> runs;
  for (std::size_t i = 0; i < decision.trace.size(); ++i) {
    const TraceStage& stage = decision.trace[i];
    if (stage.profile == SHUNT_NONE) continue;
    const TraceStage* previous = i == 0 ? nullptr : &decision.trace[i - 1];
    const bool starts = previous == nullptr || previous->profile != stage.profile || previous->stage == Stage::Picker;
    if (starts) runs.emplace_back();
    runs.back().push_back(&stage);
  }
  return runs;
}

// Notes, the headers of request and response, and the port, each under a word of its own.
std::string note_line(const Annotation& note) {
  const std::string text = note.removes ? "(removed)" : note.text;
  switch (note.kind) {
    case SHUNT_NOTE_REQUEST_HEADER: return " header  " + note.name + ": " + text + "\n";
    case SHUNT_NOTE_RESPONSE_HEADER: return " answer  " + note.name + ": " + text + "\n";
    case SHUNT_NOTE_TARGET_PORT: return " port    " + text + "\n";
    default: return " note    " + note.name + ": " + text + "\n";
  }
}

}  // namespace

std::string explain_table(const Decision& decision, const Request& request, const Snapshot& snapshot,
                          const Generation& generation, bool timings) {
  const std::string facts = "  generation " + std::to_string(decision.generation) + "  endpoints " +
                            std::to_string(snapshot.size()) +
                            (timings ? "  " + microseconds(decision.duration_ns) : std::string());
  std::string out = "request " + request.id;
  if (!decision.dispatched()) {
    out += "  rejected " + std::to_string(decision.http_status) + " " + decision.code + facts + "\n reason  " +
           decision.reason + "\n";
  } else {
    out += "  profile " + std::string(generation.profile_name(decision.primary_profile)) + facts + "\n";
  }
  const auto stages = stages_by_run(decision);
  for (std::size_t i = 0; i < decision.run_count && i < stages.size(); ++i) {
    const ProfileRun& run = decision.runs[i];
    const bool named = decision.run_count > 1 || !decision.dispatched();
    if (named) {
      out += " profile " + std::string(generation.profile_name(run.profile));
      if (run.shadow) out.append("  shadow: ").append(word(*run.shadow));
      out += '\n';
    }
    out += RunTable(snapshot, run, stages[i], timings).draw();
  }
  for (std::size_t i = 0; i < decision.fallbacks.size(); ++i) {
    out.append(i == 0 ? " fallbacks  " : ", ").append(snapshot.name(decision.fallbacks[i]));
  }
  if (!decision.fallbacks.empty()) out += '\n';
  for (const Annotation& note : decision.annotations) out += note_line(note);
  return out;
}

}  // namespace shunt::host
