// SPDX-License-Identifier: Apache-2.0
#include "runtime/reclaimer.hpp"

#include <algorithm>

namespace shunt {

Reclaimer& Reclaimer::process() {
  static Reclaimer reclaimer;
  return reclaimer;
}

std::shared_ptr<Reclaimer::Epoch> Reclaimer::join() {
  const std::lock_guard lock(mutex_);
  return epochs_.emplace_back(std::make_shared<Epoch>());
}

void Reclaimer::leave(const std::shared_ptr<Epoch>& epoch) {
  const std::lock_guard lock(mutex_);
  std::erase(epochs_, epoch);
}

void Reclaimer::retire(const Instance* owner, void (*release)(void*), void* object) {
  Pending pending{owner, release, object, {}};
  {
    const std::lock_guard lock(mutex_);
    for (const auto& epoch : epochs_) {
      // A read-modify-write orders this look behind the caller's unlinking, as enter() orders a cycle's reads behind its
      // announcement: either the cycle sees the new pointer, or it is seen here.
      const std::uint64_t seen = epoch->value.fetch_add(0, std::memory_order_seq_cst);
      if (seen % 2 == 1) pending.busy.emplace_back(epoch, seen);
    }
    if (!pending.busy.empty()) {
      pending_.push_back(std::move(pending));
      return;
    }
  }
  release(object);
}

bool Reclaimer::finished(Pending& pending) {
  return std::ranges::all_of(pending.busy, [](const auto& entry) {
    return entry.first->value.load(std::memory_order_acquire) != entry.second;
  });
}

void Reclaimer::collect() {
  std::vector<Pending> ready;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = pending_.begin(); it != pending_.end();) {
      if (finished(*it)) {
        ready.push_back(std::move(*it));
        it = pending_.erase(it);
      } else {
        ++it;
      }
    }
  }
  for (const Pending& pending : ready) pending.release(pending.object);
}

void Reclaimer::flush(const Instance* owner) {
  std::vector<Pending> ready;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = pending_.begin(); it != pending_.end();) {
      if (it->owner == owner) {
        ready.push_back(std::move(*it));
        it = pending_.erase(it);
      } else {
        ++it;
      }
    }
  }
  for (const Pending& pending : ready) pending.release(pending.object);
}

}  // namespace shunt
