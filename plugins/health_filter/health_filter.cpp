// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>

namespace {

using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Cycle;
using shunt::sdk::Flag;
using shunt::sdk::Init;
using shunt::sdk::View;

class HealthFilter {
 public:
  SHUNT_PLUGIN("health-filter", "1.0.0", "Keeps endpoints that are healthy, available and not draining")
  static constexpr std::string_view kReads[] = {"healthy", "available", "draining"};

  explicit HealthFilter(Init& init)
      : healthy_(init.optional_column<Flag>("healthy")),
        available_(init.optional_column<Flag>("available")),
        draining_(init.optional_column<Flag>("draining")) {}

  void filter(const Cycle&, View view, std::span<std::uint8_t> keep) const {
    require(healthy_(view), 1, keep);
    require(available_(view), 1, keep);
    require(draining_(view), 0, keep);
  }

  void explain(const Cycle&, View view, std::string_view, std::span<shunt_str> reason) const {
    const auto healthy = healthy_(view);
    const auto available = available_(view);
    const auto draining = draining_(view);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (healthy.has(i) && healthy[i] == 0) {
        reason[i] = shunt::sdk::to_abi("not healthy");
      } else if (available.has(i) && available[i] == 0) {
        reason[i] = shunt::sdk::to_abi("not available");
      } else if (draining.has(i) && draining[i] != 0) {
        reason[i] = shunt::sdk::to_abi("draining");
      }
    }
  }

 private:
  // A row without a value is as it should be: nobody says otherwise.
  static void require(const ColumnView<Flag>& flag, std::uint8_t wanted, std::span<std::uint8_t> keep) {
    if (flag.absent()) return;
    const std::uint8_t* const value = flag.data();
    const std::uint8_t* const valid = flag.raw().valid;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      const bool other = value[i] != wanted && (valid == nullptr || valid[i] != 0);
      keep[i] = static_cast<std::uint8_t>(keep[i] & (other ? 0 : 1));
    }
  }

  Column<Flag> healthy_;
  Column<Flag> available_;
  Column<Flag> draining_;
};

}  // namespace

SHUNT_LIBRARY(HealthFilter)
