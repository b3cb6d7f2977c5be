// SPDX-License-Identifier: Apache-2.0
#include <shunt/abi/draft/dump.h>
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kType[] = "approx-prefix-cache-producer";
// One token per block: a prompt's length in bytes is four times its length in blocks.
constexpr char kTokenBlocks[] = R"({"blockSizeTokens": 1})";

using Depths = std::vector<double>;

std::string prompt_of(const std::string& blocks) {
  std::string prompt;
  for (const char block : blocks) prompt += std::string(4, block);
  return prompt;
}

class Producer : public ::testing::Test {
 protected:
  explicit Producer(const char* parameters = kTokenBlocks, std::string name = {})
      : plugin_(shunt_library_entry_v1, kType, parameters, host_, std::move(name)) {
    endpoints_.add_many(4);
  }
  void TearDown() override { EXPECT_THAT(host_.misuses(), IsEmpty()); }

  // A request of its own each time: nothing carries over from one to the next but the index.
  RequestBuilder& request() {
    auto& made = requests_.emplace_back();
    return made.model("m").number(requests_.size());
  }
  RequestBuilder& prompt(const std::string& blocks) { return request().prompt(prompt_of(blocks)); }

  // Lets a request be decided: produce, then picked.
  void decide(const RequestBuilder& asked, std::uint32_t row) {
    EXPECT_THAT(plugin_.produce(endpoints_, asked), Succeeded());
    EXPECT_THAT(plugin_.picked(endpoints_, asked, {}, {.done = {result(0, row)}}), Succeeded());
  }
  static ProfileResult result(std::uint32_t profile, std::uint32_t row) {
    return {profile, SHUNT_OK, {row}, {row}, {1.0}};
  }

  Depths depths(const RequestBuilder& asked) {
    const Produced produced = plugin_.produce(endpoints_, asked);
    EXPECT_THAT(produced, Succeeded());
    Depths found;
    for (const auto& cell : produced.columns.at("prefix_matched_blocks")) found.push_back(cell.value_or(-1));
    return found;
  }
  double total(const RequestBuilder& asked) {
    return std::get<double>(plugin_.produce(endpoints_, asked).values.at("prefix_total_blocks"));
  }

  FakeHost host_;
  PluginUnderTest plugin_;
  EndpointSet endpoints_;
  std::deque<RequestBuilder> requests_;
};

TEST_F(Producer, NothingIsKnownAtFirst) {
  const Produced produced = plugin_.produce(endpoints_, prompt("abc"));
  EXPECT_THAT(produced, Succeeded());
  EXPECT_THAT(produced.columns.at("prefix_matched_blocks"), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(produced.values, Contains(Pair("prefix_total_blocks", RequestValue(3.0))));
  EXPECT_THAT(produced.values, Contains(Pair("prefix_block_size_tokens", RequestValue(1.0))));
}

TEST_F(Producer, ARequestWithoutPromptHasNoOutputs) {
  const Produced produced = plugin_.produce(endpoints_, request());
  EXPECT_EQ(produced.status, SHUNT_SKIP);
  EXPECT_THAT(produced.columns.at("prefix_matched_blocks"), Each(Eq(std::nullopt)));
  EXPECT_THAT(produced.values, IsEmpty());
  EXPECT_THAT(plugin_.picked(endpoints_, request(), {}, {.done = {result(0, 1)}}), Succeeded());
}

TEST_F(Producer, FindsTheLongestPrefixOfEachEndpoint) {
  decide(prompt("abcd"), 0);
  decide(prompt("abxy"), 1);
  decide(prompt("zbcd"), 2);
  EXPECT_EQ(depths(prompt("abcde")), (Depths{4, 2, 0, 0}));
  EXPECT_EQ(total(prompt("abcde")), 5);
}

TEST_F(Producer, CountsContiguousBlocksOnly) {
  decide(prompt("abcd"), 0);
  EXPECT_EQ(depths(prompt("abXd")), (Depths{2, 0, 0, 0}));
  EXPECT_EQ(depths(prompt("bcd")), (Depths{0, 0, 0, 0}));
}

TEST_F(Producer, APartialLastBlockCounts) {
  decide(request().prompt("aaaabb"), 3);
  EXPECT_EQ(depths(request().prompt("aaaabb")), (Depths{0, 0, 0, 2}));
  EXPECT_EQ(depths(request().prompt("aaaabbb")), (Depths{0, 0, 0, 1}));
}

TEST_F(Producer, TakesTokenIds) {
  decide(request().token_id(1).token_id(2), 1);
  EXPECT_EQ(depths(request().token_id(1).token_id(2).token_id(3)), (Depths{0, 2, 0, 0}));
}

TEST_F(Producer, TakesGivenHashes) {
  decide(request().block_hash(17).block_hash(18).block_hash(19), 1);
  EXPECT_EQ(depths(request().block_hash(17).block_hash(18)), (Depths{0, 2, 0, 0}));
  EXPECT_EQ(depths(request().block_hash(18).block_hash(19)), (Depths{0, 0, 0, 0}));
}

TEST_F(Producer, ModelsAndSaltsAreApart) {
  decide(prompt("abc").model("other"), 0);
  decide(prompt("abc").cache_salt("s"), 1);
  decide(prompt("abc"), 2);
  EXPECT_EQ(depths(prompt("abc")), (Depths{0, 0, 3, 0}));
  EXPECT_EQ(depths(prompt("abc").cache_salt("s")), (Depths{0, 3, 0, 0}));
  EXPECT_EQ(depths(prompt("abc").target_model("other")), (Depths{3, 0, 0, 0}));
}

TEST_F(Producer, OnlyDispatchedRequestsAreRemembered) {
  const RequestBuilder& asked = prompt("abc");
  plugin_.produce(endpoints_, asked);
  plugin_.picked(endpoints_, asked, {.outcome = SHUNT_OUTCOME_REJECTED}, {.done = {result(0, 1)}});
  ProfileResult failed = result(0, 1);
  failed.status = SHUNT_UNAVAILABLE;
  plugin_.picked(endpoints_, asked, {}, {.done = {failed}});
  EXPECT_EQ(depths(prompt("abc")), (Depths{0, 0, 0, 0}));
}

TEST_F(Producer, RemembersTheFirstPickOnly) {
  const RequestBuilder& asked = prompt("ab");
  plugin_.produce(endpoints_, asked);
  plugin_.picked(endpoints_, asked, {}, {.done = {{0, SHUNT_OK, {2, 1}, {1, 2}, {0.5, 1.0}}}});
  EXPECT_EQ(depths(prompt("ab")), (Depths{0, 0, 2, 0}));
}

// The kit hands out fresh scratch memory for every call, so this chain was computed anew from the request.
TEST_F(Producer, RemembersWithoutProduceToo) {
  plugin_.picked(endpoints_, prompt("ab"), {}, {.done = {result(0, 1)}});
  EXPECT_EQ(depths(prompt("ab")), (Depths{0, 2, 0, 0}));
}

// Both calls in one frame share the scratch memory, as on a worker of the host. The request's prompt changes in between,
// which no host does: what is remembered then shows where the chain came from.
TEST_F(Producer, PickedReusesTheHashesOfProduce) {
  const RequestBuilder& first = prompt("abc");
  const RequestBuilder& second = prompt("xyz");
  plugin_.call(
      Stage::Produce, endpoints_, first, {.done = {result(0, 1)}},
      [&](const shunt_cycle* cycle, const shunt_view* view) {
        std::vector<double> rows(8);
        shunt_output out{sizeof(shunt_output), SHUNT_COLUMN_NUMBER, SHUNT_OUTPUT_ABSENT, 4, rows.data(), nullptr};
        const auto* producer = plugin_.interface<shunt_producer_table>(SHUNT_PRODUCER_ID);
        EXPECT_EQ(producer->produce(plugin_.self(), cycle, view, &out, 1, sizeof out), SHUNT_OK);
        shunt_cycle later = *cycle;
        later.request = &second.raw();
        const shunt_decision decision{
            sizeof(shunt_decision), SHUNT_OUTCOME_DISPATCHED, 0, 0, 0, cycle->n_done, cycle->done, cycle->done_stride};
        plugin_.interface<shunt_observer_table>(SHUNT_OBSERVER_ID)->picked(plugin_.self(), &later, view, &decision);
        return SHUNT_OK;
      });
  EXPECT_EQ(depths(prompt("abc")), (Depths{0, 3, 0, 0}));
  EXPECT_EQ(depths(prompt("xyz")), (Depths{0, 0, 0, 0}));
}

TEST_F(Producer, RemovedEndpointsAreForgotten) {
  decide(prompt("abc"), 0);
  decide(prompt("abc"), 1);
  plugin_.events(endpoints_, {Event(SHUNT_EVENT_ENDPOINT_REMOVED).endpoint("pod-0")});
  EXPECT_EQ(depths(prompt("abc")), (Depths{0, 3, 0, 0}));
  EXPECT_EQ(host_.metric("blocks")->value, 3);
  plugin_.events(endpoints_, {Event(SHUNT_EVENT_ENDPOINT_REMOVED).endpoint("pod-1")});
  EXPECT_EQ(host_.metric("blocks")->value, 0);
}

TEST_F(Producer, HoldersThatAreNoCandidatesAreLeftOut) {
  decide(prompt("abc"), 0);
  decide(prompt("abc"), 3);
  endpoints_ = EndpointSet();
  endpoints_.add("pod-3");
  endpoints_.add("pod-9");
  EXPECT_EQ(depths(prompt("abc")), (Depths{3, 0}));
}

TEST_F(Producer, SameHistorySameAnswers) {
  FakeHost other_host;
  PluginUnderTest other(shunt_library_entry_v1, kType, kTokenBlocks, other_host);
  for (std::uint32_t i = 0; i < 200; ++i) {
    std::string blocks;
    for (std::uint32_t k = 0; k < 1 + i % 17; ++k) blocks += static_cast<char>('a' + (i * k / 7) % 3);
    const RequestBuilder& asked = prompt(blocks);
    EXPECT_EQ(plugin_.produce(endpoints_, asked).columns, other.produce(endpoints_, asked).columns);
    const Surroundings around{.done = {result(0, i % 4)}};
    plugin_.picked(endpoints_, asked, {}, around);
    other.picked(endpoints_, asked, {}, around);
  }
}

class NamedProducer : public Producer {
 protected:
  NamedProducer() : Producer(kTokenBlocks, "fine") {}
};

TEST_F(NamedProducer, PutsItsNameInFront) {
  const Produced produced = plugin_.produce(endpoints_, prompt("abc"));
  EXPECT_THAT(produced.columns, ElementsAre(Pair("fine/prefix_matched_blocks", ElementsAre(0, 0, 0, 0))));
  EXPECT_THAT(produced.values, ElementsAre(Pair("fine/prefix_block_size_tokens", RequestValue(1.0)),
                                           Pair("fine/prefix_total_blocks", RequestValue(3.0))));
}

class Disaggregated : public Producer {
 protected:
  Disaggregated() : Producer(R"({"blockSizeTokens": 1})") {
    host_.add_profile("decode");
    host_.add_profile("prefill");
    host_.add_profile("encode");
  }
};

TEST_F(Disaggregated, RemembersThePrefillEndpointToo) {
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kTokenBlocks, host_);
  const RequestBuilder& asked = prompt("abc");
  plugin.picked(endpoints_, asked, {.primary_profile = 0}, {.done = {result(1, 3), result(2, 2), result(0, 1)}});
  EXPECT_THAT(plugin.produce(endpoints_, prompt("abc")).columns.at("prefix_matched_blocks"), ElementsAre(0, 3, 0, 3));
}

TEST_F(Disaggregated, OfTwoRunsOfAProfileTheChosenOneCounts) {
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kTokenBlocks, host_);
  const RequestBuilder& asked = prompt("abc");
  plugin.picked(endpoints_, asked, {.primary_profile = 0, .primary_result = 1},
                {.done = {result(0, 0), result(0, 2), result(0, 3)}});
  EXPECT_THAT(plugin.produce(endpoints_, prompt("abc")).columns.at("prefix_matched_blocks"), ElementsAre(0, 0, 3, 0));
}

class Limited : public Producer {
 protected:
  Limited()
      : Producer(
            R"({"blockSizeTokens": 1, "maxPrefixTokensToMatch": 0, "maxPrefixBlocksToMatch": 3, "lruCapacityPerServer": 4})") {
  }
};

TEST_F(Limited, LooksAtTheFirstBlocksOnly) {
  EXPECT_EQ(total(prompt("abcdefgh")), 3);
  decide(prompt("abcdefgh"), 0);
  EXPECT_EQ(depths(prompt("abcdefgh")), (Depths{3, 0, 0, 0}));
}

TEST_F(Limited, KeepsTheCapacityPerEndpoint) {
  decide(prompt("abc"), 0);
  decide(prompt("xyz"), 0);
  EXPECT_EQ(depths(prompt("xyz")), (Depths{3, 0, 0, 0}));
  EXPECT_EQ(depths(prompt("abc")), (Depths{1, 0, 0, 0}));
}

TEST_F(Limited, KnownKvCachesSetTheCapacity) {
  endpoints_[0].number("kv_cache_blocks", 6);
  endpoints_[1].number("kv_cache_blocks", 2).number("kv_cache_block_size", 3);
  endpoints_[2].number("kv_cache_blocks", 0);
  for (std::uint32_t row = 0; row < 4; ++row) {
    decide(prompt("abc"), row);
    decide(prompt("xyz"), row);
  }
  EXPECT_EQ(depths(prompt("abc")), (Depths{3, 3, 1, 1}));
}

TEST_F(Producer, ShowsHowMuchItRemembers) {
  decide(prompt("abcd"), 0);
  decide(prompt("abxy"), 1);
  const auto* table = plugin_.interface<shunt_dump_table>(SHUNT_DUMP_ID);
  ASSERT_NE(table, nullptr);
  std::string text(1000, '\0');
  std::uint64_t length = 0;
  ASSERT_EQ(table->dump(plugin_.self(), nullptr, text.data(), text.size(), &length), SHUNT_OK);
  EXPECT_THAT(text.substr(0, length), HasSubstr(R"({"endpoints":2,"blocks":6,"holdings":8,"bytes":)"));
}

TEST_F(Producer, ItsSuccessorKnowsWhatItKnew) {
  decide(prompt("abcd"), 0);
  decide(prompt("abxy"), 1);
  const Saved saved = plugin_.save_state();
  ASSERT_THAT(saved, Succeeded());
  PluginUnderTest successor(shunt_library_entry_v1, kType, R"({"blockSizeTokens": 1, "lruCapacityPerServer": 1000})",
                            host_);
  ASSERT_THAT(successor.load_state(saved), Succeeded());
  const Produced produced = successor.produce(endpoints_, prompt("abcde"));
  EXPECT_THAT(produced.columns.at("prefix_matched_blocks"), ElementsAre(4, 2, 0, 0));
  EXPECT_THAT(successor.save_state().bytes, Eq(saved.bytes));
  EXPECT_EQ(depths(prompt("abcde")), (Depths{4, 2, 0, 0})) << "and the one that saved goes on";
}

TEST_F(Producer, ASmallerCapacityCountsWithoutAutoTune) {
  decide(prompt("abcd"), 0);
  PluginUnderTest successor(shunt_library_entry_v1, kType,
                            R"({"blockSizeTokens": 1, "lruCapacityPerServer": 3, "autoTune": false})", host_);
  ASSERT_THAT(successor.load_state(plugin_.save_state()), Succeeded());
  EXPECT_THAT(successor.produce(endpoints_, prompt("abcd")).columns.at("prefix_matched_blocks"),
              ElementsAre(3, 0, 0, 0));
}

TEST_F(Producer, StateThatDoesNotFitIsRefused) {
  decide(prompt("abcd"), 0);
  const Saved saved = plugin_.save_state();
  PluginUnderTest other(shunt_library_entry_v1, kType, R"({"blockSizeTokens": 2})", host_);
  const Saved nothing = other.save_state();
  EXPECT_THAT(other.load_state(saved), FailedWith(SHUNT_UNSUPPORTED, HasSubstr("blockSizeTokens")));
  EXPECT_THAT(other.load_state("2", saved.bytes), FailedWith(SHUNT_UNSUPPORTED, HasSubstr("version")));
  EXPECT_THAT(other.load_state("1", saved.bytes.substr(1)), FailedWith(SHUNT_INVALID, HasSubstr("cut off")));
  EXPECT_THAT(other.load_state("1", ""), FailedWith(SHUNT_INVALID, HasSubstr("cut off")));
  EXPECT_EQ(other.save_state().bytes, nothing.bytes);
  // A host that takes less than an empty index.
  EXPECT_THAT(plugin_.save_state(47), FailedWith(SHUNT_OUT_OF_MEMORY, HasSubstr("took no more")));
  EXPECT_THAT(plugin_.save_state(48), Succeeded());
}

TEST(ProducerParameters, TheTokenLimitWins) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType,
                         R"({"blockSizeTokens": 4, "maxPrefixTokensToMatch": 20, "maxPrefixBlocksToMatch": 2})", host);
  RequestBuilder request;
  request.prompt(std::string(1000, 'x'));
  EndpointSet endpoints;
  endpoints.add_many(1);
  EXPECT_THAT(plugin.produce(endpoints, request).values, Contains(Pair("prefix_total_blocks", RequestValue(5.0))));
}

TEST(ProducerParameters, WithoutAutoTuneTheParameterSetsTheCapacity) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType,
                         R"({"autoTune": false, "blockSizeTokens": 1, "lruCapacityPerServer": 2})", host);
  EndpointSet endpoints;
  endpoints.add("pod-0").number("kv_cache_blocks", 100);
  RequestBuilder request;
  request.prompt(prompt_of("abcd"));
  plugin.picked(endpoints, request, {}, {.done = {{0, SHUNT_OK, {0}, {0}, {1.0}}}});
  EXPECT_THAT(plugin.produce(endpoints, request).columns.at("prefix_matched_blocks"), ElementsAre(2));
}

TEST(ProducerParameters, ALimitBelowOneBlockIsRefused) {
  FakeHost host;
  const PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"maxPrefixTokensToMatch": 15})", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("maxPrefixTokensToMatch")));
}

TEST(ProducerParameters, DefaultsLookAt131072TokensInBlocksOf16) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  EndpointSet endpoints;
  endpoints.add_many(1);
  RequestBuilder request;
  request.prompt(std::string(600'000, 'x'));
  EXPECT_THAT(plugin.produce(endpoints, request).values,
              ElementsAre(Pair("prefix_block_size_tokens", RequestValue(16.0)),
                          Pair("prefix_total_blocks", RequestValue(8192.0))));
}

}  // namespace
