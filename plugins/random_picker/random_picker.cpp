// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/picker.hpp>

#include <algorithm>
#include <numeric>

namespace {

using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Picks;
using shunt::sdk::View;

class RandomPicker {
 public:
  SHUNT_PLUGIN("random-picker", "1.0.0", "Picks endpoints at random, whatever their totals")
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

  explicit RandomPicker(Init& init)
      : wanted_(static_cast<std::size_t>(std::clamp(init.parameter("maxNumOfEndpoints").number(1), 1.0, 1e9))) {}

  void pick(const Cycle& cycle, View view, std::span<const double>, Picks& picks) const {
    const std::span<std::uint32_t> rows = picks.rows().first(view.size());
    std::iota(rows.begin(), rows.end(), 0u);
    const std::size_t n = std::min(wanted_, rows.size());
    // Sorted by a draw per endpoint, which is a shuffle that does not depend on the order of the rows.
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(n), rows.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                        return shunt_draw(cycle.seed(), view.key(a)) > shunt_draw(cycle.seed(), view.key(b));
                      });
    picks.resize(n);
  }

 private:
  std::size_t wanted_;
};

}  // namespace

SHUNT_LIBRARY(RandomPicker)
