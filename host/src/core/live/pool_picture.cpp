// SPDX-License-Identifier: Apache-2.0
#include "live/pool_picture.hpp"

#include <utility>

namespace shunt::host {

std::string_view to_string(Health health) {
  switch (health) {
    case Health::Unknown: return "unknown";
    case Health::Healthy: return "healthy";
    case Health::Unhealthy: return "unhealthy";
  }
  return "unknown";
}

void PictureSlot::publish(std::shared_ptr<const PoolPicture> picture) {
  // The old one may be the last reference to a large snapshot: it goes after the lock.
  const std::lock_guard lock(mutex_);
  current_.swap(picture);
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const PoolPicture> PictureSlot::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void PictureSlot::Reader::refresh() {
  std::shared_ptr<const PoolPicture> old = std::move(picture_);
  const std::lock_guard lock(slot_.mutex_);
  picture_ = slot_.current_;
  version_ = slot_.version_.load(std::memory_order_relaxed);
}

}  // namespace shunt::host
