// SPDX-License-Identifier: Apache-2.0
// gather.hpp: moving the surviving rows of a column together, whatever its element type.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shunt {

// Bytes per row of a column of this SHUNT_COLUMN_* type.
std::size_t column_width(std::uint32_t column_type);

// out[k] = in[rows[k]] for elements of 1, 4 or 8 bytes. In place is fine: rows ascend.
void gather_column(const void* in, const std::uint32_t* rows, std::size_t n, std::size_t width, void* out);

}  // namespace shunt
