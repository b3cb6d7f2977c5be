// SPDX-License-Identifier: Apache-2.0
#include "user_memory.hpp"

#include <algorithm>
#include <bit>

namespace routing_scorers {
namespace {

// The upper half names the user within its group; never 0, which a free slot holds.
std::uint64_t name_of(std::uint64_t user) { return std::max<std::uint64_t>(user >> 32, 1) << 32; }
constexpr std::uint64_t kName = 0xffffffff00000000u;

}  // namespace

UserMemory::UserMemory(std::size_t users)
    : group_mask_(std::bit_ceil(std::max<std::size_t>(1, (users + kGroup - 1) / kGroup)) - 1),
      slots_(std::make_unique<Slot[]>((group_mask_ + 1) * kGroup)) {}

std::uint32_t UserMemory::find(std::uint64_t user) const noexcept {
  const Slot* const group = group_of(user);
  for (std::size_t i = 0; i < kGroup; ++i) {
    const std::uint64_t word = group[i].user_and_endpoint.load(std::memory_order_relaxed);
    if ((word & kName) == name_of(user)) return static_cast<std::uint32_t>(word);
  }
  return 0;
}

void UserMemory::remember(std::uint64_t user, std::uint64_t endpoint_key, std::int64_t now_ns) noexcept {
  Slot* const group = group_of(user);
  Slot* place = nullptr;
  Slot* oldest = group;
  for (std::size_t i = 0; i < kGroup && place == nullptr; ++i) {
    const std::uint64_t word = group[i].user_and_endpoint.load(std::memory_order_relaxed);
    // Slots fill from the front: behind a free one there is no user.
    if (word == 0 || (word & kName) == name_of(user)) place = &group[i];
    const bool older =
        group[i].last_ns.load(std::memory_order_relaxed) < oldest->last_ns.load(std::memory_order_relaxed);
    if (older) oldest = &group[i];
  }
  if (place == nullptr) place = oldest;
  // Two that come at once may take the same place: one of them is then not remembered.
  place->last_ns.store(now_ns, std::memory_order_relaxed);
  place->user_and_endpoint.store(name_of(user) | mark(endpoint_key), std::memory_order_relaxed);
}

}  // namespace routing_scorers
