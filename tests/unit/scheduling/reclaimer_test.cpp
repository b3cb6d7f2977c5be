// SPDX-License-Identifier: Apache-2.0
#include "runtime/reclaimer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

namespace shunt {
namespace {

void raise(void* object) { ++*static_cast<int*>(object); }

TEST(Reclaimer, ReleasesWhenCollectedAndNotBefore) {
  Reclaimer reclaimer;
  const auto idle = reclaimer.join();
  int released = 0;
  reclaimer.retire(nullptr, raise, &released);
  EXPECT_EQ(released, 0) << "the caller is in the middle of a call";
  EXPECT_EQ(reclaimer.backlog(), 1u);
  reclaimer.collect();
  EXPECT_EQ(released, 1);
  EXPECT_EQ(reclaimer.backlog(), 0u);
}

TEST(Reclaimer, CollectsAsMuchAsItIsTold) {
  Reclaimer reclaimer;
  int released = 0;
  for (int i = 0; i < 10; ++i) reclaimer.retire(nullptr, raise, &released);
  reclaimer.collect(3);
  EXPECT_EQ(released, 3);
  EXPECT_EQ(reclaimer.backlog(), 7u);
}

TEST(Reclaimer, ACallIsWaitedForAndCollectsAtItsEnd) {
  Reclaimer reclaimer;
  int released = 0;
  {
    const Reclaimer::Call call(reclaimer);
    reclaimer.retire(nullptr, raise, &released);
    reclaimer.collect();
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

// An instance that is destroyed while another thread runs its last release must not be gone before that has ended.
TEST(Reclaimer, FlushWaitsForAReleaseThatIsRunning) {
  struct Slow {
    std::latch started{1};
    std::latch may_end{1};
    std::atomic<bool> ended{false};
  } slow;
  Reclaimer reclaimer;
  const auto* owner = reinterpret_cast<const Instance*>(&slow);
  reclaimer.retire(
      owner,
      [](void* object) {
        auto& state = *static_cast<Slow*>(object);
        state.started.count_down();
        state.may_end.wait();
        state.ended = true;
      },
      &slow);
  std::jthread collecting([&] { reclaimer.collect(); });
  slow.started.wait();
  reclaimer.flush(nullptr);  // concerns nobody
  std::jthread ending([&] {
    // A flush() that does not wait gets the chance to be caught.
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    slow.may_end.count_down();
  });
  reclaimer.flush(owner);
  EXPECT_TRUE(slow.ended);
}

TEST(Reclaimer, WaitsForTheCyclesThatMaySeeTheObject) {
  Reclaimer reclaimer;
  const auto busy = reclaimer.join();
  busy->enter();
  int released = 0;
  reclaimer.retire(nullptr, raise, &released);
  reclaimer.collect();
  EXPECT_EQ(released, 0);
  busy->leave();
  busy->enter();  // a new cycle cannot have the old pointer
  reclaimer.collect();
  EXPECT_EQ(released, 1);
}

TEST(Reclaimer, FlushReleasesOnlyWhatTheOwnerRetired) {
  Reclaimer reclaimer;
  const auto busy = reclaimer.join();
  busy->enter();
  int mine = 0, other = 0;
  const auto* owner = reinterpret_cast<const Instance*>(&mine);
  reclaimer.retire(owner, raise, &mine);
  reclaimer.retire(nullptr, raise, &other);
  reclaimer.flush(owner);
  EXPECT_EQ(mine, 1);
  EXPECT_EQ(other, 0);
}

TEST(Reclaimer, NoReaderSeesAReleasedObject) {
  struct Object {
    std::atomic<bool> alive{true};
  };
  Reclaimer reclaimer;
  std::vector<std::unique_ptr<Object>> all;
  for (int i = 0; i < 2000; ++i) all.push_back(std::make_unique<Object>());
  std::atomic<Object*> current{all[0].get()};
  std::atomic<bool> stop{false};
  std::atomic<int> dead{0};
  {
    std::vector<std::jthread> readers;
    for (int t = 0; t < 2; ++t) {
      readers.emplace_back([&] {
        const auto epoch = reclaimer.join();
        while (!stop) {
          epoch->enter();
          if (!current.load()->alive) ++dead;
          epoch->leave();
        }
        reclaimer.leave(epoch);
      });
    }
    for (std::size_t i = 1; i < all.size(); ++i) {
      Object* old = current.exchange(all[i].get());
      reclaimer.retire(
          nullptr, [](void* object) { static_cast<Object*>(object)->alive = false; }, old);
      reclaimer.collect();
    }
    stop = true;
  }
  EXPECT_EQ(dead, 0);
}

}  // namespace
}  // namespace shunt
