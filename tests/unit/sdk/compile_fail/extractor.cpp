// SPDX-License-Identifier: Apache-2.0
// An extractor that takes the page by text only.
#include <shunt/sdk/extractor.hpp>

using namespace shunt::sdk;

struct Case {
  SHUNT_PLUGIN("case", "1.0.0", "compiles only when it is right")
  explicit Case(Init&) {}
#ifdef SHUNT_WRONG
  void extract(const Context&, std::string_view) {}
#else
  void extract(const Context&, const Page&) {}
#endif
};
SHUNT_LIBRARY(Case)
