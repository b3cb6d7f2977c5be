// SPDX-License-Identifier: Apache-2.0
// user_memory.hpp: which endpoint each user was sent to last. Of fixed size, for any number of threads, without locks.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace routing_scorers {

// Remembers a bounded number of users; where a new one finds no room, one that has not come for long makes it. A user is known by a
// 64-bit hash and an endpoint by a mark of its key: two of them that agree, one pair in billions, are taken for each other,
// which costs a request its place and nothing else.
class UserMemory {
 public:
  // Room for at least `users`, at least one.
  explicit UserMemory(std::size_t users);

  // The mark of an endpoint, never 0.
  static std::uint32_t mark(std::uint64_t endpoint_key) noexcept {
    return std::max(static_cast<std::uint32_t>(endpoint_key ^ (endpoint_key >> 32)), 1u);
  }
  // The mark of the user's last endpoint; 0 when nothing is remembered. [any thread]
  std::uint32_t find(std::uint64_t user) const noexcept;
  // Replaces what is remembered. `now_ns` decides who came last. [any thread]
  void remember(std::uint64_t user, std::uint64_t endpoint_key, std::int64_t now_ns) noexcept;
  // Users that there is room for.
  std::size_t capacity() const noexcept { return (group_mask_ + 1) * kGroup; }

 private:
  // Users whose hashes end alike share a group of slots.
  static constexpr std::size_t kGroup = 8;
  struct Slot {
    // Both halves in one word, so that nobody ever reads the half of one user beside the half of another. 0: free.
    std::atomic<std::uint64_t> user_and_endpoint{0};
    std::atomic<std::int64_t> last_ns{0};
  };
  Slot* group_of(std::uint64_t user) const noexcept { return &slots_[(user & group_mask_) * kGroup]; }

  std::size_t group_mask_;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace routing_scorers
