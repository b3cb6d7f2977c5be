// SPDX-License-Identifier: Apache-2.0
// A picker that returns its pick.
#include <shunt/sdk/picker.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  double pick(const Cycle&, View, std::span<const double>, Picks&) const { return 0; }
#else
  void pick(const Cycle&, View, std::span<const double>, Picks&) const {}
#endif
};
SHUNT_LIBRARY(Case)
