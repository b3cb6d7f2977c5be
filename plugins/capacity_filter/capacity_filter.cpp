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

class CapacityFilter {
 public:
  SHUNT_PLUGIN("capacity-filter", "1.0.0", "Keeps endpoints that can take one more request")
  static constexpr std::string_view kReads[] = {"load",    "in_flight", "max_concurrency",
                                                "healthy", "available", "draining"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "maxLoad": {
      "type": "number", "exclusiveMinimum": 0, "default": 0.95,
      "description": "Load from which an endpoint takes no more"
    }
  }
})";

  explicit CapacityFilter(Init& init)
      : max_load_(init.parameter("maxLoad").number(0.95)),
        load_(init.optional_column<double>("load")),
        in_flight_(init.column<double>("in_flight")),
        max_concurrency_(init.optional_column<double>("max_concurrency")),
        healthy_(init.optional_column<Flag>("healthy")),
        available_(init.optional_column<Flag>("available")),
        draining_(init.optional_column<Flag>("draining")) {}

  void filter(const Cycle&, View view, std::span<std::uint8_t> keep) const {
    const Inputs in(*this, view);
    for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = in.misses(i) == nullptr ? 1 : 0;
  }

  void explain(const Cycle&, View view, std::string_view, std::span<shunt_str> reason) const {
    const Inputs in(*this, view);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (const char* missed = in.misses(i)) reason[i] = shunt::sdk::to_abi(missed);
    }
  }

 private:
  // The columns of one call. What is not known stands in nobody's way.
  struct Inputs {
    Inputs(const CapacityFilter& it, View view)
        : max_load(it.max_load_),
          load(it.load_(view)),
          in_flight(it.in_flight_(view)),
          max_concurrency(it.max_concurrency_(view)),
          healthy(it.healthy_(view)),
          available(it.available_(view)),
          draining(it.draining_(view)) {}

    // The first condition that the endpoint does not meet.
    const char* misses(std::size_t i) const {
      if (available.has(i) && available[i] == 0) return "not available";
      if (healthy.has(i) && healthy[i] == 0) return "not healthy";
      if (draining.has(i) && draining[i] != 0) return "draining";
      if (max_concurrency.has(i) && !(in_flight[i] < max_concurrency[i])) return "as many requests as it takes";
      if (load.has(i) && !(load[i] < max_load)) return "load at its limit";
      return nullptr;
    }

    double max_load;
    ColumnView<double> load;
    ColumnView<double> in_flight;
    ColumnView<double> max_concurrency;
    ColumnView<Flag> healthy;
    ColumnView<Flag> available;
    ColumnView<Flag> draining;
  };

  double max_load_;
  Column<double> load_;
  Column<double> in_flight_;
  Column<double> max_concurrency_;
  Column<Flag> healthy_;
  Column<Flag> available_;
  Column<Flag> draining_;
};

}  // namespace

SHUNT_LIBRARY(CapacityFilter)
