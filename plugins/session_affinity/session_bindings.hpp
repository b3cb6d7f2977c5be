// SPDX-License-Identifier: Apache-2.0
// session_bindings.hpp: which endpoint a session is bound to. A fixed table in groups of 16 places; a session can stand in one
// group only. Reading takes no lock and is exact beside any number of writers; writing takes the group for some nanoseconds.
//
//   SessionBindings bindings(131072, ttl_ns);
//   bindings.bind(session, endpoint_key, now_ns);
//   if (const std::uint64_t endpoint = bindings.find(session, now_ns)) ...
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace session_affinity {

// What became of a bind().
enum class Bound {
  Kept,     // in a place that was free, expired, or the session's own
  Evicted,  // in the place of the live session of its group that was idle longest
  Dropped,  // not at all: others held the group for too long
};

// For many threads. All times are nanoseconds on one clock, which may jump.
class SessionBindings {
 public:
  static constexpr std::size_t kGroup = 16;

  // Room for `capacity` sessions, rounded down to whole groups, at least one; a binding that is not used for `ttl_ns` is gone.
  SessionBindings(std::size_t capacity, std::int64_t ttl_ns);

  // Key of the endpoint that the session is bound to, 0 for none; counts as a use.
  std::uint64_t find(std::uint64_t session, std::int64_t now_ns) noexcept;
  // Binds the session, whatever it was bound to. `endpoint` is not 0.
  Bound bind(std::uint64_t session, std::uint64_t endpoint, std::int64_t now_ns) noexcept;

  // Most sessions that can be bound at a time.
  std::size_t capacity() const noexcept { return groups_ * kGroup; }
  // Bound sessions that have not expired: looks at every place.
  std::size_t count(std::int64_t now_ns) const noexcept;

 private:
  struct Group {
    std::array<std::atomic<std::uint64_t>, kGroup> session{};  // 0: the place is free
    std::array<std::atomic<std::uint64_t>, kGroup> endpoint{};
    std::array<std::atomic<std::int64_t>, kGroup> used_ns{};
    std::atomic<bool> taken{false};  // by the one who may change `session`
  };

  Group& group_of(std::uint64_t session) const noexcept;
  bool expired(const Group& group, std::size_t place, std::int64_t now_ns) const noexcept;

  std::size_t groups_;
  std::int64_t ttl_ns_;
  std::unique_ptr<Group[]> table_;
};

}  // namespace session_affinity
