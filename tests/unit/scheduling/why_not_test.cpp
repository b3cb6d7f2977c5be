// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <shunt/framework/why_not.hpp>

namespace shunt {
namespace {

using ::testing::HasSubstr;

struct Scorer {
  double weight;
  std::vector<double> raw;  // per row
};

double corrected(double raw) { return std::isfinite(raw) ? std::min(1.0, std::max(0.0, raw)) : 0.0; }

double total_of(const std::vector<Scorer>& scorers, std::size_t row) {
  double sum = 0.0;
  for (const Scorer& scorer : scorers) sum += scorer.weight * corrected(scorer.raw[row]);
  return sum;
}

std::ostream& operator<<(std::ostream& out, const Scorer& scorer) {
  out << "{" << scorer.weight << ":";
  for (const double raw : scorer.raw) out << " " << raw;
  return out << "}";
}

bool leads_alone(const std::vector<Scorer>& scorers, std::size_t row, double by = 0.0) {
  for (std::size_t other = 0; other < scorers.front().raw.size(); ++other) {
    if (other != row && !(total_of(scorers, row) > total_of(scorers, other) + by)) return false;
  }
  return true;
}

// A decision of max-score over one profile, as the scheduler records it.
Decision decide(const std::vector<Scorer>& scorers) {
  Decision decision;
  decision.outcome = Outcome::Dispatched;
  decision.primary_profile = 0;
  decision.run_count = 1;
  ProfileRun& run = decision.runs.emplace_back();
  const std::size_t rows = scorers.front().raw.size();
  for (std::size_t row = 0; row < rows; ++row) {
    run.rows.push_back(static_cast<std::uint32_t>(row));
    run.totals.push_back(total_of(scorers, row));
  }
  const auto best = std::ranges::max_element(run.totals) - run.totals.begin();
  run.picks = decision.picks = {static_cast<std::uint32_t>(best)};
  for (std::size_t i = 0; i < scorers.size(); ++i) {
    TraceStage& stage = decision.trace.emplace_back();
    stage.stage = TraceStage::Stage::Scorer;
    stage.plugin = "s" + std::to_string(i);
    stage.profile = 0;
    stage.run = 0;
    stage.weight = scorers[i].weight;
    stage.rows = run.rows;
    stage.raw = scorers[i].raw;
  }
  return decision;
}

rc::Gen<std::vector<Scorer>> pools() {
  // Few distinct values, so that ties and equal slopes are common.
  const auto score = rc::gen::map(rc::gen::inRange(-2, 13),
                                  [](int n) { return n == -2 ? std::numeric_limits<double>::quiet_NaN() : n / 10.0; });
  const auto weight = rc::gen::map(rc::gen::inRange(0, 7), [](int n) { return n / 2.0; });
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(2, 7), [=](std::size_t rows) {
    const auto scorer = rc::gen::map(rc::gen::pair(weight, rc::gen::container<std::vector<double>>(rows, score)),
                                     [](const auto& parts) {
                                       return Scorer{parts.first, parts.second};
                                     });
    return rc::gen::mapcat(rc::gen::inRange<std::size_t>(1, 5),
                           [=](std::size_t count) { return rc::gen::container<std::vector<Scorer>>(count, scorer); });
  });
}

TEST(WhyNot, AnswerIsTheSmallestChangeThatDecides) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<Scorer> scorers = *pools();
    const Decision decision = decide(scorers);
    const auto row = *rc::gen::inRange<std::size_t>(0, scorers.front().raw.size());
    const WhyNot answer = why_not(decision, static_cast<std::uint32_t>(row));
    if (decision.picks.front() == row) {
      RC_ASSERT(answer.answer == WhyNot::Answer::Chosen);
      return;
    }
    const bool changes = answer.answer == WhyNot::Answer::WeightChange;
    RC_ASSERT(changes || answer.answer == WhyNot::Answer::NoWeightChange);
    double smallest = std::numeric_limits<double>::infinity();
    if (changes) {
      const std::size_t which = static_cast<std::size_t>(std::stoul(answer.plugin.substr(1)));
      RC_ASSERT(answer.weight_now == scorers[which].weight);
      RC_ASSERT(answer.weight >= 0.0);
      smallest = std::abs(answer.weight - answer.weight_now);
      std::vector<Scorer> with = scorers;
      with[which].weight = answer.weight;
      RC_ASSERT(leads_alone(with, row));
    }
    // Nothing on a fine grid of weights decides with a smaller change, rounding of equal totals aside.
    for (std::size_t i = 0; i < scorers.size(); ++i) {
      std::vector<Scorer> with = scorers;
      for (int step = 0; step <= 4000; ++step) {
        with[i].weight = step / 200.0;
        if (std::abs(with[i].weight - scorers[i].weight) > smallest - 1e-9) continue;
        RC_ASSERT(!leads_alone(with, row, 1e-9));
      }
    }
  }));
}

TEST(WhyNot, JustShortOfTheAnswerIsNotEnough) {
  const std::vector<Scorer> scorers = {{1.0, {0.2, 0.8}}, {1.0, {0.9, 0.5}}};
  const WhyNot answer = why_not(decide(scorers), 0);
  ASSERT_EQ(answer.answer, WhyNot::Answer::WeightChange);
  EXPECT_EQ(answer.plugin, "s0");
  EXPECT_NEAR(answer.weight, 0.4 / 0.6, 1e-12);
  EXPECT_LT(answer.weight, 0.4 / 0.6 + 1e-15);
  EXPECT_THAT(to_text(answer, "ep-1"), HasSubstr("\"s0\" had a weight just below 0.666667 instead of 1"));
}

TEST(WhyNot, NoWeightHelpsWhoIsWorseEverywhere) {
  EXPECT_EQ(why_not(decide({{1.0, {0.2, 0.8}}, {2.0, {0.5, 0.5}}}), 0).answer, WhyNot::Answer::NoWeightChange);
}

TEST(WhyNot, AZeroWeightMayRise) {
  const WhyNot answer = why_not(decide({{1.0, {0.2, 0.8}}, {0.0, {1.0, 0.0}}}), 0);
  ASSERT_EQ(answer.answer, WhyNot::Answer::WeightChange);
  EXPECT_EQ(answer.plugin, "s1");
  EXPECT_EQ(answer.weight_now, 0.0);
  EXPECT_NEAR(answer.weight, 0.6, 1e-12);
}

TEST(WhyNot, NamesTheFilterAndItsReason) {
  Decision decision = decide({{1.0, {0.2, 0.8}}});
  TraceStage filter;
  filter.stage = TraceStage::Stage::Filter;
  filter.plugin = "decode";
  filter.profile = 0;
  filter.run = 0;
  filter.dropped = {7};
  filter.reasons = {{7, "role=prefill"}};
  decision.trace.insert(decision.trace.begin(), filter);
  const WhyNot answer = why_not(decision, 7);
  EXPECT_EQ(answer.answer, WhyNot::Answer::Filtered);
  EXPECT_EQ(to_text(answer, "ep-7"), "\"ep-7\" was removed by the filter \"decode\": role=prefill");
  EXPECT_EQ(why_not(decision, 8).answer, WhyNot::Answer::NotACandidate);
}

TEST(WhyNot, ARejectedDecisionStillNamesTheFilter) {
  Decision decision;
  decision.reason = "the filters left no endpoint";
  TraceStage& filter = decision.trace.emplace_back();
  filter.plugin = "busy";
  filter.profile = 0;
  filter.run = 0;
  filter.dropped = {1};
  EXPECT_EQ(why_not(decision, 1).answer, WhyNot::Answer::Filtered);
  EXPECT_EQ(why_not(decision, 2).answer, WhyNot::Answer::Rejected);
}

TEST(WhyNot, SaysWhenThePickerDidNotTakeTheBest) {
  Decision decision = decide({{1.0, {0.2, 0.8}}});
  decision.picks = {0};
  const WhyNot answer = why_not(decision, 1);
  EXPECT_EQ(answer.answer, WhyNot::Answer::NoWeightChange);
  EXPECT_THAT(to_text(answer, "ep-2"), HasSubstr("the picker that chose otherwise"));
}

TEST(WhyNot, LooksAtTheRunThatWasChosenWhenAProfileRanTwice) {
  Decision decision = decide({{1.0, {0.2, 0.8}}});
  TraceStage again = decision.trace.front();
  again.run = 1;  // in the same round: a handler may name a profile twice
  again.raw = {0.9, 0.1};
  decision.trace.push_back(again);
  decision.runs.push_back(decision.runs.front());
  decision.runs[1].totals = {0.9, 0.1};
  decision.run_count = 2;
  decision.primary_run = 1;
  decision.picks = {0};
  const WhyNot answer = why_not(decision, 1);
  EXPECT_EQ(answer.total, 0.1);
  EXPECT_EQ(answer.best_total, 0.9);
  EXPECT_EQ(answer.answer, WhyNot::Answer::NoWeightChange);
}

}  // namespace
}  // namespace shunt
