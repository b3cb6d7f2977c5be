// SPDX-License-Identifier: Apache-2.0
// A filter that cannot be called on many threads at once.
#include <shunt/sdk/filter.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void filter(const Cycle&, View, std::span<std::uint8_t>) {}
#else
  void filter(const Cycle&, View, std::span<std::uint8_t>) const {}
#endif
};
SHUNT_LIBRARY(Case)
