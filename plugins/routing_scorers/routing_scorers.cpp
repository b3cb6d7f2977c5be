// SPDX-License-Identifier: Apache-2.0
// Scorers that keep what belongs together in one place: a user at an endpoint, a user's model at an endpoint, and a request
// near the endpoint that it prefers.
#include "user_memory.hpp"

#include <shunt/sdk/observer.hpp>
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <limits>
#include <optional>

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
  void remember(const Cycle& cycle, View base, const Decision& decision) const {
    const std::string_view user = cycle.request().user();
    if (user.empty() || !decision.dispatched() || decision.primary_result() >= decision.results().size()) return;
    const shunt::sdk::Result result = decision.results()[decision.primary_result()];
    if (result.picks().empty() || result.picks().front() >= base.size()) return;
    memory_.remember(cycle.hash(user), base.key(result.picks().front()), cycle.now_ns());
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
        last_(init) {}

  Status score(const Cycle& cycle, View view, std::span<double> score) const {
    const View base = cycle.base();
    const std::optional<std::uint32_t> preferred = preferred_row(cycle, base);
    if (!preferred) return SHUNT_SKIP;
    const Symbol at_machine = place_of(machine_(base)[*preferred]);
    const Symbol at_rack = place_of(rack_(base)[*preferred]);
    const Symbol* const machine = machine_(view).data();
    const Symbol* const rack = rack_(view).data();
    for (std::size_t i = 0; i < score.size(); ++i) {
      score[i] = kNear[(machine[i] == at_machine ? 2u : 0u) + (rack[i] == at_rack ? 1u : 0u)];
    }
    const std::span<const Symbol> peers = peers_(base).members(*preferred);
    const auto name = name_(view);
    for (std::size_t i = 0; !peers.empty() && i < score.size(); ++i) {
      if (machine[i] == at_machine && std::find(peers.begin(), peers.end(), name[i]) != peers.end()) score[i] = 1.0;
    }
    if (const auto row = view.find(base.key(*preferred))) score[*row] = 1.0;
    return SHUNT_OK;
  }
  void picked(const Cycle& cycle, View base, const Decision& decision) const { last_.remember(cycle, base, decision); }

 private:
  // Neither the same machine nor the same rack, the rack, the machine, both. A table spares the branches.
  static constexpr double kNear[] = {0.01, 0.1, 0.5, 0.5};

  // Nobody is at a place that is not known.
  static Symbol place_of(Symbol place) { return place != 0 ? place : std::numeric_limits<Symbol>::max(); }

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
