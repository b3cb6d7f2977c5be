// SPDX-License-Identifier: Apache-2.0
// A format without a tag.
#include <shunt/sdk/state.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
#ifdef SHUNT_WRONG
  static constexpr std::string_view kStateVersion = "";
#else
  static constexpr std::string_view kStateVersion = "1";
#endif
  explicit Case(Init&) {}
  void save_state(const Context&, StateWriter&) const {}
  void load_state(const Context&, const SavedState&) {}
};
SHUNT_LIBRARY(Case)
