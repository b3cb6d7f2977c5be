// SPDX-License-Identifier: Apache-2.0
// block.hpp: one block of some prompt and the endpoints that hold it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace approx_prefix {

// A small number for an endpoint; 0 is none.
using EndpointId = std::uint16_t;
inline constexpr EndpointId kMaximumEndpointId = 0xfffe;

// Who holds a block, in one word, so that a reader never sees half of a change; see HolderSets.
using Holders = std::uint64_t;

// Two to a cache line. `nodes` belongs to the writer.
struct alignas(32) Block {
  std::atomic<std::uint64_t> id{0};
  std::atomic<Holders> holders{0};
  std::array<std::uint32_t, 4> nodes{};  // of the holders, in their order; nodes[0] links free blocks
};

}  // namespace approx_prefix
