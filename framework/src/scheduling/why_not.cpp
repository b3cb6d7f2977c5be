// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <shunt/framework/why_not.hpp>
#include <span>
#include <vector>

namespace shunt {

namespace {

using Stage = TraceStage::Stage;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The stages of the run whose picks were taken, in trace order.
std::vector<const TraceStage*> stages_of_primary_run(const Decision& decision) {
  std::vector<const TraceStage*> stages;
  if (decision.primary_run >= decision.run_count) return stages;
  for (const TraceStage& stage : decision.trace) {
    if (stage.run == decision.primary_run) stages.push_back(&stage);
  }
  return stages;
}

const TraceStage* filter_that_dropped(std::span<const TraceStage* const> stages, std::uint32_t row) {
  for (const TraceStage* stage : stages) {
    if (stage->stage == Stage::Filter && std::ranges::count(stage->dropped, row) != 0) return stage;
  }
  return nullptr;
}

WhyNot filtered(const TraceStage& stage, std::uint32_t row) {
  WhyNot answer;
  answer.answer = WhyNot::Answer::Filtered;
  answer.plugin = stage.plugin;
  for (const auto& [of, reason] : stage.reasons) {
    if (of == row) answer.reason = reason;
  }
  return answer;
}

// What a scorer gave each candidate after correction: the factors of its weight.
struct Scorer {
  const TraceStage* stage;
  std::vector<double> scores;  // parallel to the run's rows
};

// Totals with one weight replaced, added up in the order in which the framework adds, so that they are its very numbers.
class Totals {
 public:
  Totals(std::span<const TraceStage* const> stages, const ProfileRun& run) : size_(run.rows.size()) {
    for (const TraceStage* stage : stages) {
      if (stage->stage != Stage::Scorer) continue;
      Scorer scorer{stage, std::vector<double>(size_, 0.0)};
      const bool counts = stage->status == SHUNT_OK;
      for (std::size_t i = 0; counts && i < stage->rows.size() && i < stage->raw.size(); ++i) {
        const auto place = std::ranges::find(run.rows, stage->rows[i]);
        const double raw = stage->raw[i];
        if (place == run.rows.end() || !std::isfinite(raw)) continue;
        scorer.scores[static_cast<std::size_t>(place - run.rows.begin())] = std::clamp(raw, 0.0, 1.0);
      }
      scorers_.push_back(std::move(scorer));
    }
  }

  const std::vector<Scorer>& scorers() const { return scorers_; }

  bool beats_all_others(std::size_t candidate, const Scorer& changed, double weight) const {
    const double own = total(candidate, changed, weight);
    for (std::size_t i = 0; i < size_; ++i) {
      if (i != candidate && !(own > total(i, changed, weight))) return false;
    }
    return true;
  }

 private:
  double total(std::size_t candidate, const Scorer& changed, double weight) const {
    double sum = 0.0;
    for (const Scorer& scorer : scorers_) {
      sum += (&scorer == &changed ? weight : scorer.stage->weight) * scorer.scores[candidate];
    }
    return sum;
  }

  std::size_t size_;
  std::vector<Scorer> scorers_;
};

// Weights of one scorer with which a candidate is ahead of all others; both ends excluded.
struct Interval {
  double low = -kInfinity;
  double high = kInfinity;
};

// Each rival bounds the weight from one side: own - rival = lead + (weight - now) * slope has to be positive.
Interval winning_weights(std::size_t candidate, const Scorer& scorer, std::span<const double> totals) {
  Interval interval;
  const double now = scorer.stage->weight;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    if (i == candidate) continue;
    const double lead = totals[candidate] - totals[i];
    const double slope = scorer.scores[candidate] - scorer.scores[i];
    if (slope > 0.0) {
      interval.low = std::max(interval.low, now - lead / slope);
    } else if (slope < 0.0) {
      interval.high = std::min(interval.high, now - lead / slope);
    } else if (!(lead > 0.0)) {
      return {kInfinity, -kInfinity};
    }
  }
  return interval;
}

// The first number beyond `bound`, seen from the present weight, that really decides: sums of rounded products may still
// tie right at the bound, so the step is doubled until they do not.
std::optional<double> weight_beyond(double bound, bool upwards, const Totals& totals, std::size_t candidate,
                                    const Scorer& scorer, const Interval& interval) {
  const double target = upwards ? kInfinity : 0.0;
  double step = std::abs(std::nextafter(bound, target) - bound);
  while (std::isfinite(step)) {
    const double weight = upwards ? bound + step : std::max(0.0, bound - step);
    if (!(weight >= 0.0) || !(weight < interval.high) || !(weight > interval.low) || std::isinf(weight)) break;
    if (totals.beats_all_others(candidate, scorer, weight)) return weight;
    if (weight == 0.0) break;
    step *= 2.0;
  }
  return std::nullopt;
}

void find_weight_change(WhyNot& answer, const Totals& totals, const ProfileRun& run, std::size_t candidate) {
  double smallest = kInfinity;
  for (const Scorer& scorer : totals.scorers()) {
    const Interval interval = winning_weights(candidate, scorer, run.totals);
    const double now = scorer.stage->weight;
    if (!(interval.low < interval.high) || !(interval.high > 0.0)) continue;
    const bool upwards = interval.low >= now;
    const auto weight = weight_beyond(upwards ? interval.low : std::min(interval.high, now), upwards, totals, candidate,
                                      scorer, interval);
    if (!weight || !(std::abs(*weight - now) < smallest)) continue;
    smallest = std::abs(*weight - now);
    answer.answer = WhyNot::Answer::WeightChange;
    answer.plugin = scorer.stage->plugin;
    answer.weight_now = now;
    answer.weight = *weight;
  }
}

// Six digits are enough to say where the bound is.
std::string rounded(double value) {
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 6).ptr;
  return {buffer.data(), end};
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

WhyNot why_not(const Decision& decision, std::uint32_t snapshot_row) {
  WhyNot answer;
  if (!decision.dispatched()) {
    std::vector<const TraceStage*> all;
    for (const TraceStage& stage : decision.trace) all.push_back(&stage);
    if (const TraceStage* filter = filter_that_dropped(all, snapshot_row)) return filtered(*filter, snapshot_row);
    answer.answer = WhyNot::Answer::Rejected;
    answer.reason = decision.reason;
    return answer;
  }
  const std::vector<const TraceStage*> stages = stages_of_primary_run(decision);
  if (decision.primary_run >= decision.run_count) return answer;
  const ProfileRun& run = decision.runs[decision.primary_run];
  const auto place = std::ranges::find(run.rows, snapshot_row);
  if (place == run.rows.end()) {
    const TraceStage* filter = filter_that_dropped(stages, snapshot_row);
    return filter != nullptr ? filtered(*filter, snapshot_row) : answer;
  }
  const auto candidate = static_cast<std::size_t>(place - run.rows.begin());
  answer.total = run.totals[candidate];
  answer.best_total = answer.total;
  if (!decision.picks.empty()) {
    const auto chosen = std::ranges::find(run.rows, decision.picks.front());
    if (chosen != run.rows.end()) answer.best_total = run.totals[static_cast<std::size_t>(chosen - run.rows.begin())];
  }
  if (std::ranges::count(decision.picks, snapshot_row) != 0) {
    answer.answer = WhyNot::Answer::Chosen;
    return answer;
  }
  answer.answer = WhyNot::Answer::NoWeightChange;
  const bool already_ahead = std::ranges::all_of(run.rows, [&](const std::uint32_t& row) {
    return row == snapshot_row || answer.total > run.totals[static_cast<std::size_t>(&row - run.rows.data())];
  });
  if (!already_ahead) find_weight_change(answer, Totals(stages, run), run, candidate);
  return answer;
}

std::string to_text(const WhyNot& answer, std::string_view endpoint) {
  const std::string name = in_quotes(endpoint);
  switch (answer.answer) {
    case WhyNot::Answer::Chosen: return name + " was chosen, with a total of " + rounded(answer.total);
    case WhyNot::Answer::Filtered:
      return name + " was removed by the filter " + in_quotes(answer.plugin) +
             (answer.reason.empty() ? "" : ": " + answer.reason);
    case WhyNot::Answer::NotACandidate: return name + " was no candidate: it was excluded before any filter";
    case WhyNot::Answer::WeightChange:
      return name + " has " + rounded(answer.total) + ", the chosen one " + rounded(answer.best_total) +
             "; it would lead if " + in_quotes(answer.plugin) + " had a weight just " +
             (answer.weight > answer.weight_now ? "above " : "below ") + rounded(answer.weight) + " instead of " +
             rounded(answer.weight_now);
    case WhyNot::Answer::NoWeightChange:
      if (answer.total > answer.best_total) {
        return name + " has the higher total, " + rounded(answer.total) + " against " + rounded(answer.best_total) +
               "; it was the picker that chose otherwise";
      }
      return name + " has " + rounded(answer.total) + ", the chosen one " + rounded(answer.best_total) +
             "; no other weight of a single scorer would make it lead";
    case WhyNot::Answer::Rejected: break;
  }
  return name + " was not chosen because no endpoint was" + (answer.reason.empty() ? "" : ": " + answer.reason);
}

}  // namespace shunt
