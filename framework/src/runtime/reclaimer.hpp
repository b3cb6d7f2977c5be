// SPDX-License-Identifier: Apache-2.0
// reclaimer.hpp: runs a plugin's deferred releases once no call that may still see the object is running.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace shunt {

class Instance;

class Reclaimer {
 public:
  // One per worker thread; odd while a cycle runs.
  struct Epoch {
    std::atomic<std::uint64_t> value{0};
    // The full barrier keeps the cycle's reads behind the announcement; see retire().
    void enter() noexcept { value.fetch_add(1, std::memory_order_seq_cst); }
    void leave() noexcept { value.store(value.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
  };

  // The extent of one cycle, left by whatever way.
  class Busy {
   public:
    explicit Busy(Epoch& epoch) noexcept : epoch_(epoch) { epoch_.enter(); }
    ~Busy() { epoch_.leave(); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Epoch& epoch_;
  };

  static Reclaimer& process();

  std::shared_ptr<Epoch> join();
  void leave(const std::shared_ptr<Epoch>& epoch);

  // The caller has already made `object` unreachable for calls that begin from now on.
  void retire(const Instance* owner, void (*release)(void*), void* object);
  // Releases what no running cycle can see any more.
  void collect();
  // Releases everything that `owner` retired: no call of it is running or will come.
  void flush(const Instance* owner);

 private:
  struct Pending {
    const Instance* owner;
    void (*release)(void*);
    void* object;
    std::vector<std::pair<std::shared_ptr<Epoch>, std::uint64_t>> busy;
  };
  static bool finished(Pending& pending);
  std::mutex mutex_;
  std::vector<std::shared_ptr<Epoch>> epochs_;
  std::deque<Pending> pending_;
};

}  // namespace shunt
