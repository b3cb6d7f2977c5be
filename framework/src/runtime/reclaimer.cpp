// SPDX-License-Identifier: Apache-2.0
#include "runtime/reclaimer.hpp"

#include <shunt/framework/instance.hpp>

#include <algorithm>

namespace shunt {

Reclaimer& Reclaimer::process() {
  // Never destroyed: instances that a program keeps in static objects come here when it ends.
  static Reclaimer& reclaimer = *new Reclaimer;
  return reclaimer;
}

Reclaimer::Call::Call(Reclaimer& reclaimer) : reclaimer_(reclaimer), epoch_(reclaimer.join()) { epoch_->enter(); }

Reclaimer::Call::~Call() {
  epoch_->leave();
  reclaimer_.leave(epoch_);
  if (reclaimer_.backlog() > 0) reclaimer_.collect();
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
  const std::lock_guard lock(mutex_);
  for (const auto& epoch : epochs_) {
    // A read-modify-write orders this look behind the caller's unlinking, as enter() orders a call's reads behind its
    // announcement: either the call sees the new pointer, or it is seen here.
    const std::uint64_t seen = epoch->value.fetch_add(0, std::memory_order_seq_cst);
    if (seen % 2 == 1) pending.busy.emplace_back(epoch, seen);
  }
  // Room for the moment of release is made now, so that releasing cannot fail.
  releasing_.reserve(pending_.size() + releasing_.size() + 1);
  pending_.push_back(std::move(pending));
  backlog_.fetch_add(1, std::memory_order_relaxed);
}

bool Reclaimer::finished(const Pending& pending) {
  return std::ranges::all_of(pending.busy, [](const auto& entry) {
    return entry.first->value.load(std::memory_order_acquire) != entry.second;
  });
}

// One at a time, so that flush() finds each object either pending or being released.
template <class Which>
void Reclaimer::release_where(Which&& which, std::size_t most) {
  std::unique_lock lock(mutex_);
  // What is retired meanwhile is left to the next one.
  for (std::size_t left = std::min(most, pending_.size()); left > 0; --left) {
    // From the front each time: while an object was released other threads may have removed what was looked at before.
    const auto found = std::ranges::find_if(pending_, which);
    if (found == pending_.end()) return;
    const Pending taken = std::move(*found);
    pending_.erase(found);
    backlog_.fetch_sub(1, std::memory_order_relaxed);
    releasing_.push_back(taken.owner);
    lock.unlock();
    {
      const CallMark mark(taken.owner == nullptr ? 0 : taken.owner->mark().index(), PluginFunction::Release);
      taken.release(taken.object);
    }
    lock.lock();
    releasing_.erase(std::ranges::find(releasing_, taken.owner));
    released_.notify_all();
  }
}

void Reclaimer::collect(std::size_t most) { release_where(finished, most); }

void Reclaimer::flush(const Instance* owner) {
  release_where([owner](const Pending& pending) { return pending.owner == owner; },
                std::numeric_limits<std::size_t>::max());
  std::unique_lock lock(mutex_);
  released_.wait(lock, [&] { return std::ranges::find(releasing_, owner) == releasing_.end(); });
}

}  // namespace shunt
