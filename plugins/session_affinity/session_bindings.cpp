// SPDX-License-Identifier: Apache-2.0
#include "session_bindings.hpp"

#include <algorithm>

namespace session_affinity {
namespace {

// How often a writer asks for a group that another one holds: far longer than a change takes.
constexpr int kPatience = 4096;

// Session 0 would be a free place.
constexpr std::uint64_t named(std::uint64_t session) noexcept { return session == 0 ? 1 : session; }

}  // namespace

SessionBindings::SessionBindings(std::size_t capacity, std::int64_t ttl_ns)
    : groups_(std::max<std::size_t>(1, capacity / kGroup)),
      ttl_ns_(ttl_ns),
      table_(std::make_unique<Group[]>(groups_)) {}

SessionBindings::Group& SessionBindings::group_of(std::uint64_t session) const noexcept {
  // The upper bits choose, in proportion: no division, any number of groups.
  const std::uint64_t spread = session * 0x9e3779b97f4a7c15u;
  return table_[(spread >> 32) * groups_ >> 32];
}

bool SessionBindings::expired(const Group& group, std::size_t place, std::int64_t now_ns) const noexcept {
  return now_ns - group.used_ns[place].load(std::memory_order_relaxed) > ttl_ns_;
}

std::uint64_t SessionBindings::find(std::uint64_t session, std::int64_t now_ns) noexcept {
  const std::uint64_t wanted = named(session);
  Group& group = group_of(wanted);
  for (std::size_t i = 0; i < kGroup; ++i) {
    if (group.session[i].load(std::memory_order_acquire) != wanted) continue;
    const std::uint64_t endpoint = group.endpoint[i].load(std::memory_order_acquire);
    // A place changes hands by way of 0, so an endpoint that was read under the same name twice belongs to it.
    if (group.session[i].load(std::memory_order_relaxed) != wanted) continue;
    if (expired(group, i, now_ns)) return 0;
    group.used_ns[i].store(now_ns, std::memory_order_relaxed);
    return endpoint;
  }
  return 0;
}

Bound SessionBindings::bind(std::uint64_t session, std::uint64_t endpoint, std::int64_t now_ns) noexcept {
  const std::uint64_t wanted = named(session);
  Group& group = group_of(wanted);
  for (int tries = 0; group.taken.exchange(true, std::memory_order_acquire); ++tries) {
    if (tries == kPatience) return Bound::Dropped;
  }
  // The session's own place; else a free or expired one; else that of the longest idle.
  std::size_t place = 0;
  std::int64_t oldest_ns = INT64_MAX;
  bool free = false;
  bool own = false;
  for (std::size_t i = 0; i < kGroup && !own; ++i) {
    const std::uint64_t holder = group.session[i].load(std::memory_order_relaxed);
    const std::int64_t used_ns = group.used_ns[i].load(std::memory_order_relaxed);
    own = holder == wanted;
    if (own) {
      place = i;
    } else if (!free && (holder == 0 || expired(group, i, now_ns))) {
      free = true;
      place = i;
    } else if (!free && used_ns < oldest_ns) {
      oldest_ns = used_ns;
      place = i;
    }
  }
  if (!own) group.session[place].store(0, std::memory_order_relaxed);
  group.endpoint[place].store(endpoint, std::memory_order_release);
  group.used_ns[place].store(now_ns, std::memory_order_relaxed);
  group.session[place].store(wanted, std::memory_order_release);
  group.taken.store(false, std::memory_order_release);
  return own || free ? Bound::Kept : Bound::Evicted;
}

std::size_t SessionBindings::count(std::int64_t now_ns) const noexcept {
  std::size_t found = 0;
  for (std::size_t g = 0; g < groups_; ++g) {
    for (std::size_t i = 0; i < kGroup; ++i) {
      if (table_[g].session[i].load(std::memory_order_relaxed) != 0 && !expired(table_[g], i, now_ns)) ++found;
    }
  }
  return found;
}

}  // namespace session_affinity
