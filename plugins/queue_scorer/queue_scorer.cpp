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

// Only endpoints that report a number are compared; the others score 0, because an unknown queue is not an empty one.
void score_known_rows(const ColumnView<double>& queue, std::span<double> score) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (!queue.has(i)) continue;
    low = std::min(low, queue[i]);
    high = std::max(high, queue[i]);
  }
  const double range = high - low;
  for (std::size_t i = 0; i < score.size(); ++i) {
    const double relative = range == 0 ? 1.0 : (high - queue[i]) / range;
    score[i] = queue.has(i) ? relative : 0.0;
  }
}

class QueueScorer {
 public:
  SHUNT_PLUGIN("queue-scorer", "1.0.0", "Prefers endpoints with few waiting requests, relative to the other candidates")
  static constexpr std::string_view kReads[] = {"queue"};

  explicit QueueScorer(Init& init) : queue_(init.column<double>("queue")) {}

  void score(const Cycle&, View view, std::span<double> score) const {
    const auto queue = queue_(view);
    if (!queue.complete()) {
      score_known_rows(queue, score);
      return;
    }
    double low = 0;
    double high = 0;
    shunt_min_max(queue.data(), score.size(), &low, &high);
    shunt_descending(queue.data(), score.size(), high, high - low, score.data());
  }

 private:
  Column<double> queue_;
};

}  // namespace

SHUNT_LIBRARY(QueueScorer)
