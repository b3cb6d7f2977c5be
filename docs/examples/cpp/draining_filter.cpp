// SPDX-License-Identifier: Apache-2.0
// A filter in C++: nothing new for endpoints that finish what they have, except for sessions that live there already.
//
// A request may name a preferred endpoint, the one that holds its session. That one stays even while it drains.
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Flag;
using shunt::sdk::Init;
using shunt::sdk::View;

class DrainingFilter {
 public:
  SHUNT_PLUGIN("draining-filter", "1.0.0", "Removes draining endpoints but for the one that a request prefers")
  static constexpr std::string_view kReads[] = {"draining"};

  // Optional: a pool in which nobody drains has no such column. A flag is read as 0 or 1.
  explicit DrainingFilter(Init& init) : draining_(init.optional_column<Flag>("draining")) {}

  void filter(const Cycle& cycle, View view, std::span<std::uint8_t> keep) const {
    for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = leaves(cycle, view, i) ? 0 : 1;
  }

  // A second interface of the same class: offered because the function is there. Texts of literals need no copy.
  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (leaves(cycle, view, i)) reason[i] = shunt::sdk::to_abi("draining");
    }
  }

 private:
  // A row without a value reads 0, so it does not drain. Endpoints are told apart by key, never by row.
  bool leaves(const Cycle& cycle, View view, std::size_t row) const {
    return draining_(view)[row] != 0 && cycle.request().preferred_endpoint() != view.key(row);
  }

  Column<Flag> draining_;
};

}  // namespace

SHUNT_LIBRARY(DrainingFilter)
