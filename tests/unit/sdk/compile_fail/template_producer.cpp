// SPDX-License-Identifier: Apache-2.0
// A producer as a template that does not fit the call.
#include <shunt/sdk/producer.hpp>

using namespace shunt::sdk;

class Case {
 public:
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  template <class Into>
  void produce(const Cycle&, View, std::span<Into>) const {}
  void score(const Cycle&, View, std::span<double>) const {}
#else
  template <class Into>
  void produce(const Cycle&, View, const Into&) const {}
  void score(const Cycle&, View, std::span<double>) const {}
#endif
};
SHUNT_LIBRARY(Case)
