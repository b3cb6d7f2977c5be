// SPDX-License-Identifier: Apache-2.0
#include "admin/pool_view.hpp"

#include <shunt/framework/config.hpp>
#include <shunt/framework/live_counters.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>

namespace shunt::host {

namespace json = boost::json;

namespace {

// A set that is longer is cut: it is for people.
constexpr std::size_t kMostMembers = 256;

double milliseconds(std::int64_t nanoseconds) { return std::round(static_cast<double>(nanoseconds) / 1e3) / 1e3; }

std::span<const Symbol> members(const Snapshot::Column& column, std::uint32_t row) {
  const auto& set = static_cast<const shunt_set_row*>(column.data)[row];
  return {column.pool + set.begin, set.end - set.begin};
}

json::value cell(const Snapshot::Column& column, std::uint32_t row) {
  switch (column.type) {
    case AttributeType::Number: return static_cast<const double*>(column.data)[row];
    case AttributeType::Flag: return static_cast<const std::uint8_t*>(column.data)[row] != 0;
    case AttributeType::Name:
      return json::string(SymbolTable::process().text(static_cast<const Symbol*>(column.data)[row]));
    case AttributeType::Set: break;
  }
  json::array out;
  const auto all = members(column, row);
  for (const Symbol symbol : all.first(std::min(all.size(), kMostMembers))) {
    out.emplace_back(json::string(SymbolTable::process().text(symbol)));
  }
  return out;
}

bool has_value(const Snapshot::Column& column, std::uint32_t row) {
  return !column.absent && column.data != nullptr && (column.valid == nullptr || column.valid[row] != 0);
}

std::optional<double> number(const Snapshot& snapshot, std::string_view attribute, std::uint32_t row) {
  const auto id = snapshot.attributes()->find(attribute);
  const Snapshot::Column* column = id ? snapshot.column(*id) : nullptr;
  if (column == nullptr || column->type != AttributeType::Number || !has_value(*column, row)) return std::nullopt;
  return column->numbers(snapshot.size())[row];
}

json::object attributes_of(const Snapshot& snapshot, std::uint32_t row, std::int64_t now_ns, std::int64_t& oldest_ns) {
  json::object out;
  for (AttributeId id = 0; id < snapshot.attributes()->size(); ++id) {
    const Snapshot::Column* column = snapshot.column(id);
    if (column == nullptr || !has_value(*column, row)) continue;
    out[snapshot.attributes()->name(id)] = cell(*column, row);
    const bool dated = column->as_of_ns != nullptr && column->as_of_ns[row] != std::numeric_limits<std::int64_t>::max();
    if (dated) oldest_ns = std::max(oldest_ns, now_ns - column->as_of_ns[row]);
  }
  return out;
}

json::array sources_array(std::span<const DiscoveryStatus> sources, std::int64_t now_ns) {
  json::array out;
  for (const DiscoveryStatus& source : sources) {
    json::object one{{"source", source.source},       {"good", source.good},       {"problem", source.problem},
                     {"endpoints", source.endpoints}, {"skipped", source.skipped}, {"failures", source.failures}};
    one["age_ms"] = source.last_good_ns == 0 ? json::value(nullptr) : milliseconds(now_ns - source.last_good_ns);
    out.push_back(std::move(one));
  }
  return out;
}

const EndpointStatus* status_of(const PoolPicture& picture, std::uint32_t row) {
  const bool known = picture.statuses != nullptr && row < picture.statuses->size();
  return known ? &(*picture.statuses)[row] : nullptr;
}

json::value or_null(std::optional<double> value) { return value ? json::value(*value) : json::value(nullptr); }

}  // namespace

bool is_routable(const PoolPicture& picture, std::uint32_t row) {
  return !picture.routable ||
         std::ranges::find(*picture.routable, picture.snapshot->keys()[row]) != picture.routable->end();
}

json::object endpoints_view(const PoolPicture& picture, std::span<const DiscoveryStatus> sources, std::int64_t now_ns) {
  const Snapshot& snapshot = *picture.snapshot;
  json::array endpoints;
  for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
    json::object out{{"name", snapshot.name(row)}, {"address", snapshot.address(row)}};
    if (const EndpointStatus* known = status_of(picture, row)) {
      const EndpointStatus& status = *known;
      out["source"] = status.source;
      out["health"] = to_string(status.health);
      if (!status.problem.empty()) out["problem"] = status.problem;
      out["fetches"] = status.fetches;
      out["fetch_failures"] = status.fetch_failures;
      out["fetch_age_ms"] =
          status.last_fetch_ns == 0 ? json::value(nullptr) : milliseconds(now_ns - status.last_fetch_ns);
    }
    out["routable"] = is_routable(picture, row);
    out["in_flight"] = snapshot.live().in_flight(snapshot.live_slot(row));
    out["in_flight_tokens"] = snapshot.live().in_flight_tokens(snapshot.live_slot(row));
    std::int64_t oldest_ns = 0;
    out["attributes"] = attributes_of(snapshot, row, now_ns, oldest_ns);
    out["oldest_value_ms"] = milliseconds(oldest_ns);
    endpoints.push_back(std::move(out));
  }
  return {{"snapshot", snapshot.version()},
          {"sources", sources_array(sources, now_ns)},
          {"endpoints", std::move(endpoints)}};
}

json::object endpoint_rows_view(const PoolPicture& picture, std::int64_t now_ns) {
  const Snapshot& snapshot = *picture.snapshot;
  json::array rows;
  for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
    const EndpointStatus* known = status_of(picture, row);
    const EndpointStatus status = known != nullptr ? *known : EndpointStatus{};
    const std::uint32_t slot = snapshot.live_slot(row);
    rows.push_back(json::array{
        snapshot.name(row), snapshot.address(row), to_string(status.health), status.problem, is_routable(picture, row),
        snapshot.live().in_flight(slot), snapshot.live().in_flight_tokens(slot),
        or_null(number(snapshot, "queue", row)), or_null(number(snapshot, "running", row)),
        or_null(number(snapshot, "kv_cache_usage", row)), or_null(number(snapshot, "max_concurrency", row)),
        status.last_fetch_ns == 0 ? json::value(nullptr) : json::value(milliseconds(now_ns - status.last_fetch_ns))});
  }
  return {{"snapshot", snapshot.version()},
          {"columns", json::array{"name", "address", "health", "problem", "routable", "in_flight", "in_flight_tokens",
                                  "queue", "running", "kv_cache_usage", "max_concurrency", "fetch_age_ms"}},
          {"rows", std::move(rows)}};
}

json::object models_view(const Generation& generation, const PoolPicture& picture) {
  struct Serving {
    std::uint64_t can = 0;
    std::uint64_t active = 0;
    bool configured = false;
  };
  std::map<std::string, Serving> models;
  for (const ModelConfig& model : generation.config().models) models[model.id].configured = true;
  const Snapshot& snapshot = *picture.snapshot;
  const auto count = [&](std::string_view attribute, std::uint64_t Serving::*member) {
    const auto id = snapshot.attributes()->find(attribute);
    const Snapshot::Column* column = id ? snapshot.column(*id) : nullptr;
    if (column == nullptr || column->type != AttributeType::Set) return;
    for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
      if (!has_value(*column, row)) continue;
      for (const Symbol symbol : members(*column, row)) {
        ++(models[std::string(SymbolTable::process().text(symbol))].*member);
      }
    }
  };
  count("models", &Serving::can);
  count("active_models", &Serving::active);
  json::array out;
  for (const auto& [name, serving] : models) {
    out.push_back(json::object{
        {"id", name}, {"configured", serving.configured}, {"endpoints", serving.can}, {"active_on", serving.active}});
  }
  return {{"models", std::move(out)}};
}

}  // namespace shunt::host
