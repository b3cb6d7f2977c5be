// SPDX-License-Identifier: Apache-2.0
// A handler that names no profiles.
#include <shunt/sdk/profile_handler.hpp>

using namespace shunt::sdk;

class Case {
 public:
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void process_results(const Cycle&, View, Outcome&) const {}
  void score(const Cycle&, View, std::span<double>) const {}
#else
  void pick_profiles(const Cycle&, View, ProfileList&) const {}
  void process_results(const Cycle&, View, Outcome&) const {}
#endif
};
SHUNT_LIBRARY(Case)
