// SPDX-License-Identifier: Apache-2.0
// A scorer of single floats.
#include <shunt/sdk/scorer.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void score(const Cycle&, View, std::span<float>) const {}
#else
  void score(const Cycle&, View, std::span<double>) const {}
#endif
};
SHUNT_LIBRARY(Case)
