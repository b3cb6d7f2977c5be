// SPDX-License-Identifier: Apache-2.0
// A handler with one of its two functions.
#include <shunt/sdk/profile_handler.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void pick_profiles(const Cycle&, View, ProfileList&) const {}
#else
  void pick_profiles(const Cycle&, View, ProfileList&) const {}
  void process_results(const Cycle&, View, Outcome&) const {}
#endif
};
SHUNT_LIBRARY(Case)
