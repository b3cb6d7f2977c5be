// SPDX-License-Identifier: Apache-2.0
// view_builder.hpp: from endpoints and one instance's declarations to the view that a call of this instance receives.
#pragma once

#include <shunt/testing/endpoint_set.hpp>
#include <shunt/testing/padded_array.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace shunt::testing {

struct BuiltColumn;

// A view with everything that it points to. Lives as long as the call that it is for.
class BuiltView {
 public:
  // The base view of a cycle: every endpoint, with the index from key to row.
  BuiltView(FakeInstance& instance, const EndpointSet& endpoints, const shunt_request& request);
  // A compacted view: the endpoints of these base rows, in this order.
  BuiltView(FakeInstance& instance, const EndpointSet& endpoints, const shunt_request& request,
            std::vector<std::uint32_t> base_rows);

  // The rows of a base view: 0 to count - 1.
  static std::vector<std::uint32_t> all_rows(std::size_t count);

  BuiltView(const BuiltView&) = delete;
  BuiltView& operator=(const BuiltView&) = delete;
  ~BuiltView();

  const shunt_view& raw() const noexcept { return raw_; }
  // Number of candidates.
  std::size_t size() const noexcept { return rows_.size(); }
  // Base row of each candidate.
  const std::vector<std::uint32_t>& base_rows() const noexcept { return rows_; }
  // Nobody wrote behind an array of this view.
  bool intact() const noexcept;

 private:
  BuiltView(FakeInstance& instance, const EndpointSet& endpoints, const shunt_request& request,
            std::vector<std::uint32_t> base_rows, bool base);

  void build_index();

  std::vector<std::uint32_t> rows_;
  PaddedArray<std::uint64_t> keys_;
  PaddedArray<std::uint32_t> base_rows_;
  PaddedArray<std::uint32_t> index_;
  std::vector<std::unique_ptr<BuiltColumn>> columns_;
  std::vector<const shunt_column*> pointers_;
  shunt_view raw_{};
};

}  // namespace shunt::testing
