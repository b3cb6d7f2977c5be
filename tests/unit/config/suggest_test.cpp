// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <shunt/framework/suggest.hpp>
#include <string>
#include <vector>

#include "config/shared_words.hpp"

namespace shunt {
namespace {

TEST(EditDistance, CountsEditsAndSwapsOfNeighbours) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("weight", "weight"), 0U);
  EXPECT_EQ(edit_distance("wieght", "weight"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U) << "no part is edited twice";
}

TEST(EditDistance, StopsAboveItsLimit) {
  EXPECT_EQ(edit_distance("kitten", "sitting", 2), 3U);
  EXPECT_EQ(edit_distance("abcdefgh", "z", 3), 4U);
}

RC_GTEST_PROP(EditDistance, LimitNeverChangesASmallAnswer, ()) {
  const auto word = rc::gen::container<std::string>(rc::gen::elementOf(std::string("abc")));
  const std::string left = *word;
  const std::string right = *word;
  const std::size_t exact = edit_distance(left, right);
  RC_ASSERT(exact == edit_distance(right, left));
  RC_ASSERT((exact == 0) == (left == right));
  for (std::size_t limit = 0; limit < 8; ++limit) {
    RC_ASSERT(edit_distance(left, right, limit) == std::min(exact, limit + 1));
  }
}

TEST(Suggest, PicksTheClosestAndTheFirstOfEquals) {
  EXPECT_EQ(suggest("wieght", {"pluginRef", "weight", "onError"}), "weight");
  EXPECT_EQ(suggest("bat", {"cat", "hat"}), "cat");
  EXPECT_EQ(suggest("list", std::vector<std::string>{"lint", "list2"}), "lint");
}

TEST(Suggest, ForgivesCaseAndSeparators) {
  EXPECT_EQ(suggest("plugin_ref", {"pluginRef"}), "pluginRef");
  EXPECT_EQ(suggest("QueueScorer", {"queue-scorer"}), "queue-scorer");
}

TEST(Suggest, SaysNothingWhereNothingIsClose) {
  EXPECT_FALSE(suggest("metrics", {"limits", "models"}));
  EXPECT_FALSE(suggest("", {"a"}));
  EXPECT_FALSE(suggest("weight", std::vector<std::string>{}));
  EXPECT_FALSE(suggest(std::string(1000, 'a'), std::vector<std::string>{std::string(1001, 'a')}));
}

TEST(Suggest, PhraseNamesTheOrigin) {
  EXPECT_EQ(did_you_mean("weight"), "did you mean \"weight\"?");
  EXPECT_EQ(did_you_mean("a", "from a.so 1.0"), "did you mean \"a\" (from a.so 1.0)?");
}

// Types of a peer that nobody has here: their spelling is not close to anything.
TEST(NearestByWords, TheOneWithMostWordsInCommon) {
  const std::vector<std::string> types = {
      "queue-scorer",         "kv-cache-utilization-scorer", "prefix-cache-scorer",
      "lora-affinity-scorer", "session-affinity-filter",     "disagg-profile-handler"};
  EXPECT_EQ(nearest_by_words("multicluster-queue-scorer", types), "queue-scorer");
  EXPECT_EQ(nearest_by_words("mm-embeddings-cache-scorer", types), "prefix-cache-scorer") << "the shorter one of two";
  EXPECT_EQ(nearest_by_words("multicluster-session-affinity-filter", types), "session-affinity-filter");
  EXPECT_EQ(nearest_by_words("quantum-scorer", types), std::nullopt) << "one word is what many have";
  EXPECT_EQ(nearest_by_words("--", types), std::nullopt);
  EXPECT_EQ(nearest_by_words("", types), std::nullopt);
}

TEST(NearestOfKind, TheOneThatIsSpeltMostAlike) {
  const std::vector<std::string> types = {"cost-scorer", "queue-scorer", "random-picker", "quantum-filter", "scorer"};
  EXPECT_EQ(nearest_of_kind("quantum-scorer", types), "queue-scorer");
  EXPECT_EQ(nearest_of_kind("fancy-picker", types), "random-picker");
  EXPECT_EQ(nearest_of_kind("latency-slo-admitter", types), std::nullopt);
  EXPECT_EQ(nearest_of_kind("scorer", types), std::nullopt) << "a word alone is no kind";
  EXPECT_EQ(nearest_of_kind("queue-", types), std::nullopt);
  EXPECT_EQ(nearest_of_kind("", types), std::nullopt);
  EXPECT_EQ(nearest_of_kind(std::string(200, 'a') + "-scorer", types), std::nullopt);
}

}  // namespace
}  // namespace shunt
