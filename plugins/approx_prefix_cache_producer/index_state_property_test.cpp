// SPDX-License-Identifier: Apache-2.0
// Random histories: an index that was saved and restored in the middle answers like one that was not; random damage is refused
// or harmless.
#include "naive_prefix_index.hpp"
#include "saved_index.hpp"

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <memory>
#include <ostream>
#include <vector>

namespace {

using namespace approx_prefix;
using enum ReadResult::Outcome;

constexpr std::size_t kLongest = 256;

struct Insertion {
  std::uint64_t endpoint;
  std::vector<std::uint8_t> prompt;
  std::size_t capacity;
};

std::ostream& operator<<(std::ostream& out, const Insertion& step) {
  out << "insert endpoint " << step.endpoint << " capacity " << step.capacity << " prompt";
  for (const std::uint8_t block : step.prompt) out << ' ' << int{block};
  return out;
}

rc::Gen<std::vector<std::uint8_t>> prompts() {
  return rc::gen::mapcat(rc::gen::inRange(0, 40), [](int length) {
    return rc::gen::container<std::vector<std::uint8_t>>(
        static_cast<std::size_t>(length),
        rc::gen::weightedElement<std::uint8_t>({{12, std::uint8_t{0}}, {1, std::uint8_t{1}}, {1, std::uint8_t{2}}}));
  });
}

rc::Gen<std::vector<Insertion>> histories() {
  return rc::gen::container<std::vector<Insertion>>(
      rc::gen::build<Insertion>(rc::gen::set(&Insertion::endpoint, rc::gen::inRange<std::uint64_t>(1, 8)),
                                rc::gen::set(&Insertion::prompt, prompts()),
                                rc::gen::set(&Insertion::capacity, rc::gen::inRange<std::size_t>(1, 120))));
}

void follow(SharedPrefixIndex& index, NaivePrefixIndex& model, const std::vector<Insertion>& history) {
  for (const Insertion& step : history) {
    index.insert(step.endpoint, chain_of(step.prompt), step.capacity);
    model.insert(step.endpoint, chain_of(step.prompt), step.capacity);
  }
}

RC_GTEST_PROP(IndexStateProperty, ARestoredIndexGoesOnLikeTheOldOne, ()) {
  SharedPrefixIndex old_one(kLongest);
  SharedPrefixIndex new_one(kLongest);
  NaivePrefixIndex model;
  const auto before = *histories();
  follow(old_one, model, before);
  const auto words = words_of(old_one);
  RC_ASSERT(read_words(words, new_one).outcome == Restored);
  RC_ASSERT(words_of(new_one) == words);
  RC_ASSERT(new_one.holdings() == model.holdings());
  RC_ASSERT(new_one.blocks() == old_one.blocks());
  // What is evicted from now on tells of the order of use.
  const auto after = *histories();
  follow(new_one, model, after);
  for (const auto& asked : {before, after}) {
    for (const Insertion& step : asked) {
      const Chain chain = chain_of(step.prompt);
      RC_ASSERT(match(new_one.index(), chain) == model.match(chain));
      RC_ASSERT(walk(new_one.index(), chain) == model.match(chain));
    }
  }
  RC_ASSERT(new_one.holdings() == model.holdings());
}

RC_GTEST_PROP(IndexStateProperty, DamageIsRefusedOrHarmless, ()) {
  SharedPrefixIndex old_one(kLongest);
  NaivePrefixIndex model;
  const auto history = *histories();
  follow(old_one, model, history);
  auto words = words_of(old_one);
  const auto changes = *rc::gen::inRange(1, 6);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, words.size());
    switch (*rc::gen::inRange(0, 4)) {
      case 0: words[at] = *rc::gen::arbitrary<std::uint64_t>(); break;
      case 1: words[at] += *rc::gen::inRange<std::uint64_t>(0, 5) - 2; break;
      case 2: words.resize(at + 1); break;
      default: words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), words[words.size() / 2]);
    }
  }
  if (*rc::gen::arbitrary<bool>()) seal(words);
  SharedPrefixIndex restored(kLongest);
  const ReadResult result = read_words(words, restored, 50);
  RC_ASSERT(result.outcome == Restored || restored.holdings() == 0u);
  RC_ASSERT(restored.holdings() <= words.size());
  RC_ASSERT(restored.holdings() <= 50 * restored.endpoints());
  // Whatever it holds now, it can be asked, changed and emptied.
  for (const Insertion& step : history) {
    (void)match(restored.index(), chain_of(step.prompt));
    restored.insert(step.endpoint, chain_of(step.prompt), step.capacity);
  }
  const auto again = words_of(restored);
  SharedPrefixIndex third(kLongest);
  RC_ASSERT(read_words(again, third).outcome == Restored);
}

}  // namespace
