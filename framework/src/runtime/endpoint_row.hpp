// SPDX-License-Identifier: Apache-2.0
// endpoint_row.hpp: one endpoint's present columns as an instance declared them: a view of one row, off the request path.
#pragma once

#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/instance.hpp>

#include "scheduling/buffer.hpp"

#include <cstdint>
#include <vector>

namespace shunt {

class EndpointRow {
 public:
  EndpointRow(const Instance& instance, const EndpointTable& table, std::uint64_t key);
  const shunt_view& view() const noexcept { return view_; }

 private:
  // A value and its set members, each with the slack behind it that columns promise.
  struct Cell {
    Buffer data;
    Buffer pool;
  };
  void fill(const ColumnRead& read, const EndpointTable& table, std::uint64_t key, Cell& cell, shunt_column& column);

  std::vector<Cell> cells_;
  std::vector<shunt_column> columns_;
  std::vector<const shunt_column*> pointers_;
  Buffer zeros_;
  Buffer key_;
  Buffer base_row_;
  shunt_view view_{};
};

}  // namespace shunt
