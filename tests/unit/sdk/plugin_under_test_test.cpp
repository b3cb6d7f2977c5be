// SPDX-License-Identifier: Apache-2.0
#define SHUNT_LIBRARY_ENTRY testing_kit_entry
#include <shunt/sdk/library.hpp>
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace {

using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using namespace shunt::testing;
using shunt::sdk::Cycle;
using shunt::sdk::View;

// Three interfaces in one instance: drops the unhealthy, rates by queue, picks the last row.
struct Several {
  SHUNT_PLUGIN("several", "1.0.0", "offers several interfaces")
  static constexpr std::string_view kParametersSchema =
      R"({"type":"object","properties":{"factor":{"type":"number","default":2}}})";
  shunt::sdk::Column<double> queue;
  shunt::sdk::Column<shunt::sdk::Flag> healthy;
  double factor;
  explicit Several(shunt::sdk::Init& init)
      : queue(init.column<double>("queue")),
        healthy(init.optional_column<shunt::sdk::Flag>("healthy")),
        factor(init.parameter("factor").number(0)) {
    if (factor < 0) throw shunt::sdk::Error("\"factor\" must not be negative");
    init.request_state(4);
    init.scratch(100);
  }
  void filter(const Cycle&, View view, std::span<std::uint8_t> keep) const {
    const auto flags = healthy(view);
    for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = flags[i];
  }
  void score(const Cycle& cycle, View view, std::span<double> score) const {
    std::memset(cycle.scratch(), 1, 100);
    ++*static_cast<std::uint32_t*>(cycle.request_state());
    const auto q = queue(view);
    for (std::size_t i = 0; i < score.size(); ++i) {
      if (q.has(i)) score[i] = 1 / (1 + factor * q[i]);
    }
  }
  void pick(const Cycle&, View view, std::span<const double>, shunt::sdk::Picks& picks) const {
    picks.add(view.size() - 1);
  }
  void explain(const Cycle& cycle, View view, std::string_view id, std::span<shunt_str> reason) const {
    reason[view.size() - 1] = cycle.keep("asked as " + std::string(id));
  }
};

// Breaks every rule that the kit watches over.
struct Careless {
  SHUNT_PLUGIN("careless", "1.0.0", "writes out of bounds and calls what is not allowed")
  shunt::sdk::OutputValue<double> value;
  explicit Careless(shunt::sdk::Init& init) : value(init.output_value<double>("v")) {}
  shunt::sdk::Status score(const Cycle& cycle, View, std::span<double> score) const {
    score.data()[score.size()] = 1;
    value.set(cycle, 1);
    return cycle.fail("careless as ever");
  }
  void pick(const Cycle&, View, std::span<const double>, shunt::sdk::Picks& picks) const { picks.resize(99); }
  void eviction_for(const shunt::sdk::SwapQuery& query, shunt::sdk::SwapPlan&) const {
    query.log(SHUNT_LOG_INFO, "hm");
  }
};

// Produces, observes and extracts.
struct Data {
  SHUNT_PLUGIN("data", "1.0.0", "moves data")
  static constexpr std::uint64_t kWants =
      SHUNT_EVENT_BIT(SHUNT_EVENT_COMPLETED) | SHUNT_EVENT_BIT(SHUNT_EVENT_DISPATCHED);
  shunt::sdk::Output<double> doubled;
  shunt::sdk::Output<shunt::sdk::Flag> first;
  shunt::sdk::Output<double> never;
  shunt::sdk::OutputValue<std::string_view> text;
  shunt::sdk::EndpointOutput<double> written;
  shunt::sdk::Column<double> queue;
  shunt_metric* heard;
  explicit Data(shunt::sdk::Init& init)
      : doubled(init.output<double>("doubled")),
        first(init.output<shunt::sdk::Flag>("first")),
        never(init.output<double>("never")),
        text(init.output_value<std::string_view>("text")),
        written(init.endpoint_output<double>("written")),
        queue(init.optional_column<double>("queue")),
        heard(init.counter("heard_total", "events")) {
    init.request_state(8);
    init.fetch("/metrics", 50'000'000, {.port = 8001, .failures = true});
  }
  void produce(const Cycle& cycle, View base, const shunt::sdk::Outputs& outputs) const {
    *static_cast<std::uint64_t*>(cycle.request_state()) = 77;
    const auto out = doubled(outputs).set_all_present();
    for (std::size_t i = 0; i < base.size(); ++i) out[i] = 2 * queue(base)[i];
    first(outputs).set(0, 1);
    text.set(cycle, "hello");
  }
  void picked(const Cycle& cycle, View, const shunt::sdk::Decision& decision) const {
    cycle.host().metric_add(heard, decision.dispatched() && decision.results().size() == 1 ? 100 : 0);
  }
  void events(const shunt::sdk::Context& context, const shunt::sdk::Events& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      context.host().metric_add(heard, 1);
      const auto* state = static_cast<const std::uint64_t*>(batch[i].request_state);
      written.put(context, batch[i].endpoint, state == nullptr ? -1.0 : static_cast<double>(*state));
    }
  }
  shunt::sdk::Status extract(const shunt::sdk::Context& context, const shunt::sdk::Page& page) {
    if (page.http_status() != 200) return context.fail("no page");
    return written.put(context, page.endpoint(), static_cast<double>(page.body().size()) + queue(page.row())[0]);
  }
};

// Keeps the text of its parameter, or the one that it has loaded.
struct Keeper {
  SHUNT_PLUGIN("keeper", "1.0.0", "keeps a text")
  static constexpr std::string_view kParametersSchema = R"({"type":"object","properties":{"text":{"type":"string"}}})";
  static constexpr std::string_view kStateVersion = "text/1";
  std::string text;
  explicit Keeper(shunt::sdk::Init& init) : text(init.parameter("text").text("")) {}
  void save_state(const shunt::sdk::Context&, shunt::sdk::StateWriter& out) const {
    if (text == "too much") out.write(std::string(out.capacity() + 1, 'x'));
    for (const char c : text) out.write({&c, 1});
    out.write({});
  }
  shunt::sdk::Status load_state(const shunt::sdk::Context& context, const shunt::sdk::SavedState& saved) {
    if (saved.version() != kStateVersion) return context.fail("another version", SHUNT_UNSUPPORTED);
    if (saved.bytes().starts_with("bad")) throw shunt::sdk::Error("damaged");
    text = saved.bytes();
    return SHUNT_OK;
  }
};

SHUNT_LIBRARY(Several, Careless, Data, Keeper)

class PluginUnderTestTest : public ::testing::Test {
 protected:
  PluginUnderTestTest() {
    endpoints.add("a").number("queue", 0).flag("healthy", true);
    endpoints.add("b").number("queue", 1).flag("healthy", false);
    endpoints.add("c").flag("healthy", true);
  }
  FakeHost host;
  EndpointSet endpoints;
  RequestBuilder request;
};

TEST_F(PluginUnderTestTest, SeveralInterfacesOfOneInstance) {
  PluginUnderTest plugin(testing_kit_entry, "several", "{}", host);
  ASSERT_TRUE(plugin.created()) << plugin.creation().error;
  const Scores scores = plugin.score(endpoints, request);
  EXPECT_THAT(scores, Succeeded());
  EXPECT_THAT(scores.values, ElementsAre(1.0, 1.0 / 3, Unwritten()));
  EXPECT_EQ(scores.unwritten(), 1u);
  EXPECT_THAT(scores[0], IsScore());
  EXPECT_THAT(scores[2], Not(IsScore()));
  const Kept kept = plugin.filter(endpoints, request);
  EXPECT_THAT(kept.keep, ElementsAre(1, 0, 1));
  EXPECT_THAT(kept.base_rows, ElementsAre(0, 2));
  const Picked picked = plugin.pick({1, 2}, endpoints, request, {.candidates = Rows{2, 1}});
  EXPECT_THAT(picked.rows, ElementsAre(1));
  EXPECT_THAT(picked.base_rows, ElementsAre(1));
  EXPECT_THAT(plugin.explain(endpoints, request, SHUNT_SCORER_ID).texts,
              ElementsAre("", "", "asked as shunt.scorer/1"));
  EXPECT_THAT(host.misuses(), IsEmpty());
}

TEST_F(PluginUnderTestTest, FiltersSeeCompactedCandidates) {
  PluginUnderTest plugin(testing_kit_entry, "several", "{}", host);
  const Kept kept = plugin.filter(endpoints, request, {.candidates = Rows{1, 2}});
  EXPECT_THAT(kept.keep, ElementsAre(0, 1));
  EXPECT_THAT(kept.base_rows, ElementsAre(2));
}

TEST_F(PluginUnderTestTest, ParametersReachThePluginWithTheirDefaults) {
  PluginUnderTest standard(testing_kit_entry, "several", "{}", host);
  PluginUnderTest given(testing_kit_entry, "several", R"({"factor": 1})", host);
  PluginUnderTest wrong(testing_kit_entry, "several", R"({"factor": -1})", host);
  EXPECT_EQ(standard.score(endpoints, request)[1], 1.0 / 3);
  EXPECT_EQ(given.score(endpoints, request)[1], 0.5);
  EXPECT_FALSE(wrong.created());
  EXPECT_THAT(wrong.creation(), FailedWith(SHUNT_INVALID, HasSubstr("\"factor\"")));
  EXPECT_THAT(wrong.score(endpoints, request), FailedWith(SHUNT_UNSUPPORTED, HasSubstr("not created")));
}

TEST_F(PluginUnderTestTest, TheHostSaysWhatItCannotProvide) {
  host.provide("something-else");
  PluginUnderTest plugin(testing_kit_entry, "several", "{}", host);
  EXPECT_FALSE(plugin.created());
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr("\"queue\"")));
}

TEST_F(PluginUnderTestTest, UnknownTypesAndInterfacesAreAnswersToo) {
  PluginUnderTest unknown(testing_kit_entry, "other", "{}", host);
  EXPECT_THAT(unknown.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr("\"other\"")));
  PluginUnderTest plugin(testing_kit_entry()->describe(0), "several", "{}", host);
  ASSERT_TRUE(plugin.created());
  EXPECT_THAT(plugin.produce(endpoints, request), FailedWith(SHUNT_UNSUPPORTED, HasSubstr("shunt.producer/1")));
  EXPECT_EQ(plugin.interface<shunt_swapper_table>(SHUNT_SWAPPER_ID), nullptr);
  EXPECT_NE(plugin.interface<shunt_scorer_table>(SHUNT_SCORER_ID), nullptr);
}

TEST_F(PluginUnderTestTest, RequestStateLivesFromTheFirstCallToTheLast) {
  PluginUnderTest plugin(testing_kit_entry, "several", "{}", host);
  RequestBuilder other;
  other.number(5);
  const auto count = [&](const RequestBuilder& which) {
    std::uint32_t calls = 0;
    plugin.call(Stage::Hot, endpoints, which, {}, [&](const shunt_cycle* cycle, const shunt_view*) {
      calls = *static_cast<const std::uint32_t*>(cycle->request_state);
      return SHUNT_OK;
    });
    return calls;
  };
  plugin.score(endpoints, request);
  plugin.score(endpoints, request);
  plugin.score(endpoints, other);
  EXPECT_EQ(count(request), 2u);
  EXPECT_EQ(count(other), 1u);
}

TEST_F(PluginUnderTestTest, OutOfBoundsAndMisuseAreReported) {
  PluginUnderTest plugin(testing_kit_entry, "careless", "{}", host, "clumsy");
  const Scores scores = plugin.score(endpoints, request);
  EXPECT_FALSE(scores.intact);
  EXPECT_FALSE(scores.ok());
  EXPECT_THAT(scores, FailedWith(SHUNT_ERROR, "careless as ever"));
  const Picked picked = plugin.pick({1, 2, 3}, endpoints, request);
  EXPECT_EQ(picked.status, SHUNT_OK);
  EXPECT_THAT(picked, Not(Succeeded()));
  EXPECT_THAT(picked.base_rows, IsEmpty());
  plugin.eviction_for(SwapBuilder("x"));
  EXPECT_THAT(host.misuses(),
              ElementsAre("clumsy: set_value() is not allowed in this function", HasSubstr("clumsy: log()")));
}

TEST_F(PluginUnderTestTest, ProducedColumnsAndValuesByName) {
  PluginUnderTest plugin(testing_kit_entry, "data", "{}", host);
  const Produced produced = plugin.produce(endpoints, request);
  EXPECT_THAT(produced, Succeeded());
  EXPECT_THAT(produced.columns,
              UnorderedElementsAre(Pair("doubled", ElementsAre(0.0, 2.0, 0.0)),
                                   Pair("first", ElementsAre(1.0, std::nullopt, std::nullopt)),
                                   Pair("never", ElementsAre(std::nullopt, std::nullopt, std::nullopt))));
  EXPECT_EQ(std::get<std::string>(produced.values.at("text")), "hello");
  EXPECT_EQ(plugin.declared().pages[0].path, "/metrics");
  EXPECT_EQ(plugin.declared().pages[0].port, 8001u);
  EXPECT_TRUE(plugin.declared().pages[0].failures);
}

TEST_F(PluginUnderTestTest, EventsOfOtherTypesAreNotDelivered) {
  PluginUnderTest plugin(testing_kit_entry, "data", "{}", host);
  plugin.produce(endpoints, request);
  plugin.events(endpoints, {Event(SHUNT_EVENT_FIRST_TOKEN).endpoint("a").request(request),
                            Event(SHUNT_EVENT_DISPATCHED).endpoint("a").request(request),
                            Event(SHUNT_EVENT_COMPLETED).endpoint("b").request(request),
                            Event(SHUNT_EVENT_MODEL_READY).model("m")});
  EXPECT_EQ(host.metric("heard_total")->value, 2);
  ASSERT_EQ(host.cells().size(), 2u);
  EXPECT_EQ(std::get<double>(host.cells()[1].content), 77) << "the state that produce() wrote";
  plugin.events(endpoints, {Event(SHUNT_EVENT_DISPATCHED).endpoint("a").request(request)});
  EXPECT_EQ(std::get<double>(host.cells()[2].content), -1) << "gone after completed, until the next call";
}

TEST_F(PluginUnderTestTest, PickedSeesTheResults) {
  PluginUnderTest plugin(testing_kit_entry, "data", "{}", host);
  const ProfileResult result{.profile = 0, .picks = {1}, .candidates = {0, 1}, .totals = {0, 1}};
  plugin.picked(endpoints, request, {}, {.done = {result}});
  EXPECT_EQ(host.metric("heard_total")->value, 100);
}

TEST_F(PluginUnderTestTest, ExtractedCellsMakeTheNextSnapshot) {
  PluginUnderTest plugin(testing_kit_entry, "data", "{}", host);
  EXPECT_THAT(plugin.extract(endpoints, "b", {.body = "12345"}), Succeeded());
  endpoints.apply(host.take_cells());
  EXPECT_EQ(std::get<double>(endpoints[1].cell("written")), 6.0);
  EXPECT_THAT(plugin.extract(endpoints, "b", {.http_status = 503}), FailedWith(SHUNT_ERROR, "no page"));
  EXPECT_THAT(host.cells(), IsEmpty());
  EXPECT_THAT(plugin.extract(endpoints, "b", {.path = "/other"}), FailedWith(SHUNT_UNSUPPORTED, HasSubstr("/other")));
}

// Answers pick_profiles() with what its parameter says, and gives reasons that are longer than anybody keeps.
struct Talkative {
  SHUNT_PLUGIN("talkative", "1.0.0", "says too much")
  static constexpr std::string_view kParametersSchema = R"({"type":"object"})";
  shunt::sdk::OutputValue<double> value;
  double profile;
  explicit Talkative(shunt::sdk::Init& init)
      : value(init.output_value<double>("said")), profile(init.parameter("profile").number(0)) {}
  void pick_profiles(const Cycle&, View, shunt::sdk::ProfileList& next) const {
    next.add(static_cast<std::uint32_t>(profile));
  }
  void process_results(const Cycle&, View, shunt::sdk::Outcome&) const {}
  shunt::sdk::Status produce(const Cycle& cycle, View, const shunt::sdk::Outputs&) const {
    value.set(cycle, 1);
    return SHUNT_SKIP;
  }
  void explain(const Cycle& cycle, View, std::string_view, std::span<shunt_str> reason) const {
    for (shunt_str& text : reason) text = cycle.keep(std::string(5000, 'r'));
  }
  shunt::sdk::Status eviction_for(const shunt::sdk::SwapQuery&, shunt::sdk::SwapPlan& plan) const {
    return plan.blocked(std::string(5000, 'r'));
  }
};

TEST_F(PluginUnderTestTest, StateGoesFromOneInstanceToTheNext) {
  PluginUnderTest plugin(testing_kit_entry, "keeper", R"({"text": "what was learned"})", host);
  const Saved saved = plugin.save_state(16);
  ASSERT_THAT(saved, Succeeded());
  EXPECT_EQ(saved.version, "text/1");
  EXPECT_EQ(saved.bytes, "what was learned");
  PluginUnderTest successor(testing_kit_entry, "keeper", "{}", host);
  EXPECT_THAT(successor.load_state(saved), Succeeded());
  EXPECT_EQ(successor.save_state().bytes, saved.bytes);
  EXPECT_THAT(successor.load_state("text/2", saved.bytes), FailedWith(SHUNT_UNSUPPORTED, "another version"));
  EXPECT_THAT(successor.load_state("text/1", "bad bytes"), FailedWith(SHUNT_INVALID, "damaged"));
  EXPECT_THAT(successor.load_state("text/1", ""), Succeeded());
  EXPECT_EQ(successor.save_state().bytes, "");
}

TEST_F(PluginUnderTestTest, StateThatTheHostDoesNotTakeIsNone) {
  PluginUnderTest plugin(testing_kit_entry, "keeper", R"({"text": "what was learned"})", host);
  const Saved saved = plugin.save_state(15);
  EXPECT_THAT(saved, FailedWith(SHUNT_OUT_OF_MEMORY, HasSubstr("took no more")));
  EXPECT_EQ(saved.bytes, "");
  EXPECT_THAT(plugin.load_state(saved), FailedWith(SHUNT_OUT_OF_MEMORY, HasSubstr("took no more")));
  PluginUnderTest greedy(testing_kit_entry, "keeper", R"({"text": "too much"})", host);
  EXPECT_THAT(greedy.save_state(), FailedWith(SHUNT_OUT_OF_MEMORY, HasSubstr("took no more")));
  PluginUnderTest stateless(testing_kit_entry, "data", "{}", host);
  EXPECT_THAT(stateless.save_state(), FailedWith(SHUNT_UNSUPPORTED, HasSubstr("shunt.state/1")));
}

TEST_F(PluginUnderTestTest, ProfilesThatAreNotThereAreNoAnswer) {
  const shunt_plugin* table = &shunt::sdk::detail::PluginTable<Talkative>::kTable;
  PluginUnderTest first(table, "talkative", "{}", host), second(table, "talkative", R"({"profile": 1})", host);
  EXPECT_TRUE(first.pick_profiles(endpoints, request).intact) << "a host has one profile at least";
  EXPECT_FALSE(second.pick_profiles(endpoints, request).intact);
  host.add_profile("a");
  host.add_profile("b");
  EXPECT_TRUE(second.pick_profiles(endpoints, request).intact);
}

TEST_F(PluginUnderTestTest, TextsAreCutWhereTheHostCutsThem) {
  PluginUnderTest plugin(&shunt::sdk::detail::PluginTable<Talkative>::kTable, "talkative", "{}", host);
  EXPECT_EQ(plugin.explain(endpoints, request, SHUNT_SCORER_ID).texts[0].size(), 200u);
  EXPECT_EQ(plugin.eviction_for(SwapBuilder("m")).reason.size(), 1024u);
}

TEST_F(PluginUnderTestTest, ValuesOfASkippedCallAreGone) {
  PluginUnderTest plugin(&shunt::sdk::detail::PluginTable<Talkative>::kTable, "talkative", "{}", host);
  host.set_value("said", 7.0);
  EXPECT_EQ(plugin.produce(endpoints, request).status, SHUNT_SKIP);
  EXPECT_THAT(host.values(), IsEmpty());
}

TEST_F(PluginUnderTestTest, ResultsAndBandsHaveAStrideOfTheirOwn) {
  PluginUnderTest plugin(testing_kit_entry, "several", "{}", host);
  Surroundings around{.round = 2, .mean_load = 0.5, .bands = {{3, 2, 10}, {0, 5, 40}}, .any_deadline = true};
  around.done = {{.profile = 4, .picks = {0}, .candidates = {0}, .totals = {0.5}},
                 {.profile = 5, .status = SHUNT_UNAVAILABLE}};
  plugin.call(Stage::Hot, endpoints, request, around, [&](const shunt_cycle* raw, const shunt_view* view) {
    const Cycle cycle(host.table(), *raw);
    EXPECT_GT(raw->done_stride, sizeof(shunt_result));
    EXPECT_EQ(cycle.results().size(), 2u);
    EXPECT_EQ(cycle.results()[1].profile(), 5u);
    EXPECT_TRUE(cycle.results()[1].unavailable());
    EXPECT_THAT(cycle.results()[0].totals(), ElementsAre(0.5));
    EXPECT_EQ(cycle.round(), 2u);
    EXPECT_EQ(cycle.profile(), SHUNT_NONE);
    EXPECT_EQ(cycle.pool().present, SHUNT_POOL_MEAN_LOAD);
    EXPECT_EQ(cycle.pool().endpoints, view->count);
    EXPECT_EQ(cycle.queue().waiting, 7u);
    EXPECT_EQ(cycle.queue().oldest_wait_ns, 40);
    EXPECT_EQ(cycle.queue().highest_priority, 3);
    EXPECT_EQ(cycle.queue().any_deadline, 1u);
    const auto* second = reinterpret_cast<const shunt_queue_band*>(
        reinterpret_cast<const std::byte*>(cycle.queue().bands) + cycle.queue().band_stride);
    EXPECT_EQ(second->waiting, 5u);
    return SHUNT_OK;
  });
  around.done[0].totals.clear();
  const auto nothing = [](const shunt_cycle*, const shunt_view*) { return SHUNT_OK; };
  EXPECT_THROW(plugin.call(Stage::Hot, endpoints, request, around, nothing), std::invalid_argument);
}

int library_starts = 0;
int library_ends = 0;

TEST(FakeHostLibraries, AreStartedOnceAndEndedWithTheHost) {
  static shunt_library library = *testing_kit_entry();
  library.init = [](const shunt_host*, shunt_ctx*) { return ++library_starts, SHUNT_OK; };
  library.deinit = [] { ++library_ends; };
  {
    FakeHost host;
    const shunt_library_entry entry = [] { return static_cast<const shunt_library*>(&library); };
    PluginUnderTest one(entry, "several", "{}", host), two(entry, "data", "{}", host);
    EXPECT_TRUE(one.created() && two.created());
    EXPECT_EQ(library_starts, 1);
    EXPECT_EQ(library_ends, 0);
  }
  EXPECT_EQ(library_ends, 1);
}

TEST(FakeHostLibraries, WhatCannotStartIsNotCreated) {
  static shunt_library library = *testing_kit_entry();
  library.init = [](const shunt_host* host, shunt_ctx* ctx) {
    host->set_error(ctx, SHUNT_ERROR, {"not today", 9});
    return SHUNT_SKIP;
  };
  FakeHost host;
  PluginUnderTest plugin([] { return static_cast<const shunt_library*>(&library); }, "several", "{}", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_SKIP, HasSubstr("not today")));
}

}  // namespace
