// SPDX-License-Identifier: Apache-2.0
// An observer that does not say what it wants to hear.
#include <shunt/sdk/observer.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void events(const Context&, const Events&) {}
#else
  static constexpr std::uint64_t kWants = SHUNT_EVENT_BIT(SHUNT_EVENT_COMPLETED);
  void events(const Context&, const Events&) {}
#endif
};
SHUNT_LIBRARY(Case)
