// SPDX-License-Identifier: Apache-2.0
// built_cycle.hpp: from a test's surroundings and one instance's declarations to the cycle that a call receives.
#pragma once

#include <shunt/testing/padded_array.hpp>
#include <shunt/testing/surroundings.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace shunt::testing {

// A cycle with everything that it points to, for one call of one instance.
class BuiltCycle {
 public:
  // `base` has to outlive the cycle.
  BuiltCycle(FakeInstance& instance, FakeCall& call, const shunt_request& request, std::size_t endpoints,
             const Surroundings& around, bool in_profile, const shunt_view& base);
  BuiltCycle(const BuiltCycle&) = delete;
  BuiltCycle& operator=(const BuiltCycle&) = delete;

  const shunt_cycle& raw() const noexcept { return raw_; }
  // Nobody wrote behind the scratch memory.
  bool intact() const noexcept { return scratch_.intact(); }

 private:
  static void fill(shunt_result& out, const ProfileResult& result);
  void fill_queue(const Surroundings& around);
  void fill_pool(const Surroundings& around, std::size_t endpoints);
  // Slots of the instance, contents of whatever the test or another plugin wrote.
  void fill_values(const FakeInstance& instance);
  static void store(shunt_value& value, std::string& text, const RequestValue& content, const std::string& name);

  StridedArray<shunt_result> done_;
  StridedArray<shunt_queue_band> bands_;
  PaddedArray<std::byte> scratch_;
  shunt_pool_stats pool_{};
  shunt_queue_stats queue_{};
  std::vector<shunt_value> values_;
  std::vector<std::string> texts_;
  std::vector<const shunt_value*> value_pointers_;
  shunt_cycle raw_{};
};

}  // namespace shunt::testing
