// SPDX-License-Identifier: Apache-2.0
// A filter in two versions, neither of which is one: the name alone does not say which is meant.
#include <shunt/sdk/filter.hpp>

using namespace shunt::sdk;

class Case {
 public:
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void filter(const Cycle&, View, std::span<double>) const {}
  void filter(const Cycle&, View) const {}
  void score(const Cycle&, View, std::span<double>) const {}
#else
  void filter(const Cycle&, View, std::span<std::uint8_t>) const {}
  void filter(const Cycle&, View) const {}
  void score(const Cycle&, View, std::span<double>) const {}
#endif
};
SHUNT_LIBRARY(Case)
