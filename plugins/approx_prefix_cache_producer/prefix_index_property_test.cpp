// SPDX-License-Identifier: Apache-2.0
// Random histories: the index answers like a model that is too simple to be wrong, after every step, for every endpoint.
#include "naive_prefix_index.hpp"

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace {

using namespace approx_prefix;

// One step of a history. Few kinds of blocks, so that prompts share prefixes and part at all depths.
struct Step {
  bool purge;
  std::uint64_t endpoint;
  std::vector<std::uint8_t> prompt;
  std::size_t capacity;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  out << (step.purge ? "purge" : "insert") << " endpoint " << step.endpoint << " capacity " << step.capacity
      << " prompt";
  for (const std::uint8_t block : step.prompt) out << ' ' << int{block};
  return out;
}

rc::Gen<std::vector<std::uint8_t>> prompts(int longest) {
  return rc::gen::mapcat(rc::gen::inRange(0, longest), [](int length) {
    return rc::gen::container<std::vector<std::uint8_t>>(
        static_cast<std::size_t>(length),
        rc::gen::weightedElement<std::uint8_t>({{12, std::uint8_t{0}}, {1, std::uint8_t{1}}, {1, std::uint8_t{2}}}));
  });
}

rc::Gen<Step> steps(std::uint64_t endpoints, std::size_t largest, int longest) {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::purge, rc::gen::map(rc::gen::inRange(0, 16), [](int draw) { return draw == 0; })),
      rc::gen::set(&Step::endpoint, rc::gen::inRange<std::uint64_t>(1, endpoints + 1)),
      rc::gen::set(&Step::prompt, prompts(longest)),
      rc::gen::set(&Step::capacity, rc::gen::inRange<std::size_t>(0, largest)));
}

void follow(const std::vector<Step>& history, const std::vector<std::vector<std::uint8_t>>& questions) {
  PrefixIndex index;
  NaivePrefixIndex model;
  for (const Step& step : history) {
    const Chain chain = chain_of(step.prompt);
    if (step.purge) {
      index.purge(step.endpoint);
      model.purge(step.endpoint);
    } else {
      index.insert(step.endpoint, chain, step.capacity);
      model.insert(step.endpoint, chain, step.capacity);
    }
    RC_ASSERT(index.holdings() == model.holdings());
    RC_ASSERT(model.leaf_first(chain));
    RC_ASSERT(match(index, chain) == model.match(chain));
  }
  for (const std::vector<std::uint8_t>& question : questions) {
    const Chain chain = chain_of(question);
    RC_ASSERT(match(index, chain) == model.match(chain));
    RC_ASSERT(walk(index, chain) == model.match(chain));
    RC_ASSERT(model.leaf_first(chain));
  }
}

RC_GTEST_PROP(PrefixIndexProperty, MatchesTheModelWithFewEndpoints, ()) {
  follow(*rc::gen::container<std::vector<Step>>(steps(3, 90, 60)),
         *rc::gen::container<std::vector<std::vector<std::uint8_t>>>(prompts(80)));
}

RC_GTEST_PROP(PrefixIndexProperty, MatchesTheModelWithManyHoldersPerBlock, ()) {
  follow(*rc::gen::container<std::vector<Step>>(100, steps(30, 40, 12)),
         *rc::gen::container<std::vector<std::vector<std::uint8_t>>>(prompts(20)));
}

}  // namespace
