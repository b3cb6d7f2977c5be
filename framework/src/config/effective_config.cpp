// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/json/value.hpp>
#include <cmath>
#include <shunt/framework/config.hpp>
#include <utility>

#include "config_keys.hpp"

namespace shunt {

namespace json = boost::json;

namespace {

// Whole numbers are written without a fraction, as people do.
json::value plain(double number) {
  constexpr double kExact = 9007199254740992.0;
  if (std::trunc(number) == number && std::abs(number) <= kExact) return static_cast<std::int64_t>(number);
  return number;
}

void add_on_error(OnError on_error, json::object& out) {
  if (on_error != OnError::Default) out["onError"] = config_keys::kOnError[on_error == OnError::Fail ? 0 : 1];
}

// The short form where there is no digest.
json::array libraries(const Config& config) {
  json::array out;
  for (const LibraryConfig& library : config.libraries) {
    if (library.sha256.empty()) {
      out.emplace_back(library.path);
    } else {
      out.push_back(json::object{{"path", library.path}, {"sha256", library.sha256}});
    }
  }
  return out;
}

// Everything, or what somebody wrote.
enum class Extent { All, Written };

json::array plugins(const Config& config, Extent extent) {
  json::array out;
  for (const PluginConfig& plugin : config.plugins) {
    json::object one{{"type", plugin.type}, {"name", plugin.name}, {"parameters", plugin.effective_parameters}};
    if (extent == Extent::Written) {
      if (plugin.injected) continue;
      one["parameters"] = plugin.parameters;
      if (plugin.parameters == json::value(json::object())) one.erase("parameters");
      if (plugin.name == plugin.type) one.erase("name");
    }
    add_on_error(plugin.on_error, one);
    if (plugin.state != StatePolicy::BestEffort) {
      one["state"] = config_keys::kStatePolicies[static_cast<std::size_t>(plugin.state)];
    }
    out.push_back(std::move(one));
  }
  return out;
}

// The weight is written for pickers and filters too: 1 says the same as nothing.
json::array profiles(const Config& config, Extent extent) {
  json::array out;
  for (const ProfileConfig& profile : config.profiles) {
    if (extent == Extent::Written && profile.injected) continue;
    json::array references;
    for (const PluginReference& reference : profile.plugins) {
      if (extent == Extent::Written && reference.injected) continue;
      json::object one{{"pluginRef", reference.plugin}, {"weight", plain(reference.weight)}};
      if (extent == Extent::Written && !reference.weight_written) one.erase("weight");
      add_on_error(reference.on_error, one);
      references.push_back(std::move(one));
    }
    json::object one{{"name", profile.name}, {"plugins", std::move(references)}};
    if (profile.is_shadow()) {
      json::object shadow{{"every", profile.shadow_every}};
      if (!profile.shadow_of.empty()) shadow["of"] = profile.shadow_of;
      one["shadow"] = std::move(shadow);
    }
    out.push_back(std::move(one));
  }
  return out;
}

json::object models(const Config& config) {
  json::object out;
  for (const ModelConfig& model : config.models) {
    json::object one = model.raw;  // the typed fields win: they hold words and defaults as numbers
    one["concurrencyLimit"] = model.concurrency_limit;
    one["pinned"] = model.pinned;
    one["bytes"] = model.bytes;
    one["loadCostMs"] = plain(model.load_cost_ms);
    one["priority"] = model.priority;
    out.emplace(model.id, std::move(one));
  }
  return out;
}

json::object routing(const RoutingConfig& config) {
  json::object scheduler{{"use", config_keys::kSchedulers[config.scheduler == SwapOrder::Fifo ? 0 : 1]}};
  if (!config.fifo_priority.empty()) {
    json::object priorities;
    for (const auto& [id, priority] : config.fifo_priority) priorities[id] = priority;
    scheduler["settings"] = json::object{{"fifo", json::object{{"priority", std::move(priorities)}}}};
  }
  json::object out{{"scheduler", std::move(scheduler)}};
  if (!config.swapper.empty()) out["swapper"] = json::object{{"pluginRef", config.swapper}};
  return out;
}

json::object limits(const LimitsConfig& config) {
  const BreakerBounds& breaker = config.breaker;
  return {{"handlerRounds", config.handler_rounds},
          {"pluginBudgetMicroseconds", config.plugin_budget_microseconds},
          {"pluginHangMilliseconds", config.plugin_hang_milliseconds},
          {"controlHangMilliseconds", config.control_hang_milliseconds},
          {"breaker", json::object{{"enabled", breaker.enabled},
                                   {"calls", breaker.calls},
                                   {"failedPercent", breaker.failed_percent},
                                   {"slowPercent", breaker.slow_percent},
                                   {"openMilliseconds", breaker.open_milliseconds},
                                   {"probes", breaker.probes}}}};
}

// What is empty is left out where leaving it out means the same when the result is read again.
json::object tree(const Config& config, Extent extent) {
  json::object out{{"apiVersion", config_keys::kApiVersion}, {"kind", config_keys::kKind}};
  if (config.libraries_written) out["libraries"] = libraries(config);
  if (!config.plugin_dirs.empty())
    out["pluginDirs"] = json::array(config.plugin_dirs.begin(), config.plugin_dirs.end());
  if (!config.attributes.empty()) {
    json::object attributes;
    for (const AttributeConfig& attribute : config.attributes) {
      attributes[attribute.name] = config_keys::kAttributeTypes[static_cast<std::size_t>(attribute.type)];
    }
    out["attributes"] = std::move(attributes);
  }
  json::array all_plugins = plugins(config, extent);
  if (extent == Extent::All || !all_plugins.empty()) out["plugins"] = std::move(all_plugins);
  if (json::array all_profiles = profiles(config, extent); !all_profiles.empty()) {
    out["schedulingProfiles"] = std::move(all_profiles);
  }
  if (extent == Extent::All || !config.limits.pointer.empty()) out["limits"] = limits(config.limits);
  if (!config.models.empty()) out["models"] = models(config);
  if (config.routing.written ||
      (extent == Extent::All && (!config.models.empty() || !config.routing.swapper.empty()))) {
    out["routing"] = routing(config.routing);
  }
  for (const auto& section : config.host) out[section.key()] = section.value();
  return out;
}

}  // namespace

json::value effective_config(const Config& config) { return tree(config, Extent::All); }

// Limits and models are told in full where there are any: what was left out of them is not known any more.
json::value written_config(const Config& config) { return tree(config, Extent::Written); }

}  // namespace shunt
