// SPDX-License-Identifier: Apache-2.0
#include "deciders.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace shunt::disagg {
namespace {

using sdk::Column;
using sdk::Cycle;
using sdk::Decider;
using sdk::EndpointKey;
using sdk::Error;
using sdk::Init;
using sdk::Outcome;
using sdk::OutputValue;
using sdk::ProfileList;
using sdk::Result;
using sdk::Status;
using sdk::Symbol;
using sdk::View;

constexpr std::string_view kPrefillHeader = "x-prefiller-host-port";
constexpr std::string_view kEncodeHeader = "x-encoder-hosts-ports";

class DisaggProfileHandler {
 public:
  SHUNT_PLUGIN("disagg-profile-handler", "1.0.0", "Runs encode, prefill and decode at endpoints of their own")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object", "additionalProperties": false, "properties": {
    "stageOrder": {"enum": ["decode-first", "prefill-first"], "default": "decode-first",
      "description": "Whether the endpoint that decodes is chosen before the others, or behind them"},
    "profiles": {"type": "object", "additionalProperties": false, "default": {},
      "description": "Names of the profiles of the stages",
      "properties": {
        "decode": {"type": "string", "minLength": 1, "default": "decode", "description": "Has to exist"},
        "prefill": {"type": "string", "minLength": 1, "default": "prefill", "description": "Chooses who prefills"},
        "encode": {"type": "string", "minLength": 1, "default": "encode", "description": "Chooses who encodes"}}},
    "deciders": {"type": "object", "additionalProperties": false, "default": {},
      "description": "Instances that say whether a request has a stage",
      "properties": {
        "prefill": {"type": "string", "minLength": 1, "description": "Without one there is no stage, with decode-first"},
        "encode": {"type": "string", "minLength": 1, "description": "Without one there is no stage"}}}}})";

  explicit DisaggProfileHandler(Init& init)
      : decode_first_(init.parameter("stageOrder").text("decode-first") != "prefill-first"),
        decode_(profile(init, "decode", true)),
        prefill_(profile(init, "prefill", decode_first_ && decider_name(init, "prefill").has_value())),
        encode_(profile(init, "encode", decider_name(init, "encode").has_value())),
        peer_(init.output_value<EndpointKey>("peer_endpoint")),
        address_(init.column<Symbol>("endpoint:address")) {
    if (const auto name = decider_name(init, "prefill")) {
      if (!decode_first_) {
        throw Error(
            "parameter /deciders/prefill: with \"prefill-first\" every request is prefilled, so nobody is asked");
      }
      prefill_decider_.emplace(init, *name);
    }
    if (const auto name = decider_name(init, "encode")) encode_decider_.emplace(init, *name);
  }

  Status pick_profiles(const Cycle& cycle, View base, ProfileList& next) const {
    return decode_first_ ? behind_decode(cycle, base, next) : before_decode(cycle, base, next);
  }

  Status process_results(const Cycle& cycle, View base, Outcome& outcome) const {
    const auto decoded = find(cycle, decode_);
    if (!decoded) return SHUNT_OK;  // nothing has run: the host says so
    outcome.choose(*decoded);
    const bool dispatched = cycle.results()[*decoded].succeeded();
    const bool prefills = dispatched && stage_succeeded(cycle, prefill_);
    const bool encodes = dispatched && stage_succeeded(cycle, encode_);
    if (dispatched) outcome.reason(words(prefills, encodes));
    // Also where there is no such stage: what a client sends under these names must not reach the side-car.
    if (const Status status = tell(cycle, base, kPrefillHeader, prefills ? prefill_ : SHUNT_NONE, 1); status < 0) {
      return status;
    }
    return tell(cycle, base, kEncodeHeader, encodes ? encode_ : SHUNT_NONE, base.size());
  }

 private:
  static std::optional<std::string> decider_name(Init& init, std::string_view stage) {
    const auto named = init.parameter("deciders")[stage];
    return named.exists() ? std::optional(named.text("")) : std::nullopt;
  }

  static std::uint32_t profile(Init& init, std::string_view stage, bool required) {
    const std::string name = init.parameter("profiles")[stage].text(std::string(stage));
    const std::uint32_t index = init.profile(name);
    if (index == SHUNT_NONE && required) {
      throw Error("parameter /profiles/" + std::string(stage) + ": \"" + name + "\" is no scheduling profile");
    }
    return index;
  }

  // Index of the stage's result.
  static std::optional<std::size_t> find(const Cycle& cycle, std::uint32_t profile) {
    const auto results = cycle.results();
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i].profile() == profile) return i;
    }
    return std::nullopt;
  }

  static bool stage_succeeded(const Cycle& cycle, std::uint32_t profile) {
    const auto found = profile == SHUNT_NONE ? std::nullopt : find(cycle, profile);
    return found && cycle.results()[*found].succeeded();
  }

  // Each decider is asked at most once: a round that names nothing is the last one.
  Status behind_decode(const Cycle& cycle, View base, ProfileList& next) const {
    if (cycle.results().empty()) {
      next.add(decode_);
      return SHUNT_OK;
    }
    const Result first = cycle.results()[0];
    if (!first.succeeded()) return SHUNT_OK;
    bool wanted = false;
    if (cycle.results().size() == 1) {
      if (const Status status = ask(encode_decider_, cycle, wanted); status < 0) return status;
      if (wanted) return run(encode_, cycle, base, next);
    }
    if (find(cycle, prefill_)) return SHUNT_OK;
    if (const Status status = ask(prefill_decider_, cycle, wanted); status < 0) return status;
    return wanted ? run(prefill_, cycle, base, next) : SHUNT_OK;
  }

  Status before_decode(const Cycle& cycle, View base, ProfileList& next) const {
    if (find(cycle, decode_)) return SHUNT_OK;
    if (cycle.results().empty() && prefill_ != SHUNT_NONE) return run(prefill_, cycle, base, next);
    if (!encode_decider_ || find(cycle, encode_)) return run(decode_, cycle, base, next);
    bool wanted = false;
    if (const Status status = ask(encode_decider_, cycle, wanted); status < 0) return status;
    return run(wanted ? encode_ : decode_, cycle, base, next);
  }

  static Status ask(const std::optional<Decider>& decider, const Cycle& cycle, bool& wanted) {
    wanted = false;
    if (!decider) return SHUNT_OK;
    std::optional<bool> answer;
    const Status status = decider->ask(cycle, answer);
    wanted = answer.value_or(false);
    return status;
  }

  // Names the next stage, and tells its plugins where the first one is: the one that hands the KV cache over or takes it. An
  // encoder does neither.
  Status run(std::uint32_t profile, const Cycle& cycle, View base, ProfileList& next) const {
    next.add(profile);
    const auto first = find(cycle, decode_first_ ? decode_ : prefill_);
    if (!first || !cycle.results()[*first].succeeded()) return SHUNT_OK;
    return peer_.set(cycle, {base.key(cycle.results()[*first].picks()[0])});
  }

  static std::string_view words(bool prefills, bool encodes) {
    if (prefills) return encodes ? "encode, prefill and decode apart" : "prefill and decode apart";
    return encodes ? "encode and decode apart" : "decode only";
  }

  // The addresses of the first `most` picks of a stage, separated by commas; takes the header away where there is none.
  Status tell(const Cycle& cycle, View base, std::string_view header, std::uint32_t profile, std::size_t most) const {
    const auto found = profile == SHUNT_NONE ? std::nullopt : find(cycle, profile);
    if (!found) return sdk::remove_request_header(cycle, header);
    const auto addresses = address_(base);
    const std::span<const std::uint32_t> picks = cycle.results()[*found].picks();
    const std::span<const std::uint32_t> rows = picks.first(std::min(most, picks.size()));
    std::size_t length = 0;
    for (const std::uint32_t row : rows) length += text_of(cycle, addresses, row).size() + 1;
    const std::span<char> text = cycle.allocate<char>(length);
    if (text.size() != length) return cycle.fail("no memory for a header", SHUNT_OUT_OF_MEMORY);
    char* end = text.data();
    for (const std::uint32_t row : rows) {
      const std::string_view one = text_of(cycle, addresses, row);
      if (one.empty()) continue;
      if (end != text.data()) *end++ = ',';
      end = std::copy(one.begin(), one.end(), end);
    }
    if (end == text.data()) return sdk::remove_request_header(cycle, header);
    return sdk::set_request_header(cycle, header, {text.data(), static_cast<std::size_t>(end - text.data())});
  }

  template <class Addresses>
  static std::string_view text_of(const Cycle& cycle, const Addresses& addresses, std::uint32_t row) {
    return addresses.has(row) ? cycle.symbol_text(addresses[row]) : std::string_view();
  }

  bool decode_first_;
  std::uint32_t decode_;
  std::uint32_t prefill_;
  std::uint32_t encode_;
  OutputValue<EndpointKey> peer_;
  Column<Symbol> address_;
  std::optional<Decider> prefill_decider_;
  std::optional<Decider> encode_decider_;
};

}  // namespace
}  // namespace shunt::disagg

SHUNT_LIBRARY(shunt::disagg::DisaggProfileHandler, shunt::disagg::AlwaysPrefillDecider,
              shunt::disagg::MultimodalDecider, shunt::disagg::PrefixBasedPrefillDecider)
