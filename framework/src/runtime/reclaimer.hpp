// SPDX-License-Identifier: Apache-2.0
// reclaimer.hpp: runs a plugin's deferred releases once no call that may still see the object is running.
//
// Who runs them: whoever calls collect(). That is the end of every call off the request path (events, pages, swaps, create)
// and Scheduler::publish() and collect(). Cycles help only when so much has piled up that nobody else seems to do it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace shunt {

class Instance;

class Reclaimer {
 public:
  // One per thread that calls into plugins; odd while a call runs.
  struct Epoch {
    std::atomic<std::uint64_t> value{0};
    // The full barrier keeps the call's reads behind the announcement; see retire().
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

  // The extent of one call off the request path, on any thread. Such calls are rare enough to join and leave each time.
  // Collects at its end.
  class Call {
   public:
    explicit Call(Reclaimer& reclaimer = process());
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    Reclaimer& reclaimer_;
    std::shared_ptr<Epoch> epoch_;
  };

  static Reclaimer& process();

  std::shared_ptr<Epoch> join();
  void leave(const std::shared_ptr<Epoch>& epoch);

  // The caller has already made `object` unreachable for calls that begin from now on. Never releases by itself: the caller
  // is a plugin in the middle of a call.
  void retire(const Instance* owner, void (*release)(void*), void* object);
  // Releases what no running call can see any more, at most `most` objects.
  void collect(std::size_t most = std::numeric_limits<std::size_t>::max());
  // Releases everything that `owner` retired, and waits for those that another thread is just releasing. No call of the
  // owner is running or will come. Not from a release function.
  void flush(const Instance* owner);

  // What has been retired and not yet taken up. One relaxed read.
  std::size_t backlog() const noexcept { return backlog_.load(std::memory_order_relaxed); }

 private:
  struct Pending {
    const Instance* owner;
    void (*release)(void*);
    void* object;
    std::vector<std::pair<std::shared_ptr<Epoch>, std::uint64_t>> busy;
  };
  static bool finished(const Pending& pending);
  template <class Which>
  void release_where(Which&& which, std::size_t most);

  std::mutex mutex_;
  std::condition_variable released_;
  std::vector<std::shared_ptr<Epoch>> epochs_;
  std::deque<Pending> pending_;
  std::vector<const Instance*> releasing_;  // owners of what is just being released, one entry each
  std::atomic<std::size_t> backlog_{0};
};

}  // namespace shunt
