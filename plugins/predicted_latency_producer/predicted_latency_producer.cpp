// SPDX-License-Identifier: Apache-2.0
// predicted-latency-producer: how long the first token and every further one will take at each endpoint, judged by the answers
// that came from there before.
#include "latency_models.hpp"

#include <shunt/sdk/draft/dump.hpp>
#include <shunt/sdk/observer.hpp>
#include <shunt/sdk/producer.hpp>
#include <shunt/sdk/prompt_tokens.hpp>
#include <shunt/sdk/state.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace predicted_latency {

namespace sdk = shunt::sdk;

class PredictedLatencyProducer {
 public:
  SHUNT_PLUGIN("predicted-latency-producer", "1.0.0",
               "Predicts the time to the first token and per output token, learned from past answers")
  static constexpr std::string_view kReads[] = {"queue", "running", "kv_cache_usage", "in_flight", "in_flight_tokens"};
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DUMP_ID};
  static constexpr std::string_view kStateVersion = "1";
  static constexpr std::uint64_t kWants =
      SHUNT_EVENT_BIT(SHUNT_EVENT_COMPLETED) | SHUNT_EVENT_BIT(SHUNT_EVENT_ENDPOINT_REMOVED);
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "memoryRequests": { "type": "number", "minimum": 10, "maximum": 1000000, "default": 500,
      "description": "Answers of an endpoint after which an old one counts 1/e as much as a new one" },
    "minimumObservations": { "type": "integer", "minimum": 1, "maximum": 1000000, "default": 10,
      "description": "Answers of all endpoints together before which nothing is predicted" },
    "staleAfterSeconds": { "type": "number", "exclusiveMinimum": 0, "maximum": 1000000000, "default": 300,
      "description": "Time without an answer after which an endpoint is predicted like any other" },
    "maxEndpoints": { "type": "integer", "minimum": 1, "maximum": 1048576, "default": 4096,
      "description": "Endpoints with a model of their own" },
    "streamingMode": { "type": "boolean", "default": false,
      "description": "Learn from streamed answers only, and predict every request as if it were streamed" },
    "sloBufferFactor": { "type": "number", "minimum": 0.001, "maximum": 1000, "default": 1,
      "description": "What the target for the time per output token is multiplied by" },
    "predictInProduce": { "type": "boolean", "default": true,
      "description": "Without, it learns and predicts nothing" },
    "prefixMatchInfoProducerName": { "type": "string", "default": "",
      "description": "Instance whose match is read; empty: the one that is named like its type" },
    "samplingMean": { "type": "number", "exclusiveMinimum": 0, "default": 1000,
      "description": "Accepted and without effect: the host measures the time per output token over the whole answer" },
    "maxDecodeTokenSamplesForPrediction": { "type": "integer", "minimum": 0, "default": 0,
      "description": "Accepted and without effect, like samplingMean" },
    "contextTTL": { "type": ["string", "number"], "default": "5m",
      "description": "Accepted and without effect: what is kept of a request goes when it ends" },
    "endpointRoleLabel": { "type": "string", "default": "",
      "description": "Accepted and without effect: every endpoint has a model of its own" }
  }
})";

  explicit PredictedLatencyProducer(sdk::Init& init)
      : streamed_only_(init.parameter("streamingMode").flag(false)),
        predicts_(init.parameter("predictInProduce").flag(true)),
        slo_factor_(init.parameter("sloBufferFactor").number(1)),
        queue_(init.optional_column<double>("queue")),
        running_(init.optional_column<double>("running")),
        kv_cache_usage_(init.optional_column<double>("kv_cache_usage")),
        in_flight_(init.column<double>("in_flight")),
        in_flight_tokens_(init.column<double>("in_flight_tokens")),
        matched_(init.optional_column<double>(prefixes(init) + "prefix_matched_blocks")),
        total_(init.value<double>(prefixes(init) + "prefix_total_blocks", SHUNT_OPTIONAL)),
        block_size_(init.value<double>(prefixes(init) + "prefix_block_size_tokens", SHUNT_OPTIONAL)),
        prompt_tokens_(init.value<double>("prompt_tokens", SHUNT_OPTIONAL)),
        ttft_(init.output<double>(init.own_prefix(kType) + "predicted_ttft_ms")),
        tpot_(init.output<double>(init.own_prefix(kType) + "predicted_tpot_ms")),
        ttft_headroom_(init.output<double>(init.own_prefix(kType) + "ttft_headroom_ms")),
        tpot_headroom_(init.output<double>(init.own_prefix(kType) + "tpot_headroom_ms")),
        prefill_(init.profile("prefill")),
        endpoints_(init.gauge("endpoints", "Endpoints with a model of their own")),
        learned_{counter(init, "ttft"), counter(init, "tpot"), counter(init, "duration")},
        error_{gauge(init, "ttft"), gauge(init, "tpot"), gauge(init, "duration")},
        capacity_(capacity(init)),
        settings_(settings(init)),
        models_(std::make_unique<LatencyModels>(capacity_, settings_)) {
    init.request_state(sizeof(Sent));
  }

  sdk::Status produce(const sdk::Cycle& cycle, sdk::View base, const sdk::Outputs& outputs) const {
    if (!predicts_) return SHUNT_SKIP;
    const Predictor predictor = models_->predictor(cycle.now_ns());
    if (!predictor.any()) return SHUNT_SKIP;
    const sdk::Request request = cycle.request();
    const bool streamed = streamed_only_ || request.streaming();
    const Latency first = streamed ? Latency::FirstToken : Latency::Whole;
    // Nobody sees the single tokens of an answer that comes as a whole.
    const LatencySet wanted = set_of(first) | (streamed ? set_of(Latency::Token) : 0u);
    const Loads loads(*this, cycle, base);
    const auto ttft = ttft_(outputs);
    const auto tpot = tpot_(outputs);
    const auto ttft_headroom = ttft_headroom_(outputs);
    const auto tpot_headroom = tpot_headroom_(outputs);
    const auto ttft_target = milliseconds(request.ttft_slo_ns());
    const auto tpot_target = milliseconds(request.tpot_slo_ns());
    for (std::size_t row = 0; row < base.size(); ++row) {
      const Lines lines = predictor.lines(base.key(row), wanted);
      const Features features = features_of(loads[row]);
      if (const Line* line = lines.find(first)) {
        const double ms = line->at(features);
        ttft.set(row, ms);
        if (ttft_target) ttft_headroom.set(row, *ttft_target - ms);
      }
      if (const Line* line = lines.find(Latency::Token)) {
        const double ms = line->at(features) / slo_factor_;
        tpot.set(row, ms);
        if (tpot_target) tpot_headroom.set(row, (*tpot_target - ms) * slo_factor_);
      }
    }
    return SHUNT_OK;
  }

  // Remembers under which load the request went to its endpoints: what the answer will have been due to.
  void picked(const sdk::Cycle& cycle, sdk::View base, const sdk::Decision& decision) const {
    Sent& sent = *static_cast<Sent*>(cycle.request_state());
    sent = {};
    if (!decision.dispatched()) return;
    sent.attempt = cycle.request().attempt();
    const Loads loads(*this, cycle, base);
    const auto remember = [&](const sdk::Result& result, Sent::To& to) {
      if (!result.succeeded() || result.picks().empty() || result.picks().front() >= base.size()) return;
      const std::uint32_t row = result.picks().front();
      to = {base.key(row), features_of(loads[row])};
    };
    const sdk::Results results = decision.results();
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (i == decision.primary_result())
        remember(results[i], sent.primary);
      else if (prefill_ != SHUNT_NONE && results[i].profile() == prefill_)
        remember(results[i], sent.prefill);
    }
  }

  void events(const sdk::Context& context, const sdk::Events& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const shunt_event& event = events[i];
      if (event.type == SHUNT_EVENT_ENDPOINT_REMOVED) models_->forget(event.endpoint);
      if (event.type == SHUNT_EVENT_COMPLETED) learn(context, event);
    }
    context.metric_set(endpoints_, static_cast<double>(models_->endpoints()));
  }

  void save_state(const sdk::Context&, sdk::StateWriter& out) const { models_->save(out); }

  // Into models of its own: where that fails in the middle, nothing has happened.
  sdk::Status load_state(const sdk::Context& context, const sdk::SavedState& saved) {
    if (saved.version() != kStateVersion) {
      return context.fail("latency models of another version cannot be read", SHUNT_UNSUPPORTED);
    }
    auto restored = std::make_unique<LatencyModels>(capacity_, settings_);
    if (const char* problem = restored->load(saved)) return context.fail(problem, SHUNT_INVALID);
    models_ = std::move(restored);
    context.metric_set(endpoints_, static_cast<double>(models_->endpoints()));
    return SHUNT_OK;
  }

  std::string dump() const {
    std::string text = "{\"endpoints\":" + std::to_string(models_->endpoints()) + ",\"common\":{";
    for (std::size_t i = 0; i < kLatencies; ++i) {
      const LinearModel& model = models_->common(static_cast<Latency>(i));
      text += std::string(i == 0 ? "\"" : ",\"") + kNames[i] +
              "\":{\"observations\":" + std::to_string(model.observations()) +
              ",\"mean_error_ms\":" + std::to_string(model.mean_error_ms()) +
              ",\"shortest_ms\":" + std::to_string(model.line().least_ms) + ",\"weights\":[";
      for (std::size_t k = 0; k < kFeatures; ++k) {
        text += (k == 0 ? "" : ",") + std::to_string(model.line().weights[k]);
      }
      text += "]}";
    }
    return text + "}}";
  }
  const void* extra_interface(std::string_view id) const { return sdk::dump_table<PredictedLatencyProducer>(id); }

 private:
  static constexpr std::array<const char*, kLatencies> kNames = {"ttft", "tpot", "duration"};

  // Of a request: where its newest decision has sent it.
  struct Sent {
    struct To {
      std::uint64_t endpoint = 0;  // 0: nowhere
      Features features{};
    };
    To primary;
    To prefill;
    std::uint32_t attempt = 0;
  };

  // The loads of the endpoints of one call.
  class Loads {
   public:
    Loads(const PredictedLatencyProducer& of, const sdk::Cycle& cycle, sdk::View base)
        : queue_(of.queue_(base).data()),
          running_(of.running_(base)),
          kv_cache_usage_(of.kv_cache_usage_(base).data()),
          in_flight_(of.in_flight_(base).data()),
          in_flight_tokens_(of.in_flight_tokens_(base).data()),
          matched_(of.matched_(base).data()),
          block_size_(of.block_size_(cycle).value_or(0)),
          prompt_tokens_(of.prompt_tokens(cycle, block_size_)) {}

    Load operator[](std::size_t row) const noexcept {
      const double uncached = prompt_tokens_ - matched_[row] * block_size_;
      return {.queue = queue_[row],
              // What this host has sent there stands in where nobody counts at the endpoint.
              .running = running_.has(row) ? running_[row] : in_flight_[row],
              .kv_cache_usage = kv_cache_usage_[row],
              .uncached_tokens = uncached > 0.0 ? uncached : 0.0,
              .in_flight_tokens = in_flight_tokens_[row]};
    }

   private:
    const double* queue_;
    sdk::ColumnView<double> running_;
    const double* kv_cache_usage_;
    const double* in_flight_;
    const double* in_flight_tokens_;
    const double* matched_;
    double block_size_;
    double prompt_tokens_;
  };

  // As told, as a producer says, as many as the blocks hold, or as a producer would say.
  double prompt_tokens(const sdk::Cycle& cycle, double block_size) const noexcept {
    const sdk::Request request = cycle.request();
    if (const auto tokens = request.prompt_tokens()) return static_cast<double>(*tokens);
    if (const auto tokens = prompt_tokens_(cycle)) return *tokens;
    if (const auto blocks = total_(cycle)) return *blocks * block_size;
    return static_cast<double>(sdk::prompt_tokens(request).value_or(0));
  }

  void learn(const sdk::Context& context, const shunt_event& event) {
    const auto* sent = static_cast<const Sent*>(event.request_state);
    if (sent == nullptr || event.request == nullptr) return;
    // A fallback was asked under a load that nobody has looked at.
    if (sent->primary.endpoint == 0 || sent->primary.endpoint != event.endpoint || sent->attempt != event.attempt)
      return;
    const bool failed = (event.present & SHUNT_EVENT_HTTP_STATUS) != 0 && event.http_status / 100 != 2;
    const bool natural = event.cause == SHUNT_CAUSE_NATURAL;
    // Who did not want to wait for the end has seen the first token all the same.
    if (failed || !(natural || event.cause == SHUNT_CAUSE_CLIENT_GONE)) return;
    const auto teach = [&](const Sent::To& to, Latency latency, std::int64_t nanoseconds) {
      const double ms = static_cast<double>(nanoseconds) / 1e6;
      if (!models_->learn(to.endpoint, latency, to.features, ms, event.time_ns)) return;
      const auto i = static_cast<std::size_t>(latency);
      context.metric_add(learned_[i]);
      context.metric_set(error_[i], models_->common(latency).mean_error_ms());
    };
    const auto has = [&event](std::uint32_t bit) { return (event.present & bit) != 0; };
    if (has(SHUNT_EVENT_TTFT)) {
      teach(sent->prefill.endpoint != 0 ? sent->prefill : sent->primary, Latency::FirstToken, event.ttft_ns);
    } else if (natural && !streamed_only_ && !sdk::Request(*event.request).streaming() && has(SHUNT_EVENT_DURATION)) {
      teach(sent->primary, Latency::Whole, event.duration_ns);
    }
    if (natural && has(SHUNT_EVENT_TPOT)) teach(sent->primary, Latency::Token, event.tpot_ns);
  }

  static std::optional<double> milliseconds(std::optional<std::int64_t> target_ns) {
    if (!target_ns) return std::nullopt;
    return static_cast<double>(*target_ns) / 1e6;
  }
  static std::string prefixes(const sdk::Init& init) {
    return init.prefix_of("prefixMatchInfoProducerName", "approx-prefix-cache-producer");
  }
  static shunt_metric* counter(sdk::Init& init, const char* latency) {
    return init.counter("observations_total", "Latencies that were learned from", {{"latency", latency}});
  }
  static shunt_metric* gauge(sdk::Init& init, const char* latency) {
    return init.gauge("mean_error_milliseconds", "Decayed mean of how far predictions are from what came then",
                      {{"latency", latency}});
  }
  static ModelSettings settings(const sdk::Init& init) {
    const double stale_seconds = std::clamp(init.parameter("staleAfterSeconds").number(300), 1e-9, 1e9);
    const double least = std::clamp(init.parameter("minimumObservations").number(10), 1.0, 1e6);
    return {.memory = std::clamp(init.parameter("memoryRequests").number(500), 10.0, 1e6),
            .least_observations = static_cast<std::uint64_t>(least),
            .stale_ns = static_cast<std::int64_t>(stale_seconds * 1e9)};
  }
  static std::size_t capacity(const sdk::Init& init) {
    return static_cast<std::size_t>(std::clamp(init.parameter("maxEndpoints").number(4096), 1.0, 1048576.0));
  }

  bool streamed_only_;
  bool predicts_;
  double slo_factor_;
  sdk::Column<double> queue_;
  sdk::Column<double> running_;
  sdk::Column<double> kv_cache_usage_;
  sdk::Column<double> in_flight_;
  sdk::Column<double> in_flight_tokens_;
  sdk::Column<double> matched_;
  sdk::Value<double> total_;
  sdk::Value<double> block_size_;
  sdk::Value<double> prompt_tokens_;
  sdk::Output<double> ttft_;
  sdk::Output<double> tpot_;
  sdk::Output<double> ttft_headroom_;
  sdk::Output<double> tpot_headroom_;
  std::uint32_t prefill_;
  shunt_metric* endpoints_;
  std::array<shunt_metric*, kLatencies> learned_;
  std::array<shunt_metric*, kLatencies> error_;
  std::size_t capacity_;
  ModelSettings settings_;
  std::unique_ptr<LatencyModels> models_;
};

}  // namespace predicted_latency

using predicted_latency::PredictedLatencyProducer;
SHUNT_LIBRARY(PredictedLatencyProducer)
