// SPDX-License-Identifier: Apache-2.0
#include "prompt_chain.hpp"

#include <shunt/testing/plugin_under_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using approx_prefix::ChainLimits;
using approx_prefix::ChainTag;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Ids = std::vector<std::uint64_t>;

Ids chain_of(const RequestBuilder& request, ChainLimits limits = {16, 1000}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "approx-prefix-cache-producer", "{}", host);
  Ids ids(limits.maximum_blocks);
  plugin.call(Stage::Produce, EndpointSet(), request, {}, [&](const shunt_cycle* cycle, const shunt_view*) {
    ids.resize(approx_prefix::prompt_chain(shunt::sdk::Cycle(host.table(), *cycle), limits, ids).size());
    return SHUNT_OK;
  });
  return ids;
}

Ids given(const Ids& hashes, const std::string& model = "m") {
  RequestBuilder request;
  request.model(model);
  for (const std::uint64_t hash : hashes) request.block_hash(hash);
  return chain_of(request);
}

Ids tokens(std::uint32_t count) {
  RequestBuilder request;
  request.model("m");
  for (std::uint32_t i = 0; i < count; ++i) request.token_id(i);
  return chain_of(request);
}

Ids text(const std::string& prompt, ChainLimits limits = {16, 1000}) {
  RequestBuilder request;
  return chain_of(request.model("m").prompt(prompt), limits);
}

std::size_t shared(const Ids& a, const Ids& b) {
  std::size_t n = 0;
  while (n < std::min(a.size(), b.size()) && a[n] == b[n]) ++n;
  for (std::size_t i = n; i < std::min(a.size(), b.size()); ++i) EXPECT_NE(a[i], b[i]) << "block " << i;
  return n;
}

TEST(PromptChain, NoPromptNoChain) {
  EXPECT_THAT(chain_of(RequestBuilder()), IsEmpty());
  EXPECT_THAT(text(""), IsEmpty());
}

TEST(PromptChain, TextInBlocksOfFourBytesPerToken) {
  const std::string prompt(200, 'x');
  EXPECT_THAT(text(prompt.substr(0, 1)), SizeIs(1));
  EXPECT_THAT(text(prompt.substr(0, 64)), SizeIs(1));
  EXPECT_THAT(text(prompt.substr(0, 65)), SizeIs(2));
  EXPECT_THAT(text(prompt, {1, 1000}), SizeIs(50));
}

TEST(PromptChain, TokensInBlocksOfTokens) {
  EXPECT_THAT(tokens(16), SizeIs(1));
  EXPECT_THAT(tokens(17), SizeIs(2));
  EXPECT_EQ(shared(tokens(32), tokens(100)), 2u);
}

TEST(PromptChain, APartialLastBlockIsABlockOfItsOwn) {
  const std::string prompt(128, 'x');
  EXPECT_EQ(shared(text(prompt), text(prompt + "y")), 2u);
  EXPECT_EQ(shared(text(prompt + "y"), text(prompt + "yz")), 2u);
}

TEST(PromptChain, EveryIdDependsOnAllBlocksBeforeIt) {
  std::string other(640, 'x');
  other[130] = 'y';
  EXPECT_EQ(shared(text(std::string(640, 'x')), text(other)), 2u);
  EXPECT_EQ(shared(given({1, 2, 3, 4, 5}), given({1, 2, 9, 4, 5})), 2u);
  EXPECT_EQ(shared(given({1, 2}), given({2, 1})), 0u);
  EXPECT_EQ(shared(given({7, 7, 7}), given({7, 7, 7, 7})), 3u);
}

TEST(PromptChain, GivenHashesComeFirstThenTokensThenText) {
  RequestBuilder request;
  request.model("m").prompt("text that is not looked at");
  request.token_id(5);
  RequestBuilder only_token;
  only_token.model("m").token_id(5);
  EXPECT_EQ(chain_of(request), chain_of(only_token));
  request.block_hash(17).block_hash(18);
  EXPECT_EQ(chain_of(request), given({17, 18}));
}

TEST(PromptChain, ModelsAndSaltsKeepApart) {
  EXPECT_EQ(shared(given({1, 2, 3}, "m"), given({1, 2, 3}, "n")), 0u);
  RequestBuilder plain;
  RequestBuilder salted;
  RequestBuilder rewritten;
  plain.model("m").prompt("hello");
  salted.model("m").prompt("hello").cache_salt("tenant");
  rewritten.model("alias").target_model("m").prompt("hello");
  EXPECT_EQ(shared(chain_of(plain), chain_of(salted)), 0u);
  EXPECT_EQ(chain_of(plain), chain_of(rewritten));
}

TEST(PromptChain, LimitsTheNumberOfBlocks) {
  EXPECT_THAT(text(std::string(1000, 'x'), {1, 7}), SizeIs(7));
  RequestBuilder request;
  for (std::uint64_t i = 0; i < 10; ++i) request.block_hash(i);
  EXPECT_THAT(chain_of(request, {16, 4}), SizeIs(4));
}

TEST(ChainTag, RecallsWhatIsStillThere) {
  Ids scratch(100);
  for (std::size_t i = 0; i < scratch.size(); ++i) scratch[i] = i * 0x9e3779b97f4a7c15ull;
  const Ids chain(scratch.begin(), scratch.begin() + 60);
  const ChainTag tag = approx_prefix::tag_of(chain);
  scratch[60] = 1;  // behind the chain
  EXPECT_THAT(approx_prefix::recall(tag, scratch), ElementsAreArray(chain));
  for (const std::size_t at : {0u, 30u, 59u}) {
    Ids changed = scratch;
    ++changed[at];
    EXPECT_THAT(approx_prefix::recall(tag, changed), IsEmpty()) << "id " << at;
  }
  EXPECT_THAT(approx_prefix::recall({}, scratch), IsEmpty());
  EXPECT_THAT(approx_prefix::recall(tag, std::span(scratch).first(59)), IsEmpty());
}

}  // namespace
