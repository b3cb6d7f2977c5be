// SPDX-License-Identifier: Apache-2.0
// topology-affinity-filter and topology-affinity-scorer: endpoints that are near the one that an earlier stage of the request
// was given to, because the KV cache has to travel from one to the other.
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::EndpointKey;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Symbol;
using shunt::sdk::Value;
using shunt::sdk::View;

// Tightest first.
struct Level {
  std::string_view name;  // in parameters
  std::string_view column;
  double score;
};
constexpr std::array<Level, 4> kLevels{
    {{"host", "machine", 1.0}, {"rack", "rack", 0.20}, {"zone", "zone", 0.05}, {"region", "region", 0.02}}};

// A symbol that nobody has.
constexpr Symbol kNobody = UINT32_MAX;

// Where the peer is, by level; kNobody where that is not known.
using Place = std::array<Symbol, kLevels.size()>;

class TopologyAffinity {
 protected:
  explicit TopologyAffinity(Init& init) : peer_(init.value<EndpointKey>("peer_endpoint", SHUNT_OPTIONAL)) {
    const std::string prefix = init.prefix_of("topologyProducerName", "topology-extractor");
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
      columns_[i] = init.optional_column<Symbol>(prefix + std::string(kLevels[i].column));
    }
  }

  // Of the endpoint that was picked before; nothing without one, or where its place is not known at any level.
  std::optional<Place> peer_place(const Cycle& cycle) const noexcept {
    const std::optional<std::uint32_t> row = peer_row(cycle);
    if (!row) return std::nullopt;
    Place place{};
    bool known = false;
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
      const Symbol symbol = columns_[i](cycle.base())[*row];
      known |= symbol != 0;
      place[i] = symbol != 0 ? symbol : kNobody;
    }
    if (!known) return std::nullopt;
    return place;
  }

  // The rows of each level's column.
  std::array<const Symbol*, kLevels.size()> rows(View view) const noexcept {
    std::array<const Symbol*, kLevels.size()> all{};
    for (std::size_t i = 0; i < kLevels.size(); ++i) all[i] = columns_[i](view).data();
    return all;
  }

 private:
  std::optional<std::uint32_t> peer_row(const Cycle& cycle) const noexcept {
    const View base = cycle.base();
    if (const auto published = peer_(cycle)) return base.find(published->key);
    // Without a handler that says so, it is the newest pick of this request.
    const auto results = cycle.results();
    for (std::size_t i = results.size(); i > 0; --i) {
      const auto result = results[i - 1];
      if (!result.succeeded() || result.picks().empty()) continue;
      const std::uint32_t row = result.picks().front();
      if (row < base.size()) return row;
    }
    return std::nullopt;
  }

  Value<EndpointKey> peer_;
  std::array<Column<Symbol>, kLevels.size()> columns_;
};

class TopologyAffinityFilter : public TopologyAffinity {
 public:
  SHUNT_PLUGIN("topology-affinity-filter", "1.0.0",
               "Keeps endpoints near the one that an earlier stage of the request got")
  static constexpr std::string_view kReads[] = {"peer_endpoint"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "minAffinity": {
      "type": "string", "enum": ["host", "rack", "zone", "region"], "default": "host",
      "description": "What an endpoint must share with the peer: this or something tighter"
    },
    "topologyProducerName": {
      "type": "string", "default": "",
      "description": "Instance whose topology is read; empty: the plain columns"
    }
  }
})";

  explicit TopologyAffinityFilter(Init& init) : TopologyAffinity(init) {
    const std::string name = init.parameter("minAffinity").text("host");
    while (levels_ < kLevels.size() && kLevels[levels_].name != name) ++levels_;
    if (levels_ == kLevels.size()) throw Error("parameter /minAffinity must be host, rack, zone or region");
    ++levels_;
  }

  void filter(const Cycle& cycle, View view, std::span<std::uint8_t> keep) const {
    const auto place = peer_place(cycle);
    if (!place) return;
    std::fill(keep.begin(), keep.end(), std::uint8_t{0});
    const auto columns = rows(view);
    for (std::size_t level = 0; level < levels_; ++level) {
      const Symbol* const column = columns[level];
      for (std::size_t i = 0; i < keep.size(); ++i) {
        keep[i] = static_cast<std::uint8_t>(keep[i] | (column[i] == (*place)[level] ? 1 : 0));
      }
    }
    // Near is better, far is better than nowhere.
    if (std::find(keep.begin(), keep.end(), 1) == keep.end()) std::fill(keep.begin(), keep.end(), std::uint8_t{1});
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    const std::span<std::uint8_t> keep = cycle.allocate<std::uint8_t>(reason.size());
    if (keep.size() != reason.size()) return;
    std::fill(keep.begin(), keep.end(), std::uint8_t{1});
    filter(cycle, view, keep);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (keep[i] == 0) reason[i] = shunt::sdk::to_abi("too far from the endpoint of the earlier stage");
    }
  }

 private:
  std::size_t levels_ = 0;  // how many levels, from the tightest on, are near enough
};

class TopologyAffinityScorer : public TopologyAffinity {
 public:
  SHUNT_PLUGIN("topology-affinity-scorer", "1.0.0",
               "Prefers endpoints near the one that an earlier stage of the request got")
  static constexpr std::string_view kReads[] = {"peer_endpoint"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "topologyProducerName": {
      "type": "string", "default": "",
      "description": "Instance whose topology is read; empty: the plain columns"
    }
  }
})";

  explicit TopologyAffinityScorer(Init& init) : TopologyAffinity(init) {}

  void score(const Cycle& cycle, View view, std::span<double> score) const {
    const auto place = peer_place(cycle);
    if (!place) {
      shunt_fill(score.data(), score.size(), 0.0);
      return;
    }
    const auto columns = rows(view);
    for (std::size_t i = 0; i < score.size(); ++i) {
      // Loosest first, so that the tightest has the last word.
      double near = columns[3][i] == (*place)[3] ? kLevels[3].score : 0.0;
      near = columns[2][i] == (*place)[2] ? kLevels[2].score : near;
      near = columns[1][i] == (*place)[1] ? kLevels[1].score : near;
      score[i] = columns[0][i] == (*place)[0] ? kLevels[0].score : near;
    }
  }
};

}  // namespace

SHUNT_LIBRARY(TopologyAffinityFilter, TopologyAffinityScorer)
