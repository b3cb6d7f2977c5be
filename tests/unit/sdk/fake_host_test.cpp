// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/library.hpp>
#include <shunt/testing/fake_host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace shunt::testing;
using shunt::sdk::to_abi;
using shunt::sdk::to_view;

// Calls services as a plugin would, in any stage.
class FakeHostTest : public ::testing::Test {
 protected:
  shunt_init* init() { return reinterpret_cast<shunt_init*>(&instance); }
  void creating(const std::function<void(FakeCall&)>& function) {
    FakeCall call(instance, Stage::Create);
    instance.create_context = call.handle();
    function(call);
    instance.create_context = nullptr;
  }

  FakeHost host;
  const shunt_host& table = host.table();
  FakeInstance instance{host, "it"};
};

TEST_F(FakeHostTest, EveryFunctionOfTheTableIsThere) {
  EXPECT_EQ(table.size, sizeof(shunt_host));
  constexpr std::size_t kFirst = offsetof(shunt_host, extension);
  for (std::size_t at = kFirst; at < sizeof(shunt_host); at += sizeof(void*)) {
    const void* function = nullptr;
    std::memcpy(&function, reinterpret_cast<const std::byte*>(&table) + at, sizeof function);
    EXPECT_NE(function, nullptr) << "at offset " << at;
  }
}

TEST_F(FakeHostTest, SlotsCountPerKindAndAskingTwiceGivesTheSame) {
  creating([&](FakeCall&) {
    std::uint32_t a = 9, b = 9, again = 9, set = 9, size = 9, member = 9;
    EXPECT_EQ(table.column(init(), to_abi("a"), SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL, &a), SHUNT_OK);
    EXPECT_EQ(table.column(init(), to_abi("b"), SHUNT_COLUMN_FLAG, SHUNT_OPTIONAL, &b), SHUNT_OK);
    EXPECT_EQ(table.column(init(), to_abi("a"), SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED, &again), SHUNT_OK);
    EXPECT_EQ(table.column(init(), to_abi("s"), SHUNT_COLUMN_SET, SHUNT_OPTIONAL, &set), SHUNT_OK);
    EXPECT_EQ(table.column(init(), to_abi("s"), SHUNT_COLUMN_SET_SIZE, SHUNT_OPTIONAL, &size), SHUNT_OK);
    EXPECT_EQ(table.membership(init(), to_abi("s"), SHUNT_FIELD_TYPE, SHUNT_OPTIONAL, &member), SHUNT_OK);
    EXPECT_THAT((std::vector<std::uint32_t>{a, b, again, set, size, member}), ElementsAre(0, 1, 0, 2, 3, 4));

    std::uint32_t request_scope = 9, endpoint_scope = 9, value = 9;
    EXPECT_EQ(table.output(init(), to_abi("o"), SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST, &request_scope), SHUNT_OK);
    EXPECT_EQ(table.output(init(), to_abi("p"), SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT, &endpoint_scope), SHUNT_OK);
    EXPECT_EQ(table.value(init(), to_abi("v"), SHUNT_VALUE_TEXT, SHUNT_OPTIONAL, &value), SHUNT_OK);
    EXPECT_THAT((std::vector<std::uint32_t>{request_scope, endpoint_scope, value}), ElementsAre(0, 0, 0));
  });
  EXPECT_EQ(instance.declared.columns[0].requirement, SHUNT_REQUIRED);
  EXPECT_EQ(instance.declared.columns[4].field, SHUNT_FIELD_TYPE);
}

TEST_F(FakeHostTest, WrongDeclarationsAreRefusedWithAText) {
  std::uint32_t slot = 0;
  const auto refused = [&](std::int32_t code, const char* text, const std::function<std::int32_t()>& declare) {
    creating([&](FakeCall& call) {
      EXPECT_EQ(declare(), code);
      EXPECT_EQ(call.error_code, code);
      EXPECT_THAT(call.error, HasSubstr(text));
    });
  };
  host.provide("known");
  refused(SHUNT_NOT_FOUND, "\"q\"",
          [&] { return table.column(init(), to_abi("q"), SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED, &slot); });
  refused(SHUNT_NOT_FOUND, "\"w\"",
          [&] { return table.value(init(), to_abi("w"), SHUNT_VALUE_NUMBER, SHUNT_REQUIRED, &slot); });
  refused(SHUNT_UNSUPPORTED, "unknown type",
          [&] { return table.column(init(), to_abi("q"), 99, SHUNT_OPTIONAL, &slot); });
  refused(SHUNT_UNSUPPORTED, "unknown type",
          [&] { return table.column(init(), to_abi("q"), SHUNT_COLUMN_MEMBERSHIP, SHUNT_OPTIONAL, &slot); });
  refused(SHUNT_INVALID, "read as a symbol",
          [&] { return table.column(init(), to_abi("label:x"), SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL, &slot); });
  refused(SHUNT_INVALID, "needs a name",
          [&] { return table.column(init(), to_abi(""), SHUNT_COLUMN_NUMBER, 0, &slot); });
  refused(SHUNT_UNSUPPORTED, "request field",
          [&] { return table.membership(init(), to_abi("s"), 9, SHUNT_OPTIONAL, &slot); });
  refused(SHUNT_UNSUPPORTED, "type or scope",
          [&] { return table.output(init(), to_abi("o"), SHUNT_COLUMN_SYMBOL, SHUNT_SCOPE_REQUEST, &slot); });
  refused(SHUNT_OUT_OF_RANGE, "16 MiB", [&] { return table.scratch(init(), (16u << 20) + 1); });
  refused(SHUNT_OUT_OF_RANGE, "64 KiB", [&] { return table.request_state(init(), (64u << 10) + 1); });
  const void* other = nullptr;
  void* self = nullptr;
  refused(SHUNT_NOT_FOUND, "no plugin \"p\"",
          [&] { return table.peer(init(), to_abi("p"), to_abi("i"), &other, &self, &slot); });
  const auto page = [&](const char* path, std::uint32_t port, std::int64_t interval, std::uint32_t flags) {
    const shunt_fetch fetch{sizeof(shunt_fetch), port, to_abi(path), {nullptr, 0}, interval, flags, 0};
    return table.fetch(init(), &fetch);
  };
  refused(SHUNT_OUT_OF_RANGE, "interval", [&] { return page("/m", 0, 49'999'999, 0); });
  refused(SHUNT_OUT_OF_RANGE, "port", [&] { return page("/m", 65536, 1'000'000'000, 0); });
  refused(SHUNT_INVALID, "path", [&] { return page("m", 0, 1'000'000'000, 0); });
  refused(SHUNT_UNSUPPORTED, "flags", [&] { return page("/m", 0, 1'000'000'000, 2); });
  const double falling[] = {2, 1}, endless[] = {1, std::numeric_limits<double>::infinity()};
  const shunt_pair twice[] = {{to_abi("a"), to_abi("1")}, {to_abi("a"), to_abi("2")}},
                   odd[] = {{to_abi("a-b"), to_abi("")}};
  shunt_metric* metric = nullptr;
  const auto measure = [&](std::uint32_t kind, const char* name, std::span<const shunt_pair> labels,
                           std::span<const double> bounds) {
    const shunt_metric_spec spec{sizeof(shunt_metric_spec),
                                 kind,
                                 to_abi(name),
                                 to_abi(""),
                                 labels.data(),
                                 bounds.data(),
                                 static_cast<std::uint32_t>(labels.size()),
                                 static_cast<std::uint32_t>(bounds.size())};
    return table.metric(init(), &spec, &metric);
  };
  refused(SHUNT_INVALID, "ascend", [&] { return measure(SHUNT_METRIC_HISTOGRAM, "h", {}, falling); });
  refused(SHUNT_INVALID, "ascend", [&] { return measure(SHUNT_METRIC_HISTOGRAM, "h", {}, endless); });
  refused(SHUNT_INVALID, "no histogram", [&] { return measure(SHUNT_METRIC_GAUGE, "h", {}, endless); });
  refused(SHUNT_INVALID, "kind", [&] { return measure(9, "h", {}, {}); });
  refused(SHUNT_INVALID, "letters", [&] { return measure(SHUNT_METRIC_GAUGE, "1h", {}, {}); });
  refused(SHUNT_INVALID, "label twice", [&] { return measure(SHUNT_METRIC_GAUGE, "h", twice, {}); });
  refused(SHUNT_INVALID, "wrong name", [&] { return measure(SHUNT_METRIC_GAUGE, "h", odd, {}); });
  std::uint32_t known = 9;
  creating([&](FakeCall&) {
    EXPECT_EQ(table.column(init(), to_abi("known"), SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED, &known), SHUNT_OK);
    EXPECT_EQ(table.column(init(), to_abi("else"), SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL, &known), SHUNT_OK);
  });
}

TEST_F(FakeHostTest, DeclaringOutsideOfCreateIsAMisuse) {
  std::uint32_t slot = 0;
  EXPECT_EQ(table.column(init(), to_abi("late"), SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL, &slot), SHUNT_UNSUPPORTED);
  EXPECT_EQ(table.intern(init(), to_abi("late"), &slot), SHUNT_UNSUPPORTED);
  EXPECT_THAT(host.misuses(), ElementsAre("it: column() is for create() only", "it: intern() is for create() only"));
  EXPECT_THAT(instance.declared.columns, IsEmpty());
}

TEST_F(FakeHostTest, ProfilesPeersAndExtensionsAreWhatTheTestSays) {
  const int peer_table = 0, extension = 0;
  int peer_self = 0;
  EXPECT_EQ(host.add_profile("decode"), 0u);
  EXPECT_EQ(host.add_profile("prefill"), 1u);
  host.add_peer("p", "i", &peer_table, &peer_self);
  host.add_extension("x", &extension);
  creating([&](FakeCall& call) {
    std::uint32_t index = 9;
    EXPECT_EQ(table.profile_count(init()), 2u);
    EXPECT_EQ(table.profile(init(), to_abi("prefill"), &index), SHUNT_OK);
    EXPECT_EQ(index, 1u);
    EXPECT_EQ(table.profile(init(), to_abi("none"), &index), SHUNT_NOT_FOUND);
    EXPECT_EQ(call.error, "") << "an unknown profile is no failure yet";
    const void* found = nullptr;
    void* self = nullptr;
    std::uint32_t slot = 9;
    EXPECT_EQ(table.peer(init(), to_abi("p"), to_abi("i"), &found, &self, &slot), SHUNT_OK);
    EXPECT_EQ(slot, 0u);
    EXPECT_EQ(found, &peer_table);
    EXPECT_EQ(self, &peer_self);
  });
  EXPECT_EQ(table.extension(&table, to_abi("x")), &extension);
  EXPECT_EQ(table.extension(&table, to_abi("y")), nullptr);
}

TEST_F(FakeHostTest, SymbolsKeysAndHashes) {
  const std::uint32_t a = host.intern("a");
  EXPECT_NE(a, 0u);
  EXPECT_EQ(host.intern(""), 0u);
  EXPECT_EQ(host.intern("a"), a);
  EXPECT_NE(host.intern("b"), a);
  EXPECT_EQ(table.find_symbol(&table, to_abi("a")), a);
  EXPECT_EQ(table.find_symbol(&table, to_abi("c")), 0u);
  EXPECT_EQ(to_view(table.symbol_text(&table, a)), "a");
  EXPECT_FALSE(shunt::sdk::is_present(table.symbol_text(&table, 0)));
  EXPECT_FALSE(shunt::sdk::is_present(table.symbol_text(&table, 99)));
  EXPECT_EQ(table.endpoint_key(&table, to_abi("pod-0")), FakeHost::key_of("pod-0"));
  EXPECT_EQ(FakeHost::hash("abc", 1), FakeHost::hash("abc", 1));
  EXPECT_NE(FakeHost::hash("abc", 1), FakeHost::hash("abc", 2));
  EXPECT_NE(FakeHost::hash("abc", 1), FakeHost::hash("abd", 1));
}

TEST_F(FakeHostTest, BlockHashesAreChainedAndBounded) {
  const std::string data = "aaaabbbbcc";
  std::uint64_t out[3] = {0, 0, 0};
  EXPECT_EQ(table.hash_blocks(&table, data.data(), data.size(), 4, 7, out, 3), 3u);
  EXPECT_EQ(out[0], FakeHost::hash("aaaa", 7));
  EXPECT_EQ(out[1], FakeHost::hash("bbbb", out[0]));
  EXPECT_EQ(out[2], FakeHost::hash("cc", out[1]));
  EXPECT_EQ(table.hash_blocks(&table, data.data(), data.size(), 4, 7, out, 2), 2u);
  EXPECT_EQ(table.hash_blocks(&table, data.data(), 0, 4, 7, out, 3), 0u);
  EXPECT_EQ(table.hash_blocks(&table, data.data(), data.size(), 0, 7, out, 3), 0u);
}

TEST_F(FakeHostTest, MetricsKeepWhatWasRecorded) {
  shunt_metric *counter = nullptr, *gauge = nullptr, *histogram = nullptr, *other = nullptr;
  const double bounds[] = {1, 2};
  const shunt_pair label{to_abi("reason"), to_abi("full")};
  const auto add = [&](shunt_metric_spec spec, shunt_metric** metric) {
    spec.size = sizeof spec;
    return table.metric(init(), &spec, metric);
  };
  creating([&](FakeCall&) {
    const shunt_metric_spec plain{0, SHUNT_METRIC_COUNTER, to_abi("c"), to_abi("help"), nullptr, nullptr, 0, 0};
    EXPECT_EQ(add(plain, &counter), SHUNT_OK);
    shunt_metric_spec labelled = plain;
    labelled.labels = &label;
    labelled.n_labels = 1;
    EXPECT_EQ(add(labelled, &other), SHUNT_OK);
    EXPECT_EQ(add(labelled, &other), SHUNT_INVALID) << "twice";
    labelled.kind = SHUNT_METRIC_GAUGE;
    labelled.n_labels = 0;
    EXPECT_EQ(add(labelled, &other), SHUNT_INVALID) << "another kind";
    EXPECT_EQ(add({0, SHUNT_METRIC_GAUGE, to_abi("g"), to_abi(""), nullptr, nullptr, 0, 0}, &gauge), SHUNT_OK);
    EXPECT_EQ(add({0, SHUNT_METRIC_HISTOGRAM, to_abi("h"), to_abi(""), nullptr, bounds, 0, 2}, &histogram), SHUNT_OK);
  });
  table.metric_add(counter, 1);
  table.metric_add(counter, 2);
  table.metric_set(gauge, 5);
  table.metric_add(gauge, -1);
  table.metric_add(histogram, 1.5);
  EXPECT_EQ(host.metric("c")->value, 3);
  EXPECT_EQ(host.metric("c")->help, "help");
  EXPECT_EQ(host.metric("g", "it")->value, 4);
  EXPECT_THAT(host.metric("h")->observations, ElementsAre(1.5));
  EXPECT_THAT(host.metric("h")->bounds, ElementsAre(1, 2));
  EXPECT_EQ(host.metric("c", "another"), nullptr);
  EXPECT_EQ(host.metrics()[1].labels.at("reason"), "full");
  EXPECT_THAT(host.metrics(), SizeIs(4));
}

TEST_F(FakeHostTest, WhatAHostDropsFromMetricsIsAMisuse) {
  shunt_metric *counter = nullptr, *gauge = nullptr;
  creating([&](FakeCall&) {
    shunt_metric_spec spec{sizeof spec, SHUNT_METRIC_COUNTER, to_abi("c"), to_abi(""), nullptr, nullptr, 0, 0};
    EXPECT_EQ(table.metric(init(), &spec, &counter), SHUNT_OK);
    spec.kind = SHUNT_METRIC_GAUGE;
    spec.name = to_abi("g");
    EXPECT_EQ(table.metric(init(), &spec, &gauge), SHUNT_OK);
  });
  table.metric_add(counter, -1);
  table.metric_set(counter, 5);
  table.metric_set(gauge, std::numeric_limits<double>::infinity());
  table.metric_add(nullptr, 1);
  EXPECT_EQ(host.metric("c")->value, 0);
  EXPECT_EQ(host.metric("g")->value, 0);
  EXPECT_THAT(host.misuses(), ElementsAre("it: adds a negative number to the counter \"c\"",
                                          "it: sets what is no gauge: \"c\"", "it: sets to what is not finite \"g\""));
}

TEST_F(FakeHostTest, LogsRespectTheLevelAndErrorsAreBounded) {
  FakeCall call(instance, Stage::Events);
  host.set_log_level(SHUNT_LOG_INFO);
  EXPECT_EQ(table.log_level(call.handle()), SHUNT_LOG_INFO);
  table.log(call.handle(), SHUNT_LOG_DEBUG, to_abi("unheard"));
  table.log(call.handle(), SHUNT_LOG_ERROR, to_abi("heard"));
  ASSERT_THAT(host.logs(), SizeIs(1));
  EXPECT_EQ(host.logs()[0].text, "heard");
  EXPECT_EQ(host.logs()[0].instance, "it");
  const std::string long_text(3000, 'x');
  table.set_error(call.handle(), SHUNT_ERROR, to_abi(long_text));
  EXPECT_EQ(call.error.size(), 1024u);
  FakeCall asking(instance, Stage::EvictionFor);
  table.log(asking.handle(), SHUNT_LOG_INFO, to_abi("x"));
  EXPECT_THAT(host.misuses(), ElementsAre(HasSubstr("eviction_for")));
}

TEST_F(FakeHostTest, TheArenaIsAlignedBoundedAndNotZeroed) {
  host.set_arena_bytes(100);
  FakeCall call(instance, Stage::Hot);
  void* first = table.call_alloc(call.handle(), 60);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 16, 0u);
  EXPECT_EQ(*static_cast<unsigned char*>(first), 0xcd);
  EXPECT_EQ(table.call_alloc(call.handle(), 41), nullptr);
  EXPECT_NE(table.call_alloc(call.handle(), 40), nullptr);
  EXPECT_EQ(table.call_alloc(call.handle(), 1), nullptr);
  FakeCall next(instance, Stage::Hot);
  EXPECT_NE(table.call_alloc(next.handle(), 100), nullptr);
}

TEST_F(FakeHostTest, ValuesAreWrittenOnlyWhereTheAbiAllows) {
  std::uint32_t number = 9, text = 9;
  creating([&](FakeCall&) {
    EXPECT_EQ(table.output_value(init(), to_abi("n"), SHUNT_VALUE_NUMBER, &number), SHUNT_OK);
    EXPECT_EQ(table.output_value(init(), to_abi("t"), SHUNT_VALUE_TEXT, &text), SHUNT_OK);
  });
  shunt_value value{sizeof(shunt_value), SHUNT_VALUE_NUMBER, 1, 0, 2.5, 0, {nullptr, 0}};
  FakeCall produce(instance, Stage::Produce);
  EXPECT_EQ(table.set_value(produce.handle(), number, &value), SHUNT_OK);
  EXPECT_EQ(std::get<double>(host.values().at("n")), 2.5);
  EXPECT_EQ(table.set_value(produce.handle(), text, &value), SHUNT_INVALID);
  EXPECT_EQ(table.set_value(produce.handle(), 7, &value), SHUNT_OUT_OF_RANGE);
  value.present = 0;
  EXPECT_EQ(table.set_value(produce.handle(), number, &value), SHUNT_OK);
  EXPECT_THAT(host.values(), IsEmpty());
  FakeCall hot(instance, Stage::Hot);
  EXPECT_EQ(table.set_value(hot.handle(), number, &value), SHUNT_UNSUPPORTED);
  EXPECT_EQ(table.annotate(hot.handle(), SHUNT_NOTE_INFO, to_abi("a"), to_abi("b")), SHUNT_UNSUPPORTED);
  EXPECT_THAT(host.misuses(), SizeIs(2));
}

TEST_F(FakeHostTest, CellsGoToKnownEndpointsWithTheirDeclaredType) {
  std::uint32_t slot = 9, flag = 9, text = 9, set = 9;
  creating([&](FakeCall&) {
    EXPECT_EQ(table.output(init(), to_abi("n"), SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT, &slot), SHUNT_OK);
    EXPECT_EQ(table.output(init(), to_abi("f"), SHUNT_COLUMN_FLAG, SHUNT_SCOPE_ENDPOINT, &flag), SHUNT_OK);
    EXPECT_EQ(table.output(init(), to_abi("t"), SHUNT_COLUMN_SYMBOL, SHUNT_SCOPE_ENDPOINT, &text), SHUNT_OK);
    EXPECT_EQ(table.output(init(), to_abi("s"), SHUNT_COLUMN_SET, SHUNT_SCOPE_ENDPOINT, &set), SHUNT_OK);
  });
  const std::uint64_t key = host.know_endpoint("a");
  FakeCall call(instance, Stage::Events);
  EXPECT_EQ(table.put_number(call.handle(), slot, key, 1.5), SHUNT_OK);
  EXPECT_EQ(table.put_flag(call.handle(), flag, key, 1), SHUNT_OK);
  EXPECT_EQ(table.put_text(call.handle(), text, key, to_abi("z")), SHUNT_OK);
  const shunt_str members[] = {to_abi("x"), to_abi("y")};
  EXPECT_EQ(table.put_set(call.handle(), set, key, members, 2), SHUNT_OK);
  EXPECT_EQ(table.put_absent(call.handle(), text, key), SHUNT_OK);
  const std::vector<WrittenCell> cells = host.take_cells();
  ASSERT_THAT(cells, SizeIs(5));
  EXPECT_EQ(std::get<double>(cells[0].content), 1.5);
  EXPECT_TRUE(std::get<bool>(cells[1].content));
  EXPECT_EQ(std::get<std::string>(cells[2].content), "z");
  EXPECT_THAT(std::get<TextSet>(cells[3].content), ElementsAre("x", "y"));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(cells[4].content));
  EXPECT_EQ(table.put_number(call.handle(), slot, 12345, 1), SHUNT_NOT_FOUND);
  EXPECT_EQ(table.put_number(call.handle(), flag, key, 1), SHUNT_INVALID);
  EXPECT_EQ(table.put_number(call.handle(), 9, key, 1), SHUNT_OUT_OF_RANGE);
  EXPECT_EQ(table.put_number(call.handle(), slot, key, std::numeric_limits<double>::quiet_NaN()), SHUNT_INVALID);
  EXPECT_EQ(table.put_flag(call.handle(), flag, key, 2), SHUNT_INVALID);
  FakeCall hot(instance, Stage::Hot);
  EXPECT_EQ(table.put_number(hot.handle(), slot, key, 1), SHUNT_UNSUPPORTED);
  EXPECT_THAT(host.cells(), IsEmpty());
}

TEST_F(FakeHostTest, PicksAreReplacedByDistinctCandidatesOnly) {
  const std::vector<ProfileResult> results{{.profile = 0, .picks = {1}, .candidates = {1, 3}, .totals = {1, 0}}};
  FakeCall call(instance, Stage::ProcessResults);
  call.results = &results;
  const std::uint32_t good[] = {3, 1}, twice[] = {3, 3}, stranger[] = {2};
  EXPECT_EQ(table.set_picks(call.handle(), 0, twice, 2), SHUNT_INVALID);
  EXPECT_EQ(table.set_picks(call.handle(), 0, stranger, 1), SHUNT_INVALID);
  EXPECT_EQ(table.set_picks(call.handle(), 0, good, 0), SHUNT_OUT_OF_RANGE);
  EXPECT_EQ(table.set_picks(call.handle(), 1, good, 2), SHUNT_OUT_OF_RANGE);
  EXPECT_EQ(table.set_picks(call.handle(), 0, good, 2), SHUNT_OK);
  EXPECT_THAT(call.replaced_picks.at(0), ElementsAre(3, 1));
}

TEST_F(FakeHostTest, RetiredObjectsAreReleasedOnce) {
  int released = 0;
  const auto release = [](void* object) { ++*static_cast<int*>(object); };
  FakeCall call(instance, Stage::Events);
  EXPECT_EQ(table.retire(call.handle(), release, &released), SHUNT_OK);
  EXPECT_EQ(host.retired(), 1u);
  EXPECT_EQ(released, 0);
  host.run_retired();
  host.run_retired();
  EXPECT_EQ(released, 1);
  FakeInstance other(host, "other");
  EXPECT_EQ(table.retire(call.handle(), release, &released), SHUNT_OK);
  host.run_retired(other);
  EXPECT_EQ(released, 1);
  host.run_retired(instance);
  EXPECT_EQ(released, 2);
}

}  // namespace
