// SPDX-License-Identifier: Apache-2.0
// deciders.hpp: instances that disagg-profile-handler asks whether a request shall run in a further stage.
#pragma once

#include <shunt/sdk/draft/decider.hpp>
#include <shunt/sdk/library.hpp>
#include <shunt/sdk/prompt_tokens.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::disagg {

class AlwaysPrefillDecider {
 public:
  SHUNT_PLUGIN("always-disagg-pd-decider", "1.0.0", "Prefills every request at an endpoint of its own")
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DECIDER_ID};
  explicit AlwaysPrefillDecider(sdk::Init&) {}

  sdk::Status decide(const sdk::Cycle&, sdk::View, bool& yes) const {
    yes = true;
    return SHUNT_OK;
  }
  const void* extra_interface(std::string_view id) const { return sdk::decider_table<AlwaysPrefillDecider>(id); }
};

class MultimodalDecider {
 public:
  SHUNT_PLUGIN("always-disagg-multimodal-decider", "1.0.0",
               "Encodes requests with images, audio or video at an endpoint of its own")
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DECIDER_ID};
  explicit MultimodalDecider(sdk::Init&) {}

  sdk::Status decide(const sdk::Cycle& cycle, sdk::View, bool& yes) const {
    yes = cycle.request().multimodal();
    return SHUNT_OK;
  }
  const void* extra_interface(std::string_view id) const { return sdk::decider_table<MultimodalDecider>(id); }
};

class PrefixBasedPrefillDecider {
 public:
  SHUNT_PLUGIN("prefix-based-pd-decider", "1.0.0",
               "Prefills elsewhere where enough of the prompt is not cached at the endpoint that decodes")
  static constexpr std::string_view kParametersSchema = R"({
    "type": "object", "additionalProperties": false, "properties": {
      "nonCachedTokens": {"type": "integer", "minimum": 0, "default": 0,
        "description": "Tokens that are not cached from which prefilling elsewhere pays; 0: it never does"},
      "promptTokens": {"type": "integer", "minimum": 0, "default": 0,
        "description": "Shorter prompts are prefilled where they are decoded"},
      "prefixMatchInfoProducerName": {"type": "string", "default": "",
        "description": "Instance whose match is read; empty: the one that is named like its type"}}})";
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DECIDER_ID};

  explicit PrefixBasedPrefillDecider(sdk::Init& init)
      : non_cached_tokens_(init.parameter("nonCachedTokens").number(0)),
        prompt_tokens_(init.parameter("promptTokens").number(0)),
        matched_blocks_(init.column<double>(source(init) + "prefix_matched_blocks")),
        block_size_tokens_(init.value<double>(source(init) + "prefix_block_size_tokens")) {}

  // The first run is that of the endpoint that decodes.
  sdk::Status decide(const sdk::Cycle& cycle, sdk::View base, bool& yes) const {
    yes = false;
    const std::optional<std::uint64_t> known = sdk::prompt_tokens(cycle.request());
    if (!known) return SHUNT_SKIP;
    const auto tokens = static_cast<double>(*known);
    if (non_cached_tokens_ == 0 || tokens < non_cached_tokens_ || tokens < prompt_tokens_) return SHUNT_OK;
    const auto results = cycle.results();
    if (results.empty() || !results[0].succeeded()) return SHUNT_SKIP;
    const std::uint32_t row = results[0].picks()[0];
    const auto matched = matched_blocks_(base);
    const double cached = matched.has(row) ? matched[row] * block_size_tokens_(cycle).value_or(0) : 0;
    yes = tokens - cached >= non_cached_tokens_;
    return SHUNT_OK;
  }
  const void* extra_interface(std::string_view id) const { return sdk::decider_table<PrefixBasedPrefillDecider>(id); }

 private:
  static std::string source(const sdk::Init& init) {
    return init.prefix_of("prefixMatchInfoProducerName", "approx-prefix-cache-producer");
  }

  double non_cached_tokens_;
  double prompt_tokens_;
  sdk::Column<double> matched_blocks_;
  sdk::Value<double> block_size_tokens_;
};

}  // namespace shunt::disagg
