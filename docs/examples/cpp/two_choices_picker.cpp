// SPDX-License-Identifier: Apache-2.0
// A picker in C++: the better of two candidates drawn by chance. The classic cure for herds: schedulers that see the same
// stale numbers do not all run to the same endpoint.
#include <shunt/sdk/picker.hpp>
#include <utility>

namespace {

using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Picks;
using shunt::sdk::View;

class TwoChoicesPicker {
 public:
  SHUNT_PLUGIN("two-choices-picker", "1.0.0", "Takes the better of two candidates drawn by chance")

  // No parameters and no columns: totals and keys are there anyway.
  explicit TwoChoicesPicker(Init&) {}

  void pick(const Cycle& cycle, View view, std::span<const double> totals, Picks& picks) const {
    // The two highest draws win. A draw belongs to seed and endpoint, so the order of the endpoints does not matter.
    std::size_t first = 0;
    std::size_t second = 0;
    std::uint64_t best = 0;
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < totals.size(); ++i) {
      const std::uint64_t draw = shunt_draw(cycle.seed(), view.key(i));
      if (i == 0 || draw > best) {
        second = first;
        next = best;
        first = i;
        best = draw;
      } else if (second == first || draw > next) {
        second = i;
        next = draw;
      }
    }
    // In order of preference: the other one is what a retry takes next.
    if (totals[second] > totals[first]) std::swap(first, second);
    picks.add(first);
    if (second != first) picks.add(second);
  }
};

}  // namespace

SHUNT_LIBRARY(TwoChoicesPicker)
