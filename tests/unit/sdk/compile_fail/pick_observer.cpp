// SPDX-License-Identifier: Apache-2.0
// An observer of picks that is not const.
#include <shunt/sdk/observer.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void picked(const Cycle&, View, const Decision&) {}
#else
  void picked(const Cycle&, View, const Decision&) const {}
#endif
};
SHUNT_LIBRARY(Case)
