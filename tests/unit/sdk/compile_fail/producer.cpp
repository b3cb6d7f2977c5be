// SPDX-License-Identifier: Apache-2.0
// A producer without outputs.
#include <shunt/sdk/producer.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void produce(const Cycle&, View) const {}
#else
  void produce(const Cycle&, View, const Outputs&) const {}
#endif
};
SHUNT_LIBRARY(Case)
