// SPDX-License-Identifier: Apache-2.0
// Memory of a call for more than its alignment allows.
#include <shunt/sdk/scorer.hpp>

using namespace shunt::sdk;

class Case {
 public:
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  struct alignas(32) Lane {
    double x[4];
  };
  void score(const Cycle& cycle, View, std::span<double>) const { (void)cycle.allocate<Lane>(1); }
#else
  struct alignas(16) Lane {
    double x[2];
  };
  void score(const Cycle& cycle, View, std::span<double>) const { (void)cycle.allocate<Lane>(1); }
#endif
};
SHUNT_LIBRARY(Case)
