// SPDX-License-Identifier: Apache-2.0
// catalogue.hpp: every plugin type that is shipped, and what one decision takes that uses it. A type that is shipped and not
// in this table fails catalogue_test.
#pragma once

#include "decisions.hpp"

#include <algorithm>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace shunt::integration {

// Where a type stands in a decision.
enum class Role {
  Filter,
  Scorer,
  Picker,
  Handler,
  Producer,
  Observer,
  PrefillDecider,  // asked by a disagg-profile-handler
  EncodeDecider,
  Aside  // has no function that is called on the path of a request
};

struct ShippedType {
  const char* library;
  const char* type;
  Role role;
  const char* parameters = "{}";                    // JSON
  std::vector<const char*> profiles = {"default"};  // that a handler chooses between
  // What it keeps about requests, sessions or endpoints is bounded; see bounds_test.cpp.
  bool remembers = false;
  // Its page says that equal endpoints go by the order of the candidates.
  bool ties_by_order = false;
};

inline void PrintTo(const ShippedType& shipped, std::ostream* out) { *out << shipped.type; }

// In the order of plugins/CMakeLists.txt.
std::span<const ShippedType> shipped_types();
// Of a test with this parameter: letters, digits and underscores.
struct TestName {
  template <class Info>
  std::string operator()(const Info& test) const {
    std::string name = test.param.type;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  }
};

// A config in which every decision calls this type, with all shipped libraries.
Composition composition_of(const ShippedType& shipped);

// Endpoints with every attribute and label that some shipped type reads, all of them fit for the request below.
// `absent` says which cells to leave out: it is asked once for each.
void fill_pool(
    Pool& pool, std::size_t endpoints, const std::function<bool()>& absent = [] { return false; });
// The same, of endpoints with these numbers, in this order.
void fill_pool(Pool& pool, std::span<const std::size_t> endpoints, const std::function<bool(std::size_t)>& absent);
// Sets everything that some shipped type reads. Requests of different numbers have users, sessions and prompts of their own, as
// many as `variety`.
void fill_request(Request& request, std::uint64_t number, std::uint64_t variety);

}  // namespace shunt::integration
