// SPDX-License-Identifier: Apache-2.0
// A swapper that changes while it is asked.
#include <shunt/sdk/swapper.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void eviction_for(const SwapQuery&, SwapPlan&) {}
#else
  void eviction_for(const SwapQuery&, SwapPlan&) const {}
#endif
};
SHUNT_LIBRARY(Case)
