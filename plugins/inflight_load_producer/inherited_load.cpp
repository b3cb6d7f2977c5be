// SPDX-License-Identifier: Apache-2.0
#include "inherited_load.hpp"

namespace inflight_load {
namespace {

constexpr std::uint64_t kMagic = 0x313064616f6c6669;  // "ifload01" on a machine with the low byte first
constexpr std::size_t kWordsEach = 3;

}  // namespace

void InheritedLoad::save(const LoadCounters& counters, shunt::sdk::StateWriter& out) {
  shunt::sdk::WordWriter words(kMagic);
  counters.for_each([&](std::uint64_t key, const Load& load) {
    if (load.requests == 0 || words.bytes() + kWordsEach * sizeof(std::uint64_t) > out.capacity()) return;
    words.add(key);
    words.add(load.requests);
    words.add(load.tokens);
  });
  words.write(out);
}

const char* InheritedLoad::load(const shunt::sdk::SavedState& saved, LoadCounters& counters) {
  shunt::sdk::WordReader words(saved, kMagic);
  if (words.left() % kWordsEach != 0) words.fail("the saved state is cut off");
  while (words.left() > 0) {
    const std::uint64_t key = words.whole();
    Rest rest;
    rest.load.requests = words.time();
    rest.load.tokens = words.time();
    const bool possible = key != 0 && rest.load.requests > 0 && rest.load.requests <= kMostTokens &&
                          rest.load.tokens >= 0 && rest.load.tokens <= kMostTokens && !rests_.contains(key);
    if (!possible) {
      words.fail("the saved state holds counts that cannot be");
      break;
    }
    rest.place = counters.add(key, rest.load.requests, rest.load.tokens);
    if (rest.place.counted()) rests_.emplace(key, rest);
  }
  return words.problem();
}

void InheritedLoad::completed(LoadCounters& counters, std::uint64_t endpoint) {
  const auto found = rests_.find(endpoint);
  if (found == rests_.end()) return;
  Rest& rest = found->second;
  const std::int64_t share = rest.load.tokens / rest.load.requests;
  counters.release(rest.place, 1, share);
  --rest.load.requests;
  rest.load.tokens -= share;
  if (rest.load.requests == 0) rests_.erase(found);
}

void InheritedLoad::expire(LoadCounters& counters, std::int64_t now_ns) {
  if (rests_.empty()) return;
  if (until_ns_ == 0) until_ns_ = now_ns < INT64_MAX - kKept ? now_ns + kKept : INT64_MAX;
  if (now_ns <= until_ns_) return;
  for (const auto& [endpoint, rest] : rests_) counters.release(rest.place, rest.load.requests, rest.load.tokens);
  rests_.clear();
}

}  // namespace inflight_load
