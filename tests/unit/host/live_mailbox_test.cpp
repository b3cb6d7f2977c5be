// SPDX-License-Identifier: Apache-2.0
// The way from a deciding thread to the keeper: in order, nothing lost, and nobody sleeps while letters lie there.
#include "live/mailbox.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <semaphore>
#include <thread>
#include <vector>

namespace shunt::host {
namespace {

Letter numbered(std::uint64_t number) {
  Letter letter;
  letter.kind = Letter::Kind::FailedAttempt;
  letter.event.endpoint = number;
  return letter;
}

TEST(Mailbox, WakesTheKeeperOnceUntilItRests) {
  Mailbox mailbox;
  Letter letter;
  EXPECT_TRUE(mailbox.send(numbered(1)));
  EXPECT_FALSE(mailbox.send(numbered(2)));
  EXPECT_TRUE(mailbox.take(letter));
  EXPECT_TRUE(mailbox.take(letter));
  EXPECT_FALSE(mailbox.take(letter));
  EXPECT_FALSE(mailbox.send(numbered(3))) << "it has not said that it rests";
  EXPECT_TRUE(mailbox.stays_awake());
  EXPECT_TRUE(mailbox.take(letter));
  EXPECT_FALSE(mailbox.stays_awake());
  EXPECT_TRUE(mailbox.send(numbered(4)));
}

TEST(Mailbox, OwnsWhatNobodyTook) {
  Mailbox mailbox;
  for (int i = 0; i < 3000; ++i) {
    Letter letter;
    letter.kind = Letter::Kind::Record;
    letter.explained = new ExplainedDecision;  // the leak checker watches
    mailbox.send(letter);
  }
}

// One thread that now sends and now takes: as many as fit, more, and everything between.
RC_GTEST_PROP(Mailbox, KeepsOrderAndLosesNothing, ()) {
  const auto bursts = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 3000), rc::gen::inRange(0, 3000)));
  Mailbox mailbox;
  std::uint64_t sent = 0;
  std::uint64_t taken = 0;
  Letter letter;
  for (const auto& [in, out] : bursts) {
    for (int i = 0; i < in; ++i) mailbox.send(numbered(sent++));
    for (int i = 0; i < out && mailbox.take(letter); ++i) RC_ASSERT(letter.event.endpoint == taken++);
  }
  while (mailbox.take(letter)) RC_ASSERT(letter.event.endpoint == taken++);
  RC_ASSERT(taken == sent);
}

// A keeper that sleeps whenever it may: a wake-up that went missing would leave it there for ever.
TEST(Mailbox, TwoThreadsKeepOrderAndAlwaysWake) {
  constexpr std::uint64_t kLetters = 200'000;
  Mailbox mailbox;
  std::counting_semaphore<> wakes{0};
  std::atomic<std::uint64_t> wake_ups{0};
  std::jthread desk([&] {
    for (std::uint64_t i = 0; i < kLetters; ++i) {
      if (mailbox.send(numbered(i))) {
        wake_ups.fetch_add(1);
        wakes.release();
      }
      if (i % 5000 == 0) std::this_thread::yield();
    }
  });
  std::uint64_t expected = 0;
  std::uint64_t slept = 0;
  while (expected < kLetters) {
    ASSERT_TRUE(wakes.try_acquire_for(std::chrono::seconds(60))) << "asleep with " << kLetters - expected << " to come";
    ++slept;
    do {
      Letter letter;
      while (mailbox.take(letter)) ASSERT_EQ(letter.event.endpoint, expected++);
    } while (mailbox.stays_awake());
  }
  desk.join();
  EXPECT_EQ(slept + (wakes.try_acquire() ? 1 : 0), wake_ups.load()) << "each wake-up is one round of the keeper";
}

TEST(Mailbox, PassagesComeBackOnceEach) {
  constexpr int kPassages = 3000;  // more than the queue holds
  Mailbox mailbox;
  std::vector<Passage*> made;
  for (int i = 0; i < kPassages; ++i) made.push_back(mailbox.make_passage());
  std::jthread keeper([&] {
    for (Passage* passage : made) mailbox.give_back(passage);
  });
  std::vector<Passage*> back;
  while (back.size() < kPassages) {
    if (Passage* passage = mailbox.take_back()) {
      back.push_back(passage);
    } else {
      std::this_thread::yield();
    }
  }
  keeper.join();
  EXPECT_EQ(mailbox.take_back(), nullptr);
  std::ranges::sort(made);
  std::ranges::sort(back);
  EXPECT_EQ(made, back);
}

}  // namespace
}  // namespace shunt::host
