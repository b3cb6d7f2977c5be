// SPDX-License-Identifier: Apache-2.0
// An explainer with C++ strings, which do not cross the boundary.
#include <shunt/sdk/explain.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void explain(const Cycle&, View, std::string_view, std::span<std::string>) const {}
#else
  void explain(const Cycle&, View, std::string_view, std::span<shunt_str>) const {}
#endif
};
SHUNT_LIBRARY(Case)
