// SPDX-License-Identifier: Apache-2.0
// concurrency-detector as a filter: endpoints that this host has not yet given all the work that they may have.
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::View;

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

class ConcurrencyDetector {
 public:
  SHUNT_PLUGIN("concurrency-detector", "1.0.0",
               "Keeps endpoints with fewer requests or tokens in flight than they may have")
  static constexpr std::string_view kReads[] = {"in_flight", "in_flight_tokens"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "mode": {
      "type": "string", "enum": ["requests", "tokens", "hybrid"], "default": "requests",
      "description": "What is limited: requests, tokens, or both"
    },
    "maxConcurrency": {
      "type": "number", "exclusiveMinimum": 0, "default": 100,
      "description": "Requests in flight from which an endpoint is full"
    },
    "maxTokenConcurrency": {
      "type": "number", "exclusiveMinimum": 0, "default": 1000000,
      "description": "Tokens in flight from which an endpoint is full"
    },
    "headroom": {
      "type": "number", "minimum": 0, "default": 0,
      "description": "Share by which the limits are raised"
    }
  }
})";

  explicit ConcurrencyDetector(Init& init)
      : in_flight_(init.column<double>("in_flight")), in_flight_tokens_(init.column<double>("in_flight_tokens")) {
    const std::string mode = init.parameter("mode").text("requests");
    if (mode != "requests" && mode != "tokens" && mode != "hybrid") {
      throw Error("parameter /mode must be requests, tokens or hybrid, found \"" + mode + "\"");
    }
    const double raised = 1 + init.parameter("headroom").number(0);
    if (mode != "tokens") request_limit_ = init.parameter("maxConcurrency").number(100) * raised;
    if (mode != "requests") token_limit_ = init.parameter("maxTokenConcurrency").number(1e6) * raised;
  }

  void filter(const Cycle&, View view, std::span<std::uint8_t> keep) const {
    const double* const requests = in_flight_(view).data();
    const double* const tokens = in_flight_tokens_(view).data();
    std::uint8_t any = 0;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      const int room = (requests[i] < request_limit_ ? 1 : 0) & (tokens[i] < token_limit_ ? 1 : 0);
      keep[i] = static_cast<std::uint8_t>(room);
      any = static_cast<std::uint8_t>(any | room);
    }
    // A full pool is for the waiting room to see: here nobody would be left.
    if (any == 0) std::fill(keep.begin(), keep.end(), std::uint8_t{1});
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    const std::span<std::uint8_t> keep = cycle.allocate<std::uint8_t>(reason.size());
    if (keep.size() != reason.size()) return;
    filter(cycle, view, keep);
    const auto requests = in_flight_(view);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (keep[i] != 0) continue;
      reason[i] = shunt::sdk::to_abi(requests[i] < request_limit_ ? "too many tokens in flight"
                                                                  : "too many requests in flight");
    }
  }

 private:
  Column<double> in_flight_;
  Column<double> in_flight_tokens_;
  double request_limit_ = kNoLimit;
  double token_limit_ = kNoLimit;
};

}  // namespace

SHUNT_LIBRARY(ConcurrencyDetector)
