// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kType[] = "inflight-load-producer";
using Numbers = std::vector<double>;

class Producer : public ::testing::Test {
 protected:
  explicit Producer(const char* parameters = "{}", std::string name = kType)
      : name_(name), plugin_(shunt_library_entry_v1, kType, parameters, host_, std::move(name)) {
    endpoints_.add_many(3);
  }
  void TearDown() override { EXPECT_THAT(host_.misuses(), IsEmpty()); }

  RequestBuilder& request(double prompt_tokens) {
    host_.set_value("prompt_tokens", prompt_tokens);
    auto& made = requests_.emplace_back();
    return made.model("m").number(requests_.size());
  }
  static ProfileResult result(std::uint32_t profile, std::uint32_t row) {
    return {profile, SHUNT_OK, {row}, {row}, {1.0}};
  }
  void pick(const RequestBuilder& asked, std::vector<ProfileResult> done, const FinishedDecision& decision = {}) {
    EXPECT_THAT(plugin_.picked(endpoints_, asked, decision, {.done = std::move(done)}), Succeeded());
  }
  Event event(std::uint32_t type, const RequestBuilder& asked, std::uint32_t row) {
    Event made(type);
    made.endpoint("pod-" + std::to_string(row)).request(asked).time_ns(now_ns_).attempt(asked.raw().attempt);
    return made;
  }
  void hear(const Event& event) { plugin_.events(endpoints_, {event}); }
  Numbers column(const std::string& column, const RequestBuilder& asked) {
    const Produced produced = plugin_.produce(endpoints_, asked);
    EXPECT_THAT(produced, Succeeded());
    Numbers found;
    for (const auto& cell : produced.columns.at(name_ + "/" + column)) found.push_back(cell.value_or(-1));
    return found;
  }
  Numbers requests() { return column("in_flight", request(0)); }
  Numbers tokens() { return column("in_flight_tokens", request(0)); }

  FakeHost host_;
  std::string name_;
  PluginUnderTest plugin_;
  EndpointSet endpoints_;
  std::deque<RequestBuilder> requests_;
  std::int64_t now_ns_ = 1'000'000'000;
};

TEST_F(Producer, CountsFromDecisionToEnd) {
  EXPECT_THAT(requests(), ElementsAre(0, 0, 0));
  const RequestBuilder& first = request(100);
  pick(first, {result(0, 1)});
  const RequestBuilder& second = request(30);
  pick(second, {result(0, 1)});
  EXPECT_THAT(requests(), ElementsAre(0, 2, 0));
  EXPECT_THAT(tokens(), ElementsAre(0, 130, 0));
  hear(event(SHUNT_EVENT_DISPATCHED, first, 1));
  hear(event(SHUNT_EVENT_FIRST_TOKEN, first, 1));
  EXPECT_THAT(requests(), ElementsAre(0, 2, 0));
  EXPECT_THAT(tokens(), ElementsAre(0, 30, 0)) << "the prompt of the first is done with";
  hear(event(SHUNT_EVENT_COMPLETED, second, 1));
  EXPECT_THAT(tokens(), ElementsAre(0, 0, 0)) << "without a first token, at the end";
  EXPECT_THAT(requests(), ElementsAre(0, 1, 0));
  hear(event(SHUNT_EVENT_COMPLETED, first, 1));
  EXPECT_THAT(requests(), ElementsAre(0, 0, 0));
  EXPECT_EQ(host_.metric("requests")->value, 0);
  EXPECT_EQ(host_.metric("dropped_requests_total")->value, 0);
}

TEST_F(Producer, CachedTokensDoNotCount) {
  endpoints_[0].number("prefix_matched_blocks", 4);
  endpoints_[1].number("prefix_matched_blocks", 10);
  host_.set_value("prefix_total_blocks", 10.0);
  host_.set_value("prefix_block_size_tokens", 16.0);
  const RequestBuilder& asked = request(170);
  EXPECT_THAT(column("uncached_tokens", asked), ElementsAre(96 + 10, 10, 160 + 10));
  pick(asked, {result(0, 0)});
  EXPECT_THAT(tokens(), ElementsAre(106, 0, 0));
}

TEST_F(Producer, EveryProfileThatRanCounts) {
  host_.add_profile("decode");
  host_.add_profile("prefill");
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host_, kType);
  const RequestBuilder& asked = request(100);
  EXPECT_THAT(plugin.picked(endpoints_, asked, {.primary_result = 1}, {.done = {result(1, 0), result(0, 2)}}),
              Succeeded());
  const auto load = [&](const char* column) {
    const Produced produced = plugin.produce(endpoints_, request(0));
    Numbers found;
    for (const auto& cell : produced.columns.at(std::string("inflight-load-producer/") + column))
      found.push_back(*cell);
    return found;
  };
  EXPECT_THAT(load("in_flight"), ElementsAre(1, 0, 1));
  plugin.events(endpoints_, {event(SHUNT_EVENT_FIRST_TOKEN, asked, 2)});
  EXPECT_THAT(load("in_flight"), ElementsAre(0, 0, 1)) << "who prefilled has handed over";
  EXPECT_THAT(load("in_flight_tokens"), ElementsAre(0, 0, 0));
  plugin.events(endpoints_, {event(SHUNT_EVENT_COMPLETED, asked, 2)});
  EXPECT_THAT(load("in_flight"), ElementsAre(0, 0, 0));
}

TEST_F(Producer, AnotherAttemptTakesThePlaceOfTheFirst) {
  RequestBuilder& asked = request(100);
  pick(asked, {result(0, 0)});
  const Event failed = event(SHUNT_EVENT_ATTEMPT_FAILED, asked, 0);
  asked.attempt(1);
  pick(asked, {result(0, 2)});
  EXPECT_THAT(requests(), ElementsAre(0, 0, 1));
  hear(failed);
  EXPECT_THAT(requests(), ElementsAre(0, 0, 1)) << "news of the attempt before";
  hear(event(SHUNT_EVENT_ATTEMPT_FAILED, asked, 2));
  EXPECT_THAT(requests(), ElementsAre(0, 0, 0));
  hear(event(SHUNT_EVENT_COMPLETED, asked, 2).cause(SHUNT_CAUSE_ERROR));
  EXPECT_THAT(requests(), ElementsAre(0, 0, 0));
}

TEST_F(Producer, ARejectedRequestIsNotUnderWay) {
  RequestBuilder& asked = request(100);
  pick(asked, {result(0, 0)});
  asked.attempt(1);
  pick(asked, {}, {.outcome = SHUNT_OUTCOME_REJECTED});
  EXPECT_THAT(requests(), ElementsAre(0, 0, 0));
}

TEST_F(Producer, AFallbackIsCountedWhereItIs) {
  const RequestBuilder& asked = request(100);
  pick(asked, {result(0, 0)});
  // As the host tells it: of one decision, to one endpoint after the other.
  hear(event(SHUNT_EVENT_DISPATCHED, asked, 0));
  EXPECT_THAT(requests(), ElementsAre(1, 0, 0));
  hear(event(SHUNT_EVENT_ATTEMPT_FAILED, asked, 0));
  EXPECT_THAT(requests(), ElementsAre(0, 0, 0));
  EXPECT_THAT(tokens(), ElementsAre(0, 0, 0));
  hear(event(SHUNT_EVENT_DISPATCHED, asked, 2));
  EXPECT_THAT(tokens(), ElementsAre(0, 0, 100));
  EXPECT_THAT(requests(), ElementsAre(0, 0, 1));
  hear(event(SHUNT_EVENT_COMPLETED, asked, 2));
  EXPECT_THAT(requests(), ElementsAre(0, 0, 0));
}

TEST_F(Producer, AnEndpointThatGoesTakesItsCountsAlong) {
  const RequestBuilder& asked = request(100);
  pick(asked, {result(0, 1)});
  hear(Event(SHUNT_EVENT_ENDPOINT_REMOVED).endpoint("pod-1"));
  EXPECT_THAT(requests(), ElementsAre(0, 0, 0));
  pick(request(7), {result(0, 1)});
  hear(event(SHUNT_EVENT_COMPLETED, asked, 1));
  EXPECT_THAT(tokens(), ElementsAre(0, 7, 0));
}

TEST_F(Producer, ASuccessorGoesOnCounting) {
  const RequestBuilder& first = request(100);
  pick(first, {result(0, 1)});
  pick(request(60), {result(0, 1)});
  PluginUnderTest successor(shunt_library_entry_v1, kType, R"({"outputRatio": 2})", host_, kType);
  ASSERT_THAT(successor.load_state(plugin_.save_state()), Succeeded());
  const auto load = [&](const char* column) {
    const Produced produced = successor.produce(endpoints_, request(0));
    return produced.columns.at(std::string("inflight-load-producer/") + column).at(1).value();
  };
  EXPECT_EQ(load("in_flight"), 2);
  EXPECT_EQ(load("in_flight_tokens"), 160);
  successor.events(endpoints_, {event(SHUNT_EVENT_COMPLETED, first, 1)});
  EXPECT_EQ(load("in_flight"), 1) << "of a request that it has not seen";
  EXPECT_EQ(load("in_flight_tokens"), 80);
  PluginUnderTest other(shunt_library_entry_v1, kType, "{}", host_, kType);
  EXPECT_THAT(other.load_state("2", plugin_.save_state().bytes), FailedWith(SHUNT_UNSUPPORTED, HasSubstr("version")));
  EXPECT_THAT(other.load_state("1", "nonsense"), FailedWith(SHUNT_INVALID, HasSubstr("cut off")));
}

class WithOutput : public Producer {
 protected:
  WithOutput() : Producer(R"({"addEstimatedOutputTokens": true, "maxEstimatedOutputTokens": 140})", "mine") {}
};
TEST_F(WithOutput, TokensOfTheAnswerCountUntilItEnds) {
  RequestBuilder& first = request(80);
  pick(first, {result(0, 0)});
  EXPECT_THAT(tokens(), ElementsAre(200, 0, 0)) << "one and a half times the prompt";
  pick(request(100), {result(0, 1)});
  EXPECT_THAT(tokens(), ElementsAre(200, 240, 0)) << "at most 140";
  pick(request(100).max_tokens(5), {result(0, 2)});
  EXPECT_THAT(tokens(), ElementsAre(200, 240, 105)) << "the client takes no more";
  hear(event(SHUNT_EVENT_FIRST_TOKEN, first, 0));
  EXPECT_THAT(tokens(), ElementsAre(200, 240, 105));
  hear(event(SHUNT_EVENT_COMPLETED, first, 0));
  EXPECT_THAT(tokens(), ElementsAre(0, 240, 105));
}

class OneEndpoint : public Producer {
 protected:
  OneEndpoint() : Producer(R"({"maxEndpoints": 1, "syncCrossReplicaState": false})") {}
};
TEST_F(OneEndpoint, WhatFindsNoRoomIsSaid) {
  pick(request(10), {result(0, 0)});
  const RequestBuilder& second = request(10);
  pick(second, {result(0, 1)});
  EXPECT_THAT(requests(), ElementsAre(1, 0, 0));
  EXPECT_EQ(host_.metric("dropped_requests_total")->value, 1);
  hear(event(SHUNT_EVENT_COMPLETED, second, 1));
  EXPECT_THAT(requests(), ElementsAre(1, 0, 0));
}

}  // namespace
