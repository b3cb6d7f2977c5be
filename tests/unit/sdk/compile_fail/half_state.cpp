// SPDX-License-Identifier: Apache-2.0
// Loading what nobody saves.
#include <shunt/sdk/state.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  static constexpr std::string_view kStateVersion = "1";
  explicit Case(Init&) {}
#ifndef SHUNT_WRONG
  void save_state(const Context&, StateWriter&) const {}
#endif
  void load_state(const Context&, const SavedState&) {}
};
SHUNT_LIBRARY(Case)
