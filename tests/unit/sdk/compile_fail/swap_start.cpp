// SPDX-License-Identifier: Apache-2.0
// A swapper that wants to change the plan when it is too late.
#include <shunt/sdk/swapper.hpp>

using namespace shunt::sdk;

class Case {
 public:
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void eviction_for(const SwapQuery&, SwapPlan&) const {}
  void on_swap_start(const SwapQuery&, shunt_swap_plan&, std::uint64_t) {}
#else
  void eviction_for(const SwapQuery&, SwapPlan&) const {}
  void on_swap_start(const SwapQuery&, const shunt_swap_plan&, std::uint64_t) {}
#endif
};
SHUNT_LIBRARY(Case)
