// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/picker.hpp>

#include <algorithm>
#include <numeric>
#include <string>

namespace {

using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Picks;
using shunt::sdk::View;

class MaxScorePicker {
 public:
  SHUNT_PLUGIN("max-score-picker", "1.0.0", "Picks the endpoints with the highest totals")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "maxNumOfEndpoints": {
      "type": "integer", "default": 1,
      "description": "Endpoints to pick, best first; 0 and less mean 1"
    },
    "ties": {
      "type": "string", "enum": ["random", "first"], "default": "random",
      "description": "Which of equal endpoints goes first: drawn anew for each request, or the one listed first"
    }
  }
})";

  explicit MaxScorePicker(Init& init)
      : wanted_(static_cast<std::size_t>(std::clamp(init.parameter("maxNumOfEndpoints").number(1), 1.0, 1e9))) {
    const std::string ties = init.parameter("ties").text("random");
    if (ties != "random" && ties != "first") {
      throw Error("parameter /ties must be \"random\" or \"first\", found \"" + ties + "\"");
    }
    draws_ties_ = ties == "random";
  }

  void pick(const Cycle& cycle, View view, std::span<const double> totals, Picks& picks) const {
    if (totals.empty()) return;
    if (wanted_ == 1) {
      picks.add(best(cycle, view, totals));
      return;
    }
    const std::span<std::uint32_t> rows = picks.rows().first(totals.size());
    std::iota(rows.begin(), rows.end(), 0u);
    const std::size_t n = std::min(wanted_, rows.size());
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(n), rows.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                        if (totals[a] != totals[b]) return totals[a] > totals[b];
                        if (!draws_ties_) return a < b;
                        return shunt_draw(cycle.seed(), view.key(a)) > shunt_draw(cycle.seed(), view.key(b));
                      });
    picks.resize(n);
  }

 private:
  std::size_t best(const Cycle& cycle, View view, std::span<const double> totals) const {
    const double highest = shunt_max(totals.data(), totals.size());
    std::size_t chosen = shunt_find_equal(totals.data(), totals.size(), 0, highest);
    if (!draws_ties_) return chosen;
    // Draws of different keys are different, so that the order of the rows does not matter.
    std::uint64_t highest_draw = shunt_draw(cycle.seed(), view.key(chosen));
    for (std::size_t i = shunt_find_equal(totals.data(), totals.size(), chosen + 1, highest); i < totals.size(); ++i) {
      if (totals[i] != highest) continue;
      const std::uint64_t draw = shunt_draw(cycle.seed(), view.key(i));
      if (draw > highest_draw) {
        chosen = i;
        highest_draw = draw;
      }
    }
    return chosen;
  }

  std::size_t wanted_;
  bool draws_ties_ = true;
};

}  // namespace

SHUNT_LIBRARY(MaxScorePicker)
