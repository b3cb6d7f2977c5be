// SPDX-License-Identifier: Apache-2.0
#include "endpoint_ids.hpp"

#include <bit>

namespace approx_prefix {

EndpointIds::EndpointIds(std::uint32_t maximum)
    : mask_(std::bit_ceil(maximum * kSlotsPerId) - 1),
      slots_((mask_ + 1) * sizeof(EndpointId)),
      free_(maximum * sizeof(EndpointId)) {
  keys_.append();  // id 0 is "none"
}

std::uint32_t EndpointIds::home(std::uint64_t key) const noexcept {
  return static_cast<std::uint32_t>((key * 0x9e3779b97f4a7c15u) >> 32) & mask_;
}

std::uint32_t EndpointIds::position(std::uint64_t key) const noexcept {
  std::uint32_t at = home(key);
  while (slots()[at] != 0 && this->key(slots()[at]) != key) at = (at + 1) & mask_;
  return at;
}

EndpointId EndpointIds::find(std::uint64_t key) const noexcept { return slots()[position(key)]; }

EndpointId EndpointIds::add(std::uint64_t key) {
  if (n_free_ == 0) {
    free()[n_free_] = static_cast<EndpointId>(keys_.append());
    ++n_free_;
    ++used_;
  }
  const EndpointId id = free()[--n_free_];
  keys_[id].store(key, std::memory_order_relaxed);
  slots()[position(key)] = id;
  return id;
}

void EndpointIds::remove(std::uint64_t key) noexcept {
  std::uint32_t hole = position(key);
  if (slots()[hole] == 0) return;
  free()[n_free_++] = slots()[hole];
  // What follows moves up where it is nearer to its home there.
  for (std::uint32_t at = (hole + 1) & mask_; slots()[at] != 0; at = (at + 1) & mask_) {
    if (((at - home(this->key(slots()[at]))) & mask_) < ((at - hole) & mask_)) continue;
    slots()[hole] = slots()[at];
    hole = at;
  }
  slots()[hole] = 0;
}

}  // namespace approx_prefix
