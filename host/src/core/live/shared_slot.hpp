// SPDX-License-Identifier: Apache-2.0
// shared_slot.hpp: one object that does not change any more, handed to deciding threads without blocking them.
//
//   SharedSlot<PoolPicture>::Reader reader(slot);       // one per thread
//   const std::shared_ptr<const PoolPicture>& pool = reader.get();
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace shunt::host {

// Few writers, many readers. A reader looks at a counter and takes the lock only when there is a new object.
template <class Object>
class SharedSlot {
 public:
  void publish(std::shared_ptr<const Object> object) {
    // The old one may be the last reference to something large: it goes after the lock.
    const std::lock_guard lock(mutex_);
    current_.swap(object);
    version_.fetch_add(1, std::memory_order_release);
  }
  // Leaves nothing, unless another object than this one is there by now.
  void withdraw(const std::shared_ptr<const Object>& object) {
    std::shared_ptr<const Object> old;
    const std::lock_guard lock(mutex_);
    if (current_ != object) return;
    current_.swap(old);
    version_.fetch_add(1, std::memory_order_release);
  }
  std::shared_ptr<const Object> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  class Reader {
   public:
    explicit Reader(const SharedSlot& slot) : slot_(slot) {}
    // Valid until the next call on this reader.
    const std::shared_ptr<const Object>& get() {
      if (const std::uint64_t version = slot_.version_.load(std::memory_order_acquire); version != version_) refresh();
      return object_;
    }
    // Lets go of the object: a thread without work keeps no old one alive.
    void release() {
      object_.reset();
      version_ = kNone;
    }

   private:
    void refresh() {
      std::shared_ptr<const Object> old = std::move(object_);
      const std::lock_guard lock(slot_.mutex_);
      object_ = slot_.current_;
      version_ = slot_.version_.load(std::memory_order_relaxed);
    }
    static constexpr std::uint64_t kNone = ~std::uint64_t{0};
    const SharedSlot& slot_;
    std::uint64_t version_ = kNone;
    std::shared_ptr<const Object> object_;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Object> current_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace shunt::host
