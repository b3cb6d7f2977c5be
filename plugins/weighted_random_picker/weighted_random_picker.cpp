// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/picker.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace {

using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Picks;
using shunt::sdk::View;

// An endpoint's place in the weighted draw. The logarithm of U^(1 / total) orders endpoints as the power does, and small
// totals do not underflow to equal keys.
class Place {
 public:
  Place(std::uint64_t seed, std::uint64_t key, double total) : draw_(shunt_draw(seed, key)) {
    if (total <= 0) return;
    log_key_ = std::max(std::log(shunt_draw_unit(seed, key)) / total, std::numeric_limits<double>::lowest());
  }
  bool before(const Place& other) const {
    return log_key_ != other.log_key_ ? log_key_ > other.log_key_ : draw_ > other.draw_;
  }

 private:
  double log_key_ = -std::numeric_limits<double>::infinity();  // the chance of a total of 0 or less
  std::uint64_t draw_;  // decides between endpoints of which none has a positive total
};

class WeightedRandomPicker {
 public:
  SHUNT_PLUGIN("weighted-random-picker", "1.0.0",
               "Picks endpoints at random, with chances in proportion to their totals")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "maxNumOfEndpoints": {
      "type": "integer", "default": 1,
      "description": "Endpoints to pick; 0 and less mean 1"
    }
  }
})";

  explicit WeightedRandomPicker(Init& init)
      : wanted_(static_cast<std::size_t>(std::clamp(init.parameter("maxNumOfEndpoints").number(1), 1.0, 1e9))) {}

  void pick(const Cycle& cycle, View view, std::span<const double> totals, Picks& picks) const {
    if (totals.empty()) return;
    const auto place = [&](std::size_t row) { return Place(cycle.seed(), view.key(row), totals[row]); };
    if (wanted_ == 1) {
      std::size_t chosen = 0;
      Place best = place(0);
      for (std::size_t i = 1; i < totals.size(); ++i) {
        if (const Place other = place(i); other.before(best)) {
          best = other;
          chosen = i;
        }
      }
      picks.add(chosen);
      return;
    }
    const std::span<std::uint32_t> rows = picks.rows().first(totals.size());
    std::iota(rows.begin(), rows.end(), 0u);
    const std::size_t n = std::min(wanted_, rows.size());
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(n), rows.end(),
                      [&](std::uint32_t a, std::uint32_t b) { return place(a).before(place(b)); });
    picks.resize(n);
  }

 private:
  std::size_t wanted_;
};

}  // namespace

SHUNT_LIBRARY(WeightedRandomPicker)
