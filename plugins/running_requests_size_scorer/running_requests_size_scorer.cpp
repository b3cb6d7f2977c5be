// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <limits>

namespace {

using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::View;

// Only endpoints that report a number are compared; the others score 0, because an unknown load is not an empty one.
void score_known_rows(const ColumnView<double>& running, std::span<double> score) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (!running.has(i)) continue;
    low = std::min(low, running[i]);
    high = std::max(high, running[i]);
  }
  const double range = high - low;
  for (std::size_t i = 0; i < score.size(); ++i) {
    const double relative = range == 0 ? 1.0 : (high - running[i]) / range;
    score[i] = running.has(i) ? relative : 0.0;
  }
}

class RunningRequestsSizeScorer {
 public:
  SHUNT_PLUGIN("running-requests-size-scorer", "1.0.0",
               "Prefers endpoints with few running requests, relative to the other candidates")
  static constexpr std::string_view kReads[] = {"running"};

  explicit RunningRequestsSizeScorer(Init& init) : running_(init.column<double>("running")) {}

  void score(const Cycle&, View view, std::span<double> score) const {
    const auto running = running_(view);
    if (!running.complete()) {
      score_known_rows(running, score);
      return;
    }
    double low = 0;
    double high = 0;
    shunt_min_max(running.data(), score.size(), &low, &high);
    shunt_descending(running.data(), score.size(), high, high - low, score.data());
  }

 private:
  Column<double> running_;
};

}  // namespace

SHUNT_LIBRARY(RunningRequestsSizeScorer)
