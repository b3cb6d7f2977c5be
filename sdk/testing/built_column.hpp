// SPDX-License-Identifier: Apache-2.0
// built_column.hpp: one column of a view, from the cells of endpoints.
#pragma once

#include <shunt/testing/endpoint_set.hpp>
#include <shunt/testing/padded_array.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace shunt::testing {

// A column with everything that it points to.
struct BuiltColumn {
  shunt_column raw{};
  PaddedArray<double> numbers;
  PaddedArray<std::uint8_t> flags;
  PaddedArray<std::uint32_t> symbols;
  PaddedArray<shunt_set_row> sets;
  PaddedArray<std::uint32_t> pool;
  PaddedArray<std::uint8_t> valid;
  PaddedArray<std::int64_t> ages;

  bool intact() const noexcept;
};

// Of the endpoints of these base rows, in this order.
std::unique_ptr<BuiltColumn> build_column(FakeHost& host, const DeclaredColumn& declared, const EndpointSet& endpoints,
                                          const std::vector<std::uint32_t>& rows, const shunt_request& request);

}  // namespace shunt::testing
