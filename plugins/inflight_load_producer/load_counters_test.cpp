// SPDX-License-Identifier: Apache-2.0
#include "load_counters.hpp"
#include "inherited_load.hpp"
#include "token_estimate.hpp"

#include <gtest/gtest.h>

#include <malloc.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace inflight_load {

bool operator==(const Load& a, const Load& b) { return a.requests == b.requests && a.tokens == b.tokens; }
void PrintTo(const Load& load, std::ostream* out) {
  *out << load.requests << " requests, " << load.tokens << " tokens";
}

}  // namespace inflight_load

namespace {

using namespace inflight_load;

// How many events a test of bounds goes through; the long tier asks for ten million.
std::uint64_t many_events() {
  const char* asked = std::getenv("SHUNT_TEST_EVENTS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 500'000;
}

TEST(LoadCounters, CountWhatIsUnderWay) {
  LoadCounters counters(8);
  EXPECT_EQ(counters.of(5), (Load{}));
  const Place first = counters.add(5, 100);
  const Place second = counters.add(5, 50);
  const Place other = counters.add(6, 7);
  EXPECT_EQ(counters.of(5), (Load{2, 150}));
  EXPECT_EQ(counters.of(6), (Load{1, 7}));
  EXPECT_EQ(counters.total(), (Load{3, 157}));
  counters.release(first, 0, 100);
  EXPECT_EQ(counters.of(5), (Load{2, 50})) << "the prompt is done with";
  counters.release(first, 1, 0);
  counters.release(second, 1, 50);
  EXPECT_EQ(counters.of(5), (Load{}));
  counters.release(second, 1, 50);
  EXPECT_EQ(counters.of(5), (Load{})) << "never below 0";
  counters.release({}, 1, 1);
  counters.release(other, 1, 7);
  EXPECT_EQ(counters.total(), (Load{}));
  EXPECT_FALSE(counters.add(0, 1).counted()) << "no endpoint has this key";
}

TEST(LoadCounters, TokensStopToGrow) {
  LoadCounters counters(1);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(counters.add(5, kMostTokens).counted());
  EXPECT_EQ(counters.of(5), (Load{5, kMostTokens}));
}

TEST(LoadCounters, WhatEndsAfterItsEndpointHasGoneIsNobodys) {
  LoadCounters counters(1);
  const Place before = counters.add(5, 100);
  counters.remove(5);
  EXPECT_EQ(counters.endpoints(), 0u);
  const Place after = counters.add(6, 30);
  ASSERT_EQ(after.index, before.index);
  counters.release(before, 1, 100);
  EXPECT_EQ(counters.of(6), (Load{1, 30}));
  counters.remove(77);
  counters.remove(6);
  ASSERT_TRUE(counters.add(5, 1).counted());
  EXPECT_EQ(counters.of(5), (Load{1, 1})) << "it came back with nothing";
}

TEST(LoadCounters, IdleEndpointsGiveWay) {
  LoadCounters counters(2);
  const Place one = counters.add(1, 10);
  const Place two = counters.add(2, 20);
  EXPECT_FALSE(counters.add(3, 30).counted()) << "both are busy";
  counters.release(one, 1, 10);
  const Place three = counters.add(3, 30);
  EXPECT_TRUE(three.counted());
  EXPECT_EQ(counters.of(1), (Load{}));
  EXPECT_EQ(counters.of(2), (Load{1, 20}));
  EXPECT_EQ(counters.of(3), (Load{1, 30}));
  counters.release(one, 1, 10);
  EXPECT_EQ(counters.of(3), (Load{1, 30})) << "the place is another one's";
  counters.release(two, 1, 20);
  counters.release(three, 1, 30);
  EXPECT_EQ(counters.total(), (Load{}));
}

TEST(LoadCounters, HoldTheirBoundsUnderManyEndpoints) {
  LoadCounters counters(256);
  std::mt19937_64 draw(7);
  std::vector<std::pair<Place, std::int64_t>> under_way;
  under_way.reserve(1024);
  const auto step = [&] {
    if (draw() % 32 == 0) return counters.remove(draw() % 3000 + 1);
    if (under_way.size() < 1000 && draw() % 2 == 0) {
      const auto tokens = static_cast<std::int64_t>(draw() % 5000);
      under_way.emplace_back(counters.add(draw() % 3000 + 1, tokens), tokens);
    } else if (!under_way.empty()) {
      std::swap(under_way[draw() % under_way.size()], under_way.back());
      counters.release(under_way.back().first, 1, under_way.back().second);
      under_way.pop_back();
    }
  };
  step();
  const std::size_t before = mallinfo2().uordblks;
  const std::uint64_t events = many_events();
  for (std::uint64_t i = 0; i < events; ++i) {
    step();
    if (i % 1009 != 0) continue;
    const Load total = counters.total();
    ASSERT_LE(counters.endpoints(), 256u);
    ASSERT_TRUE(total.requests >= 0 && total.requests <= 1000);
    ASSERT_GE(total.tokens, 0);
  }
  EXPECT_EQ(mallinfo2().uordblks, before);
  for (const auto& [place, tokens] : under_way) counters.release(place, 1, tokens);
  EXPECT_EQ(counters.total(), (Load{})) << "everything came back";
}

// Whatever comes and goes in between: when all requests have ended, nothing is under way.
TEST(LoadCounters, NothingStaysBehindBetweenThreads) {
  LoadCounters counters(8);
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 draw(t);
      for (int i = 0; i < 50'000; ++i) {
        const std::uint64_t endpoint = draw() % 12 + 1;
        const auto tokens = static_cast<std::int64_t>(draw() % 100);
        const Place place = counters.add(endpoint, tokens);
        const Load load = counters.of(endpoint);
        ASSERT_TRUE(load.requests >= 0 && load.requests <= 4 && load.tokens >= 0 && load.tokens < 400);
        if (t == 0 && i % 64 == 0) counters.remove(draw() % 12 + 1);
        counters.release(place, 1, tokens);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(counters.total(), (Load{}));
}

TEST(TokenEstimate, OutputTokens) {
  EXPECT_EQ(output_tokens({.counts = false}, 100, std::nullopt), 0);
  EXPECT_EQ(output_tokens({.counts = true}, 100, std::nullopt), 150);
  EXPECT_EQ(output_tokens({.counts = true}, 101, std::nullopt), 152) << "rounded";
  EXPECT_EQ(output_tokens({.counts = true}, 100, 40), 40);
  EXPECT_EQ(output_tokens({.counts = true}, 100, 400), 150);
  EXPECT_EQ(output_tokens({.counts = true}, 100, 0), 150) << "0 is no limit";
  EXPECT_EQ(output_tokens({.counts = true, .ratio = 3, .most = 200}, 100, std::nullopt), 200);
  EXPECT_EQ(output_tokens({.counts = true, .most = 0}, 100, 40), 0);
}

TEST(TokenEstimate, WholeTokensOfAnyNumber) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(whole_tokens(2.5), 3);
  EXPECT_EQ(whole_tokens(kInfinity), kMostTokens);
  EXPECT_EQ(whole_tokens(1e300), kMostTokens);
  for (const double none : {0.0, -3.0, -kInfinity, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_EQ(whole_tokens(none), 0);
}

// ---- what a successor takes over

std::string saved(const LoadCounters& counters, std::uint64_t capacity = 1 << 20) {
  static thread_local std::string bytes;
  bytes.clear();
  shunt_state_stream stream{};
  stream.size = sizeof stream;
  stream.capacity = capacity;
  stream.write = [](shunt_state_stream*, const void* data, std::uint64_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return std::int32_t{SHUNT_OK};
  };
  shunt::sdk::StateWriter out(stream);
  InheritedLoad::save(counters, out);
  return bytes;
}

const char* load(InheritedLoad& inherited, LoadCounters& counters, std::string_view bytes) {
  return inherited.load(shunt::sdk::SavedState("1", bytes), counters);
}

TEST(InheritedLoad, EveryEndGivesBackItsShare) {
  LoadCounters old_ones(8);
  for (const std::int64_t tokens : {100, 50, 51}) old_ones.add(5, tokens);
  const Place idle = old_ones.add(6, 9);
  old_ones.release(idle, 1, 9);
  LoadCounters counters(8);
  InheritedLoad inherited;
  ASSERT_EQ(load(inherited, counters, saved(old_ones)), nullptr);
  EXPECT_EQ(counters.of(5), (Load{3, 201}));
  EXPECT_EQ(counters.endpoints(), 1u);
  const Place own = counters.add(5, 1000);
  inherited.completed(counters, 5);
  EXPECT_EQ(counters.of(5), (Load{3, 1134}));
  inherited.completed(counters, 5);
  inherited.completed(counters, 5);
  EXPECT_EQ(counters.of(5), (Load{1, 1000}));
  inherited.completed(counters, 5);
  inherited.completed(counters, 99);
  EXPECT_EQ(counters.of(5), (Load{1, 1000})) << "there is nothing more to give back";
  counters.release(own, 1, 1000);
  EXPECT_EQ(counters.total(), (Load{}));
}

TEST(InheritedLoad, WhatNeverEndsExpires) {
  LoadCounters old_ones(8);
  old_ones.add(5, 100);
  LoadCounters counters(8);
  InheritedLoad inherited;
  ASSERT_EQ(load(inherited, counters, saved(old_ones)), nullptr);
  counters.add(5, 1);
  inherited.expire(counters, 1000);
  inherited.expire(counters, 1000 + InheritedLoad::kKept);
  EXPECT_EQ(counters.of(5), (Load{2, 101}));
  inherited.expire(counters, 1001 + InheritedLoad::kKept);
  EXPECT_EQ(counters.of(5), (Load{1, 1}));
}

TEST(InheritedLoad, DamageIsRefusedAndWhatDoesNotFitIsLeftOut) {
  LoadCounters old_ones(8);
  for (std::uint64_t endpoint = 1; endpoint <= 4; ++endpoint) old_ones.add(endpoint, 10);
  const std::string good = saved(old_ones);
  const auto refused = [](std::string_view bytes) {
    LoadCounters counters(8);
    InheritedLoad inherited;
    return load(inherited, counters, bytes) != nullptr;
  };
  EXPECT_FALSE(refused(good));
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_TRUE(refused(good.substr(0, length))) << length;
  for (const auto& [requests, tokens] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {0, 1}, {-1, 1}, {1, -1}, {1, kMostTokens + 1}, {std::numeric_limits<std::int64_t>::max(), 1}}) {
    shunt::sdk::WordWriter words(0x313064616f6c6669);
    words.add(std::uint64_t{5});
    words.add(requests);
    words.add(tokens);
    std::string bytes;
    static thread_local std::string* into;
    into = &bytes;
    shunt_state_stream stream{};
    stream.capacity = 1000;
    stream.write = [](shunt_state_stream*, const void* data, std::uint64_t size) {
      into->append(static_cast<const char*>(data), size);
      return std::int32_t{SHUNT_OK};
    };
    shunt::sdk::StateWriter out(stream);
    words.write(out);
    EXPECT_TRUE(refused(bytes)) << requests << " " << tokens;
  }
  LoadCounters small(2);
  InheritedLoad inherited;
  ASSERT_EQ(load(inherited, small, good), nullptr);
  EXPECT_EQ(small.total(), (Load{2, 20}));
  EXPECT_LE(saved(old_ones, good.size() - 1).size(), good.size() - 1);
}

}  // namespace
