// SPDX-License-Identifier: Apache-2.0
// A class with a misspelt function.
#include <shunt/sdk/library.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void scores(const Cycle&, View, std::span<double>) const {}
#else
  void score(const Cycle&, View, std::span<double>) const {}
#endif
};
SHUNT_LIBRARY(Case)
