// SPDX-License-Identifier: Apache-2.0
// An interface of its own that nobody will ask for.
#include <shunt/sdk/scorer.hpp>

using namespace shunt::sdk;

class Case {
 public:
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  const void* extra_interface(std::string_view) const { return nullptr; }
  void score(const Cycle&, View, std::span<double>) const {}
#else
  static constexpr std::string_view kExtraInterfaces[] = {"example.extra/1"};
  const void* extra_interface(std::string_view) const { return nullptr; }
  void score(const Cycle&, View, std::span<double>) const {}
#endif
};
SHUNT_LIBRARY(Case)
