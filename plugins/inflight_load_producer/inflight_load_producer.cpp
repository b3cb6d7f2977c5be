// SPDX-License-Identifier: Apache-2.0
// inflight-load-producer: requests and uncached tokens that are under way at each endpoint, counted from decision to answer.
#include "inherited_load.hpp"
#include "load_counters.hpp"
#include "token_estimate.hpp"

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
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace inflight_load {

namespace sdk = shunt::sdk;

class InflightLoadProducer {
 public:
  SHUNT_PLUGIN("inflight-load-producer", "1.0.0",
               "Counts the requests and uncached tokens that are under way at each endpoint")
  static constexpr std::string_view kReads[] = {"prompt_tokens"};
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DUMP_ID};
  static constexpr std::string_view kStateVersion = "1";
  static constexpr std::uint64_t kWants =
      SHUNT_EVENT_BIT(SHUNT_EVENT_DISPATCHED) | SHUNT_EVENT_BIT(SHUNT_EVENT_FIRST_TOKEN) |
      SHUNT_EVENT_BIT(SHUNT_EVENT_ATTEMPT_FAILED) | SHUNT_EVENT_BIT(SHUNT_EVENT_COMPLETED) |
      SHUNT_EVENT_BIT(SHUNT_EVENT_ENDPOINT_REMOVED);
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "addEstimatedOutputTokens": { "type": "boolean", "default": false,
      "description": "Count tokens of the answer too, and all tokens until it has ended" },
    "outputRatio": { "type": "number", "minimum": 0, "maximum": 1000000, "default": 1.5,
      "description": "Tokens of the answer for one of the prompt" },
    "maxEstimatedOutputTokens": { "type": "integer", "minimum": 0,
      "description": "Most tokens that an answer is taken to have; absent: no limit" },
    "prefixMatchInfoProducerName": { "type": "string", "default": "",
      "description": "Instance whose match is read; empty: the one that is named like its type" },
    "maxEndpoints": { "type": "integer", "minimum": 1, "maximum": 1048576, "default": 4096,
      "description": "Endpoints that are counted at" },
    "syncCrossReplicaState": { "type": "boolean", "default": true,
      "description": "Accepted and without effect: every host counts what it has sent itself" }
  }
})";

  explicit InflightLoadProducer(sdk::Init& init)
      : output_{.counts = init.parameter("addEstimatedOutputTokens").flag(false),
                .ratio = std::clamp(init.parameter("outputRatio").number(1.5), 0.0, 1e6),
                .most = most(init)},
        capacity_(static_cast<std::size_t>(std::clamp(init.parameter("maxEndpoints").number(4096), 1.0, 1048576.0))),
        prompt_tokens_(init.value<double>("prompt_tokens")),
        matched_(init.optional_column<double>(prefixes(init) + "prefix_matched_blocks")),
        total_(init.value<double>(prefixes(init) + "prefix_total_blocks", SHUNT_OPTIONAL)),
        block_size_(init.value<double>(prefixes(init) + "prefix_block_size_tokens", SHUNT_OPTIONAL)),
        requests_(init.output<double>(std::string(init.name()) + "/in_flight")),
        tokens_(init.output<double>(std::string(init.name()) + "/in_flight_tokens")),
        uncached_(init.output<double>(std::string(init.name()) + "/uncached_tokens")),
        prefill_(init.profile("prefill")),
        dropped_(init.counter("dropped_requests_total", "Requests that were not counted, for want of room")),
        requests_gauge_(init.gauge("requests", "Requests under way at all endpoints")),
        tokens_gauge_(init.gauge("tokens", "Tokens under way at all endpoints")),
        counters_(std::make_unique<LoadCounters>(capacity_)) {
    init.request_state(sizeof(Sent));
  }

  sdk::Status produce(const sdk::Cycle& cycle, sdk::View base, const sdk::Outputs& outputs) const {
    const Work work(*this, cycle, base);
    const std::span<double> requests = requests_(outputs).set_all_present();
    const std::span<double> tokens = tokens_(outputs).set_all_present();
    const std::span<double> uncached = uncached_(outputs).set_all_present();
    for (std::size_t row = 0; row < base.size(); ++row) {
      const Load load = counters_->of(base.key(row));
      requests[row] = static_cast<double>(load.requests);
      tokens[row] = static_cast<double>(load.tokens);
      uncached[row] = static_cast<double>(work.tokens(row));
    }
    return SHUNT_OK;
  }

  // Counts the request at the first pick of every profile that ran. An earlier attempt is over.
  void picked(const sdk::Cycle& cycle, sdk::View base, const sdk::Decision& decision) const {
    Sent& sent = *static_cast<Sent*>(cycle.request_state());
    release_all(sent);
    if (!decision.dispatched()) return;
    sent.attempt = cycle.request().attempt();
    const Work work(*this, cycle, base);
    const sdk::Results results = decision.results();
    for (std::size_t i = 0; i < results.size() && sent.n < kMaximumRuns; ++i) {
      const sdk::Result result = results[i];
      if (!result.succeeded() || result.picks().empty() || result.picks().front() >= base.size()) continue;
      const std::uint32_t row = result.picks().front();
      Held& held = sent.held[sent.n++];
      held.endpoint = base.key(row);
      held.tokens = work.tokens(row);
      held.place = counters_->add(held.endpoint, held.tokens);
      held.primary = i == decision.primary_result();
      held.prefill = prefill_ != SHUNT_NONE && result.profile() == prefill_;
      if (!held.place.counted()) cycle.metric_add(dropped_);
    }
  }

  void events(const sdk::Context& context, const sdk::Events& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const shunt_event& event = events[i];
      inherited_.expire(*counters_, event.time_ns);
      if (event.type == SHUNT_EVENT_ENDPOINT_REMOVED) {
        counters_->remove(event.endpoint);
      } else if (auto* sent = static_cast<Sent*>(event.request_state)) {
        hear(event, *sent);
      } else if (event.type == SHUNT_EVENT_COMPLETED) {
        // Of a request that the predecessor has counted.
        inherited_.completed(*counters_, event.endpoint);
      }
    }
    const Load total = counters_->total();
    context.metric_set(requests_gauge_, static_cast<double>(total.requests));
    context.metric_set(tokens_gauge_, static_cast<double>(total.tokens));
  }

  void save_state(const sdk::Context&, sdk::StateWriter& out) const { InheritedLoad::save(*counters_, out); }

  // Into counters of its own: where that fails in the middle, nothing has happened.
  sdk::Status load_state(const sdk::Context& context, const sdk::SavedState& saved) {
    if (saved.version() != kStateVersion) {
      return context.fail("counts of another version cannot be read", SHUNT_UNSUPPORTED);
    }
    auto restored = std::make_unique<LoadCounters>(capacity_);
    InheritedLoad inherited;
    if (const char* problem = inherited.load(saved, *restored)) return context.fail(problem, SHUNT_INVALID);
    counters_ = std::move(restored);
    inherited_ = std::move(inherited);
    return SHUNT_OK;
  }

  std::string dump() const {
    const Load total = counters_->total();
    return "{\"endpoints\":" + std::to_string(counters_->endpoints()) +
           ",\"requests\":" + std::to_string(total.requests) + ",\"tokens\":" + std::to_string(total.tokens) + "}";
  }
  const void* extra_interface(std::string_view id) const { return sdk::dump_table<InflightLoadProducer>(id); }

 private:
  // Profile runs of a request that are counted.
  static constexpr std::uint32_t kMaximumRuns = 8;

  // What a request has counted at one endpoint.
  struct Held {
    std::uint64_t endpoint = 0;
    Place place;
    std::int64_t tokens = 0;
    bool primary = false;
    bool prefill = false;
  };
  struct Sent {
    std::uint32_t attempt = 0;
    std::uint32_t n = 0;
    std::array<Held, kMaximumRuns> held{};
  };

  // What a request makes the endpoints of one call work on.
  class Work {
   public:
    Work(const InflightLoadProducer& of, const sdk::Cycle& cycle, sdk::View base)
        : prompt_{.tokens = of.prompt_tokens_(cycle).value_or(0),
                  .total_blocks = of.total_(cycle).value_or(0),
                  .block_tokens = of.block_size_(cycle).value_or(0)},
          output_(output_tokens(of.output_, prompt_.tokens, cycle.request().max_tokens())),
          matched_(of.matched_(base).data()) {}
    std::int64_t tokens(std::size_t row) const noexcept {
      return whole_tokens(sdk::uncached_tokens(prompt_, matched_[row]) + output_);
    }

   private:
    sdk::PromptBlocks prompt_;
    double output_;
    const double* matched_;
  };

  void release(Held& held) const {
    counters_->release(held.place, 1, held.tokens);
    held = {};
  }
  void release_all(Sent& sent) const {
    for (std::uint32_t i = 0; i < sent.n; ++i) release(sent.held[i]);
    sent.n = 0;
  }

  void hear(const shunt_event& event, Sent& sent) {
    if (event.type == SHUNT_EVENT_COMPLETED) return release_all(sent);
    if (event.attempt != sent.attempt) return;
    for (std::uint32_t i = 0; i < sent.n; ++i) {
      Held& held = sent.held[i];
      if (event.type == SHUNT_EVENT_ATTEMPT_FAILED && held.primary) {
        // A fallback may follow, within the same decision.
        counters_->release(std::exchange(held.place, {}), 1, held.tokens);
      } else if (event.type == SHUNT_EVENT_DISPATCHED && held.primary &&
                 (held.endpoint != event.endpoint || !held.place.counted())) {
        counters_->release(held.place, 1, held.tokens);
        held.place = counters_->add(held.endpoint = event.endpoint, held.tokens);
      } else if (event.type == SHUNT_EVENT_FIRST_TOKEN && held.prefill && !held.primary) {
        release(held);
      } else if (event.type == SHUNT_EVENT_FIRST_TOKEN && !output_.counts) {
        // The prompt is done with.
        counters_->release(held.place, 0, held.tokens);
        held.tokens = 0;
      }
    }
  }

  static std::optional<double> most(const sdk::Init& init) {
    const sdk::Parameter most = init.parameter("maxEstimatedOutputTokens");
    if (!most.exists()) return std::nullopt;
    return most.number(0);
  }
  static std::string prefixes(const sdk::Init& init) {
    return init.prefix_of("prefixMatchInfoProducerName", "approx-prefix-cache-producer");
  }

  OutputEstimate output_;
  std::size_t capacity_;
  sdk::Value<double> prompt_tokens_;
  sdk::Column<double> matched_;
  sdk::Value<double> total_;
  sdk::Value<double> block_size_;
  sdk::Output<double> requests_;
  sdk::Output<double> tokens_;
  sdk::Output<double> uncached_;
  std::uint32_t prefill_;
  shunt_metric* dropped_;
  shunt_metric* requests_gauge_;
  shunt_metric* tokens_gauge_;
  std::unique_ptr<LoadCounters> counters_;
  InheritedLoad inherited_;
};

}  // namespace inflight_load

using inflight_load::InflightLoadProducer;
SHUNT_LIBRARY(InflightLoadProducer)
