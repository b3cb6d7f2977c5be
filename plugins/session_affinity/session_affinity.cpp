// SPDX-License-Identifier: Apache-2.0
// session-affinity-filter and session-affinity-scorer: requests of one session go to the endpoint that served it before.
#include "endpoint_token.hpp"
#include "session_bindings.hpp"
#include "session_source.hpp"

#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>
#include <shunt/sdk/notes.hpp>
#include <shunt/sdk/observer.hpp>
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

namespace session_affinity {

namespace sdk = shunt::sdk;

// What both types do: find the endpoint that a request's session is pinned to, and pin sessions when decisions are made.
class SessionAffinity {
 public:
  // Pins the session of a dispatched request to the first pick.
  void picked(const sdk::Cycle& cycle, sdk::View base, const sdk::Decision& decision) const {
    const std::optional<std::uint32_t> row = target(base, decision);
    if (!row) return;
    if (bindings_) {
      bind(cycle, base, *row);
    } else {
      hand_out_token(cycle, base, *row);
    }
  }

 protected:
  explicit SessionAffinity(sdk::Init& init)
      : header_(lower_case(init.parameter("encodedEndpointHeaderConfig")["header"].text("x-session-token"))),
        source_(init),
        profile_(profile(init)),
        stale_(init.counter("stale_bindings_total",
                            "Requests whose session is pinned to an endpoint that is no candidate")),
        evicted_(init.counter("evicted_sessions_total", "Live sessions that gave way to others, for want of room")),
        dropped_(init.counter("dropped_sessions_total",
                              "Sessions that were not bound, because others were at that moment")) {
    if (init.parameter("strategy").text("encoded_endpoint_header") == "session_id") {
      const sdk::Parameter config = init.parameter("sessionIdConfig");
      bindings_ = std::make_unique<SessionBindings>(
          static_cast<std::size_t>(std::clamp(config["maxSessions"].number(131072), 16.0, 16777216.0)),
          static_cast<std::int64_t>(std::clamp(config["evictionTtlSeconds"].number(300), 0.0, 1e9) * 1e9));
    } else {
      name_ = init.optional_column<sdk::Symbol>("endpoint:name");
    }
  }

  // Row of the endpoint that the request's session is pinned to, where it is a candidate.
  std::optional<std::uint32_t> pinned(const sdk::Cycle& cycle, sdk::View view) const noexcept {
    if (!bindings_) return token_row(cycle, view);
    const std::uint64_t endpoint = bound_endpoint(cycle);
    if (endpoint == 0) return std::nullopt;
    const std::optional<std::uint32_t> row = view.find(endpoint);
    if (!row) cycle.metric_add(stale_);
    return row;
  }

 private:
  static std::uint32_t profile(sdk::Init& init) {
    const std::string name = init.parameter("profileName").text("");
    if (name.empty()) return SHUNT_NONE;
    const std::uint32_t index = init.profile(name);
    if (index == SHUNT_NONE) throw sdk::Error("parameter /profileName: there is no profile \"" + name + "\"");
    return index;
  }

  std::optional<std::uint32_t> token_row(const sdk::Cycle& cycle, sdk::View view) const noexcept {
    const auto token = cycle.request().header(header_);
    std::array<char, kMaximumName> text;
    const std::string_view name = token ? decode_token(*token, text) : std::string_view();
    const std::string_view short_name = without_default_namespace(name);
    if (short_name.empty()) return std::nullopt;
    std::optional<std::uint32_t> row = view.find(cycle.endpoint_key(short_name));
    // An endpoints file may name the namespace "default" in full.
    if (!row && short_name.size() != name.size()) row = view.find(cycle.endpoint_key(name));
    if (!row) cycle.metric_add(stale_);
    return row;
  }

  std::uint64_t bound_endpoint(const sdk::Cycle& cycle) const noexcept {
    const std::string_view id = source_(cycle);
    return id.empty() ? 0 : bindings_->find(cycle.hash(id), cycle.now_ns());
  }

  // Base row of the pick that counts: of the named profile, else of the primary one.
  std::optional<std::uint32_t> target(sdk::View base, const sdk::Decision& decision) const noexcept {
    if (!decision.dispatched()) return std::nullopt;
    std::optional<std::uint32_t> row;
    const sdk::Results results = decision.results();
    for (std::size_t i = 0; i < results.size(); ++i) {
      const sdk::Result result = results[i];
      const bool counts = profile_ == SHUNT_NONE ? i == decision.primary_result() : result.profile() == profile_;
      if (counts && result.succeeded() && !result.picks().empty()) row = result.picks().front();
    }
    if (row && *row >= base.size()) return std::nullopt;
    return row;
  }

  void bind(const sdk::Cycle& cycle, sdk::View base, std::uint32_t row) const noexcept {
    const std::string_view id = source_(cycle);
    if (id.empty()) return;
    const std::uint64_t session = cycle.hash(id);
    const std::uint64_t endpoint = bindings_->find(session, cycle.now_ns());
    if (endpoint != 0 && !is_gone(cycle, base, endpoint)) return;
    switch (bindings_->bind(session, base.key(row), cycle.now_ns())) {
      case Bound::Kept: break;
      case Bound::Evicted: cycle.metric_add(evicted_); break;
      case Bound::Dropped: cycle.metric_add(dropped_); break;
    }
  }

  // An endpoint that was left out for this request only, because it has just failed, is still there.
  static bool is_gone(const sdk::Cycle& cycle, sdk::View base, std::uint64_t endpoint) noexcept {
    const shunt_request& request = cycle.request().raw();
    const std::span<const std::uint64_t> excluded(request.excluded, request.n_excluded);
    return !base.find(endpoint) && std::find(excluded.begin(), excluded.end(), endpoint) == excluded.end();
  }

  void hand_out_token(const sdk::Cycle& cycle, sdk::View base, std::uint32_t row) const noexcept {
    const auto names = name_(base);
    if (!names.has(row)) return;
    std::array<char, kMaximumToken> text;
    const std::string_view token = encode_token(cycle.symbol_text(names[row]), text);
    if (!token.empty()) (void)sdk::set_response_header(cycle, header_, token);
  }

  std::string header_;
  SessionSource source_;
  std::uint32_t profile_;
  shunt_metric* stale_;
  shunt_metric* evicted_;
  shunt_metric* dropped_;
  sdk::Column<sdk::Symbol> name_;              // strategy encoded_endpoint_header
  std::unique_ptr<SessionBindings> bindings_;  // strategy session_id, else null
};

class SessionAffinityFilter : public SessionAffinity {
 public:
  SHUNT_PLUGIN("session-affinity-filter", "1.0.0", "Keeps the endpoint that the request's session is pinned to")
  static constexpr std::string_view kParametersSchema = session_affinity::kParametersSchema;
  explicit SessionAffinityFilter(sdk::Init& init) : SessionAffinity(init) {}

  void filter(const sdk::Cycle& cycle, sdk::View view, std::span<std::uint8_t> keep) const {
    const auto row = pinned(cycle, view);
    if (!row) return;
    std::fill(keep.begin(), keep.end(), std::uint8_t{0});
    keep[*row] = 1;
  }

  void explain(const sdk::Cycle& cycle, sdk::View view, std::string_view, std::span<shunt_str> reason) const {
    const auto row = pinned(cycle, view);
    if (!row) return;
    std::fill(reason.begin(), reason.end(), sdk::to_abi("session is pinned to another endpoint"));
    reason[*row] = {};
  }
};

class SessionAffinityScorer : public SessionAffinity {
 public:
  SHUNT_PLUGIN("session-affinity-scorer", "1.0.0", "Prefers the endpoint that the request's session is pinned to")
  static constexpr std::string_view kParametersSchema = session_affinity::kParametersSchema;
  explicit SessionAffinityScorer(sdk::Init& init) : SessionAffinity(init) {}

  void score(const sdk::Cycle& cycle, sdk::View view, std::span<double> score) const {
    shunt_fill(score.data(), score.size(), 0.0);
    if (const auto row = pinned(cycle, view)) score[*row] = 1.0;
  }
};

}  // namespace session_affinity

using session_affinity::SessionAffinityFilter;
using session_affinity::SessionAffinityScorer;
SHUNT_LIBRARY(SessionAffinityFilter, SessionAffinityScorer)
