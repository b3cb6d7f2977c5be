// SPDX-License-Identifier: Apache-2.0
#include <shunt/abi/draft/dump.h>
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::Each;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kType[] = "predicted-latency-producer";
constexpr std::int64_t kMillisecond = 1'000'000;
using Column = std::vector<std::optional<double>>;

class Producer : public ::testing::Test {
 protected:
  explicit Producer(const char* parameters = "{}", std::string name = {})
      : plugin_(shunt_library_entry_v1, kType, parameters, host_, std::move(name)) {
    endpoints_.add_many(3);
    for (std::size_t row = 0; row < 3; ++row) load(row, 0, 0);
  }
  void TearDown() override { EXPECT_THAT(host_.misuses(), IsEmpty()); }

  void load(std::size_t row, double queue, double tokens) {
    endpoints_[row].number("queue", queue).number("in_flight", 1).number("in_flight_tokens", tokens);
  }
  RequestBuilder& request() {
    auto& made = requests_.emplace_back();
    return made.model("m").number(requests_.size()).streaming();
  }
  static FinishedDecision dispatched() { return {}; }
  // Lets a request be decided, and its answer come.
  void decide(const RequestBuilder& asked, std::uint32_t row) {
    EXPECT_THAT(plugin_.picked(endpoints_, asked, {}, {.done = {ProfileResult{0, SHUNT_OK, {row}, {row}, {1.0}}}}),
                Succeeded());
  }
  Event completed(const RequestBuilder& asked, std::uint32_t row) {
    Event event(SHUNT_EVENT_COMPLETED);
    event.endpoint("pod-" + std::to_string(row)).request(asked).time_ns(now_ns_).profile(0).http_status(200);
    return event;
  }
  void answer(std::uint32_t row, double ttft_ms, double tpot_ms) {
    const RequestBuilder& asked = request();
    decide(asked, row);
    now_ns_ += kMillisecond;
    plugin_.events(endpoints_, {completed(asked, row)
                                    .ttft_ns(static_cast<std::int64_t>(ttft_ms * 1e6))
                                    .tpot_ns(static_cast<std::int64_t>(tpot_ms * 1e6))
                                    .output_tokens(100)});
  }
  Column predictions(const RequestBuilder& asked, const std::string& column = "predicted_ttft_ms") {
    const Produced produced = plugin_.produce(endpoints_, asked, {.now_ns = now_ns_});
    EXPECT_TRUE(produced.status == SHUNT_OK || produced.status == SHUNT_SKIP) << produced.error;
    return produced.columns.at(column);
  }
  double learned(const char* latency) {
    for (const FakeMetric& metric : host_.metrics()) {
      if (metric.name == "observations_total" && metric.labels.at("latency") == latency) return metric.value;
    }
    return -1;
  }

  FakeHost host_;
  PluginUnderTest plugin_;
  EndpointSet endpoints_;
  std::deque<RequestBuilder> requests_;
  std::int64_t now_ns_ = 1'000'000'000;
};

TEST_F(Producer, NothingIsPredictedAtFirst) {
  const Produced produced = plugin_.produce(endpoints_, request());
  EXPECT_EQ(produced.status, SHUNT_SKIP);
  EXPECT_THAT(produced.columns.at("predicted_ttft_ms"), Each(Eq(std::nullopt)));
  for (int i = 0; i < 9; ++i) answer(0, 100, 10);
  EXPECT_THAT(predictions(request()), Each(Eq(std::nullopt)));
  answer(0, 100, 10);
  EXPECT_NEAR(predictions(request()).at(1).value(), 100, 1);
}

TEST_F(Producer, PredictsWhatEachEndpointTakes) {
  for (int i = 0; i < 100; ++i) {
    answer(0, 100, 10);
    answer(1, 400, 40);
  }
  const Column ttft = predictions(request());
  EXPECT_NEAR(ttft.at(0).value(), 100, 10);
  EXPECT_NEAR(ttft.at(1).value(), 400, 15);
  EXPECT_NEAR(ttft.at(2).value(), 250, 60) << "like the others";
  const Column tpot = predictions(request(), "predicted_tpot_ms");
  EXPECT_NEAR(tpot.at(0).value(), 10, 1);
  EXPECT_NEAR(tpot.at(1).value(), 40, 2);
  EXPECT_EQ(learned("ttft"), 200);
  EXPECT_EQ(learned("tpot"), 200);
  EXPECT_EQ(learned("duration"), 0);
}

// 50 ms, 30 ms per waiting request and a millisecond per 100 tokens in flight.
TEST_F(Producer, PredictsFromTheLoad) {
  for (int i = 0; i < 300; ++i) {
    const double queue = i * 7 % 11;
    const double tokens = 1000.0 * (i * 5 % 17);
    load(0, queue, tokens);
    answer(0, 50 + 30 * queue + tokens / 100, 10);
  }
  load(0, 4, 5000);
  load(1, 10, 0);
  const Column ttft = predictions(request());
  EXPECT_NEAR(ttft.at(0).value(), 220, 3);
  EXPECT_NEAR(ttft.at(1).value(), 350, 6) << "the slopes are those of all endpoints";
}

TEST_F(Producer, CachedTokensNeedNoTime) {
  const auto prompt = [&](double matched) {
    endpoints_[0].number("prefix_matched_blocks", matched);
    host_.set_value("prefix_total_blocks", 100.0);
    host_.set_value("prefix_block_size_tokens", 16.0);
  };
  for (int i = 0; i < 200; ++i) {
    prompt(i * 7 % 101);
    const RequestBuilder& asked = request().prompt_tokens(1600);
    decide(asked, 0);
    const std::int64_t uncached = 1600 - 16 * (i * 7 % 101);
    plugin_.events(endpoints_, {completed(asked, 0).ttft_ns((20 + uncached / 4) * kMillisecond)});
  }
  prompt(100);
  EXPECT_NEAR(predictions(request().prompt_tokens(1600)).at(0).value(), 20, 3);
  prompt(0);
  EXPECT_NEAR(predictions(request().prompt_tokens(1600)).at(0).value(), 420, 4);
}

TEST_F(Producer, HeadroomIsTargetMinusPrediction) {
  for (int i = 0; i < 50; ++i) answer(0, 100, 10);
  const RequestBuilder& asked = request().ttft_slo_ns(250 * kMillisecond).tpot_slo_ns(8 * kMillisecond);
  const double ttft = predictions(asked).at(0).value();
  EXPECT_DOUBLE_EQ(predictions(asked, "ttft_headroom_ms").at(0).value(), 250 - ttft);
  EXPECT_NEAR(predictions(asked, "tpot_headroom_ms").at(0).value(), -2, 0.1);
  EXPECT_THAT(predictions(request(), "ttft_headroom_ms"), Each(Eq(std::nullopt))) << "no target";
  EXPECT_THAT(predictions(request(), "tpot_headroom_ms"), Each(Eq(std::nullopt)));
}

TEST_F(Producer, AnswersThatAreNotStreamedHaveAModelOfTheirOwn) {
  for (int i = 0; i < 30; ++i) answer(0, 100, 10);
  RequestBuilder whole;
  whole.model("m").number(5000);
  EXPECT_THAT(predictions(whole), Each(Eq(std::nullopt)));
  std::deque<RequestBuilder> asked(30);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    decide(asked[i].number(6000 + i), 0);
    plugin_.events(endpoints_, {completed(asked[i], 0).duration_ns(2500 * kMillisecond)});
  }
  EXPECT_EQ(learned("duration"), 30);
  EXPECT_NEAR(predictions(whole).at(0).value(), 2500, 5);
  EXPECT_THAT(predictions(whole, "predicted_tpot_ms"), Each(Eq(std::nullopt)));
  EXPECT_NEAR(predictions(request()).at(0).value(), 100, 1);
}

TEST_F(Producer, OnlyAnswersOfThePickTeach) {
  const auto ends = [&](auto&& change) {
    const RequestBuilder& asked = request();
    decide(asked, 0);
    Event event = completed(asked, 0).ttft_ns(50 * kMillisecond).tpot_ns(5 * kMillisecond);
    change(event);
    plugin_.events(endpoints_, {event});
  };
  ends([](Event& event) { event.endpoint("pod-1"); });  // a fallback
  ends([](Event& event) { event.attempt(1); });
  ends([](Event& event) { event.http_status(503); });
  ends([](Event& event) { event.cause(SHUNT_CAUSE_ERROR); });
  ends([](Event& event) { event.cause(SHUNT_CAUSE_REJECTED); });
  ends([](Event& event) { event.ttft_ns(-5).tpot_ns(std::numeric_limits<std::int64_t>::min()); });
  EXPECT_EQ(learned("ttft"), 0);
  EXPECT_EQ(learned("tpot"), 0);
  ends([](Event& event) { event.cause(SHUNT_CAUSE_CLIENT_GONE); });
  EXPECT_EQ(learned("ttft"), 1) << "the first token had come";
  EXPECT_EQ(learned("tpot"), 0);
  ends([](Event&) {});
  EXPECT_EQ(learned("ttft"), 2);
  EXPECT_EQ(learned("tpot"), 1);
}

TEST_F(Producer, ARejectedRequestTeachesNothing) {
  const RequestBuilder& asked = request();
  decide(asked, 0);
  plugin_.picked(endpoints_, asked, {.outcome = SHUNT_OUTCOME_REJECTED}, {.done = {}});
  plugin_.events(endpoints_, {completed(asked, 0).ttft_ns(50 * kMillisecond)});
  EXPECT_EQ(learned("ttft"), 0);
}

TEST_F(Producer, AnEndpointThatGoesIsForgotten) {
  for (int i = 0; i < 50; ++i) {
    answer(0, 100, 10);
    answer(1, 900, 10);
  }
  ASSERT_GT(predictions(request()).at(1).value(), 800);
  plugin_.events(endpoints_, {Event(SHUNT_EVENT_ENDPOINT_REMOVED).endpoint("pod-1")});
  EXPECT_LT(predictions(request()).at(1).value(), 700);
  EXPECT_EQ(host_.metric("endpoints")->value, 1);
}

TEST_F(Producer, SurvivesAnyColumns) {
  for (int i = 0; i < 20; ++i) answer(0, 100, 10);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double odd : {std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity, -1e9, 1e300}) {
    for (const char* column : {"queue", "running", "kv_cache_usage", "in_flight_tokens", "prefix_matched_blocks"}) {
      endpoints_[0].number(column, odd);
    }
    answer(0, 100, 10);
    for (const char* column : {"predicted_ttft_ms", "predicted_tpot_ms"}) {
      const double ms = predictions(request(), column).at(0).value();
      EXPECT_TRUE(ms >= 0 && ms <= 3.6e6) << column << " " << ms << " at " << odd;
    }
  }
}

TEST_F(Producer, ASuccessorKnowsWhatItKnew) {
  for (int i = 0; i < 50; ++i) {
    answer(0, 100, 10);
    answer(1, 400, 40);
  }
  PluginUnderTest successor(shunt_library_entry_v1, kType, R"({"memoryRequests": 50, "maxEndpoints": 64})", host_);
  ASSERT_THAT(successor.load_state(plugin_.save_state()), Succeeded());
  const auto of = [&](PluginUnderTest& plugin) {
    return plugin.produce(endpoints_, request()).columns.at("predicted_ttft_ms");
  };
  EXPECT_EQ(of(successor), of(plugin_));
  PluginUnderTest other(shunt_library_entry_v1, kType, "{}", host_);
  EXPECT_THAT(other.load_state("2", plugin_.save_state().bytes), FailedWith(SHUNT_UNSUPPORTED, HasSubstr("version")));
  EXPECT_THAT(other.load_state("1", "nonsense"), FailedWith(SHUNT_INVALID, HasSubstr("cut off")));
}

class Silent : public Producer {
 protected:
  Silent() : Producer(R"({"predictInProduce": false})") {}
};
TEST_F(Silent, LearnsAndSaysNothing) {
  for (int i = 0; i < 20; ++i) answer(0, 100, 10);
  EXPECT_EQ(learned("ttft"), 20);
  EXPECT_THAT(predictions(request()), Each(Eq(std::nullopt)));
}

class Streaming : public Producer {
 protected:
  Streaming() : Producer(R"({"streamingMode": true, "sloBufferFactor": 2})") {}
};
TEST_F(Streaming, EveryRequestIsPredictedAsIfItWereStreamed) {
  for (int i = 0; i < 50; ++i) answer(0, 100, 10);
  RequestBuilder whole;
  whole.model("m").number(5000).tpot_slo_ns(8 * kMillisecond);
  decide(whole, 0);
  EXPECT_NEAR(predictions(whole).at(0).value(), 100, 1);
  EXPECT_NEAR(predictions(whole, "predicted_tpot_ms").at(0).value(), 5, 0.1) << "as far from 8 as 10 from 16";
  EXPECT_NEAR(predictions(whole, "tpot_headroom_ms").at(0).value(), 6, 0.1);
  plugin_.events(endpoints_, {completed(whole, 0).duration_ns(2500 * kMillisecond)});
  EXPECT_EQ(learned("duration"), 0);
}

class Named : public Producer {
 protected:
  Named() : Producer(R"({"prefixMatchInfoProducerName": "mine"})", "second") {}
};
TEST_F(Named, PutsItsNameInFront) {
  for (int i = 0; i < 20; ++i) answer(0, 100, 10);
  EXPECT_NEAR(predictions(request(), "second/predicted_ttft_ms").at(0).value(), 100, 1);
}

TEST(Disaggregated, TheFirstTokenIsThePrefillEndpointsWork) {
  FakeHost host;
  host.add_profile("decode");
  host.add_profile("prefill");
  PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"minimumObservations": 1})", host);
  EndpointSet endpoints;
  endpoints.add_many(2);
  for (std::size_t row = 0; row < 2; ++row) endpoints[row].number("in_flight", 0).number("in_flight_tokens", 0);
  std::deque<RequestBuilder> asked(60);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    RequestBuilder& one = asked[i];
    one.streaming().number(i + 1);
    const bool apart = i % 2 == 1;
    std::vector<ProfileResult> done{{0, SHUNT_OK, {0}, {0}, {1.0}}};
    if (apart) done.push_back({1, SHUNT_OK, {1}, {1}, {1.0}});
    plugin.picked(endpoints, one, {.primary_result = 0}, {.done = done});
    plugin.events(endpoints, {Event(SHUNT_EVENT_COMPLETED)
                                  .endpoint("pod-0")
                                  .request(one)
                                  .ttft_ns((apart ? 300 : 100) * kMillisecond)
                                  .tpot_ns(20 * kMillisecond)});
  }
  RequestBuilder next;
  next.streaming().number(1000);
  const Produced produced = plugin.produce(endpoints, next);
  EXPECT_NEAR(produced.columns.at("predicted_ttft_ms").at(0).value(), 100, 15);
  EXPECT_NEAR(produced.columns.at("predicted_ttft_ms").at(1).value(), 300, 15);
  EXPECT_NEAR(produced.columns.at("predicted_tpot_ms").at(0).value(), 20, 1);
}

TEST(Parameters, ThoseOfThePeerAreTaken) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType,
                         R"({"samplingMean": 500, "sloBufferFactor": 1.5, "contextTTL": "10m", "streamingMode": true,
                             "predictInProduce": true, "maxDecodeTokenSamplesForPrediction": 3, "endpointRoleLabel": "role"})",
                         host);
  EXPECT_TRUE(plugin.created()) << plugin.creation().error;
}

}  // namespace
