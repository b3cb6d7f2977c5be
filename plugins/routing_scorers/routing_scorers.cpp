// SPDX-License-Identifier: Apache-2.0
// Scorers that keep what belongs together in one place: a user at an endpoint, a user's model at an endpoint, and a request
// near the endpoint that it prefers.
#include "user_memory.hpp"

#include <shunt/sdk/observer.hpp>
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace routing_scorers {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Decision;
using shunt::sdk::Init;
using shunt::sdk::Set;
using shunt::sdk::Status;
using shunt::sdk::Symbol;
using shunt::sdk::View;

constexpr std::string_view kMemorySchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "maxUsers": {
      "type": "integer", "minimum": 1, "maximum": 16777216, "default": 65536,
      "description": "Users whose last endpoint is remembered"
    }
  }
})";

// Where users were sent last, kept up to date by decisions.
class LastEndpoints {
 public:
  explicit LastEndpoints(Init& init) : memory_(static_cast<std::size_t>(init.parameter("maxUsers").number(65536))) {}

  // The mark of the endpoint; 0 when there is no user, or none is remembered.
  std::uint32_t of(const Cycle& cycle) const {
    const std::string_view user = cycle.request().user();
    return user.empty() ? 0 : memory_.find(cycle.hash(user));
  }
  // Returns the row of the endpoint that is remembered.
  std::optional<std::uint32_t> remember(const Cycle& cycle, View base, const Decision& decision) const {
    const std::string_view user = cycle.request().user();
    if (user.empty() || !decision.dispatched() || decision.primary_result() >= decision.results().size()) {
      return std::nullopt;
    }
    const shunt::sdk::Result result = decision.results()[decision.primary_result()];
    if (result.picks().empty() || result.picks().front() >= base.size()) return std::nullopt;
    const std::uint32_t row = result.picks().front();
    memory_.remember(cycle.hash(user), base.key(row), cycle.now_ns());
    return row;
  }

 private:
  mutable UserMemory memory_;
};

class UserAffinityScorer {
 public:
  SHUNT_PLUGIN("user-affinity-scorer", "1.0.0", "Prefers the endpoint that the user was sent to last")
  static constexpr std::string_view kParametersSchema = kMemorySchema;

  explicit UserAffinityScorer(Init& init) : last_(init) {}

  Status score(const Cycle& cycle, View view, std::span<double> score) const {
    const std::uint32_t mark = last_.of(cycle);
    if (mark == 0) return SHUNT_SKIP;
    shunt_fill(score.data(), score.size(), 0.0);
    for (std::size_t i = 0; i < score.size(); ++i) {
      if (UserMemory::mark(view.key(i)) == mark) score[i] = 1.0;
    }
    return SHUNT_OK;
  }
  void picked(const Cycle& cycle, View base, const Decision& decision) const { last_.remember(cycle, base, decision); }

 private:
  LastEndpoints last_;
};

// Rendezvous hashing: every endpoint draws a number for this user and model, and the highest wins.
class LocalityScorer {
 public:
  SHUNT_PLUGIN("locality-scorer", "1.0.0", "Gives each user and model an endpoint of its own, by rendezvous hashing")

  explicit LocalityScorer(Init&) {}

  Status score(const Cycle& cycle, View view, std::span<double> score) const {
    const shunt::sdk::Request request = cycle.request();
    if (request.user().empty()) return SHUNT_SKIP;
    const std::uint64_t seed = cycle.hash(request.user(), cycle.hash(request.target_model()));
    for (std::size_t i = 0; i < score.size(); ++i) score[i] = shunt_draw_unit(seed, view.key(i));
    return SHUNT_OK;
  }
};

class TopologyScorer {
 public:
  SHUNT_PLUGIN("topology-scorer", "1.0.0",
               "Prefers endpoints near the one that the request prefers, or its user had last")
  static constexpr std::string_view kReads[] = {"machine", "rack", "nvlink_peers", "endpoint:name"};
  static constexpr std::string_view kParametersSchema = kMemorySchema;

  explicit TopologyScorer(Init& init)
      : machine_(init.optional_column<Symbol>("machine")),
        rack_(init.optional_column<Symbol>("rack")),
        peers_(init.optional_column<Set>("nvlink_peers")),
        name_(init.optional_column<Symbol>("endpoint:name")),
        last_(init) {
    init.request_state(sizeof(SeenPlace));
  }

  Status score(const Cycle& cycle, View view, std::span<double> score) const {
    const View base = cycle.base();
    const std::optional<std::uint32_t> preferred = preferred_row(cycle, base);
    const std::optional<Place> place = preferred ? place_of(base, *preferred) : seen_before(cycle);
    if (!place) return SHUNT_SKIP;
    const Symbol at_machine = known_or_nowhere(place->machine);
    const Symbol at_rack = known_or_nowhere(place->rack);
    const Symbol* const machine = machine_(view).data();
    const Symbol* const rack = rack_(view).data();
    for (std::size_t i = 0; i < score.size(); ++i) {
      score[i] = kNear[(machine[i] == at_machine ? 2u : 0u) + (rack[i] == at_rack ? 1u : 0u)];
    }
    const auto name = name_(view);
    for (std::size_t i = 0; !place->peers.empty() && i < score.size(); ++i) {
      if (machine[i] != at_machine) continue;
      if (std::find(place->peers.begin(), place->peers.end(), name[i]) != place->peers.end()) score[i] = 1.0;
    }
    if (const auto row = view.find(place->endpoint)) score[*row] = 1.0;
    return SHUNT_OK;
  }
  void picked(const Cycle& cycle, View base, const Decision& decision) const {
    const std::optional<std::uint32_t> last = last_.remember(cycle, base, decision);
    // What the next attempt prefers, should this one fail; that endpoint may be left out of it then.
    const auto asked_for = cycle.request().preferred_endpoint();
    if (const auto row = asked_for ? base.find(*asked_for) : last) {
      static_cast<SeenPlace*>(cycle.request_state())->keep(place_of(base, *row));
    }
  }

 private:
  // Neither the same machine nor the same rack, the rack, the machine, both. A table spares the branches.
  static constexpr double kNear[] = {0.01, 0.1, 0.5, 0.5};

  // Nobody is at a place that is not known.
  static Symbol known_or_nowhere(Symbol place) { return place != 0 ? place : std::numeric_limits<Symbol>::max(); }

  // Where an endpoint is.
  struct Place {
    std::uint64_t endpoint;
    Symbol machine;  // 0: nobody knows
    Symbol rack;
    std::span<const Symbol> peers;
  };
  // The same, for later calls. All zero: nothing.
  struct SeenPlace {
    std::uint64_t endpoint;
    Symbol machine;
    Symbol rack;
    std::uint32_t n_peers;
    std::array<Symbol, 64> peers;  // further ones are left out

    void keep(const Place& place) {
      endpoint = place.endpoint;
      machine = place.machine;
      rack = place.rack;
      n_peers = static_cast<std::uint32_t>(std::min(place.peers.size(), peers.size()));
      std::copy_n(place.peers.begin(), n_peers, peers.begin());
    }
  };

  Place place_of(View base, std::uint32_t row) const {
    return {base.key(row), machine_(base)[row], rack_(base)[row], peers_(base).members(row)};
  }
  // Where the preferred endpoint was at an earlier attempt of this request.
  std::optional<Place> seen_before(const Cycle& cycle) const {
    const SeenPlace& seen = *static_cast<const SeenPlace*>(cycle.request_state());
    if (seen.endpoint == 0) return std::nullopt;
    const auto preferred = cycle.request().preferred_endpoint();
    const bool same = preferred ? seen.endpoint == *preferred : UserMemory::mark(seen.endpoint) == last_.of(cycle);
    if (!same) return std::nullopt;
    return Place{seen.endpoint, seen.machine, seen.rack, {seen.peers.data(), seen.n_peers}};
  }
  std::optional<std::uint32_t> preferred_row(const Cycle& cycle, View base) const {
    if (const auto key = cycle.request().preferred_endpoint()) return base.find(*key);
    const std::uint32_t mark = last_.of(cycle);
    for (std::uint32_t row = 0; mark != 0 && row < base.size(); ++row) {
      if (UserMemory::mark(base.key(row)) == mark) return row;
    }
    return std::nullopt;
  }

  Column<Symbol> machine_;
  Column<Symbol> rack_;
  Column<Set> peers_;
  Column<Symbol> name_;
  LastEndpoints last_;
};

}  // namespace routing_scorers

using routing_scorers::LocalityScorer;
using routing_scorers::TopologyScorer;
using routing_scorers::UserAffinityScorer;
SHUNT_LIBRARY(UserAffinityScorer, LocalityScorer, TopologyScorer)
