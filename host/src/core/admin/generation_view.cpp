// SPDX-License-Identifier: Apache-2.0
#include "admin/generation_view.hpp"

#include <shunt/framework/config.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string_view>

namespace shunt::host {

namespace json = boost::json;

namespace {

const PluginDescription* description_of(const Instance& instance) {
  for (const PluginDescription& plugin : instance.library()->plugins()) {
    if (plugin.type == instance.type()) return &plugin;
  }
  return nullptr;
}

json::array texts(std::span<const std::string> all) {
  json::array out;
  for (const std::string& text : all) out.emplace_back(text);
  return out;
}

json::object plugin_object(const Generation& generation, const Instance& instance,
                           const Scheduler::PluginTotals* total) {
  json::object out{{"name", instance.name()}, {"type", instance.type()}, {"kinds", kinds_of(instance)}};
  if (const PluginDescription* description = description_of(instance)) {
    out["version"] = description->version;
    out["summary"] = description->summary;
    out["stability"] = description->stability;
    out["interfaces"] = texts(description->interfaces);
  }
  if (const PluginConfig* config = generation.config().find_plugin(instance.name())) {
    out["parameters"] = config->effective_parameters;
    out["injected"] = config->injected;
  }
  out["library"] = instance.library()->path().string();
  out["sha256"] = instance.library()->sha256();
  out["state"] = instance.dump != nullptr;
  out["metrics"] = instance.metrics.all().size();
  if (total != nullptr) {
    out["calls"] = total->calls;
    out["seconds"] = total->seconds;
    out["errors"] = total->faults;
    out["over_budget"] = total->slow;
    out["breaker"] =
        json::object{{"state", to_string(total->breaker)}, {"opened", total->opened}, {"skipped", total->skipped}};
  }
  return out;
}

json::object step(std::string_view kind, const Instance& instance) {
  return {{"kind", kind}, {"plugin", instance.name()}, {"type", instance.type()}};
}

json::array steps_of(const Generation& generation, const ProfileConfig& profile) {
  json::array filters, scorers, pickers;
  for (const PluginReference& reference : profile.plugins) {
    const Instance* instance = generation.find_instance(reference.plugin);
    if (instance == nullptr) continue;
    if (instance->filter != nullptr) filters.push_back(step("filter", *instance));
    if (instance->scorer != nullptr) {
      json::object scorer = step("scorer", *instance);
      scorer["weight"] = reference.weight;
      scorers.push_back(std::move(scorer));
    }
    if (instance->picker != nullptr) pickers.push_back(step("picker", *instance));
  }
  for (auto* list : {&scorers, &pickers}) filters.insert(filters.end(), list->begin(), list->end());
  return filters;
}

json::object shadow_object(const ProfileConfig& profile, const ShadowCounts& counts) {
  json::object runs;
  for (std::size_t i = 0; i < counts.runs.size(); ++i) runs[kShadowResultWords[i]] = counts.runs[i];
  json::object out{{"every", profile.shadow_every}, {"runs", std::move(runs)}};
  if (!profile.shadow_of.empty()) out["of"] = profile.shadow_of;
  return out;
}

}  // namespace

std::string kinds_of(const Instance& instance) {
  std::string kinds;
  const auto add = [&kinds](bool offered, std::string_view kind) {
    if (offered) kinds.append(kinds.empty() ? "" : "+").append(kind);
  };
  add(instance.producer != nullptr, "producer");
  add(instance.profile_handler != nullptr, "profile-handler");
  add(instance.filter != nullptr, "filter");
  add(instance.scorer != nullptr, "scorer");
  add(instance.picker != nullptr, "picker");
  add(instance.swapper != nullptr, "swapper");
  add(instance.extractor != nullptr, "extractor");
  add(instance.observer != nullptr, "observer");
  return kinds.empty() ? "other" : kinds;
}

json::object plugins_view(const Generation& generation, std::span<const Scheduler::PluginTotals> totals) {
  json::array plugins;
  const auto instances = generation.instances();
  for (std::size_t i = 0; i < instances.size(); ++i) {
    plugins.push_back(plugin_object(generation, *instances[i], i < totals.size() ? &totals[i] : nullptr));
  }
  return {{"generation", generation.number()}, {"plugins", std::move(plugins)}};
}

json::array left_out_view(std::span<const LeftOutPlugin> plugins) {
  json::array out;
  for (const LeftOutPlugin& plugin : plugins) {
    out.push_back(
        json::object{{"name", plugin.name}, {"type", plugin.type}, {"library", plugin.library}, {"why", plugin.why}});
  }
  return out;
}

json::object profiles_view(const Generation& generation, std::span<const ShadowCounts> shadows) {
  const Config& config = generation.config();
  json::array producers;
  for (const auto& instance : generation.instances()) {
    if (instance->producer != nullptr) producers.push_back(step("producer", *instance));
  }
  json::array profiles;
  for (const ProfileConfig& profile : config.profiles) {
    json::object& one =
        profiles
            .emplace_back(json::object{
                {"name", profile.name}, {"injected", profile.injected}, {"steps", steps_of(generation, profile)}})
            .as_object();
    if (!profile.is_shadow()) continue;
    const std::size_t shadow = profiles.size() - 1 - generation.deciding_profile_count();
    one["shadow"] = shadow_object(profile, shadow < shadows.size() ? shadows[shadow] : ShadowCounts{});
  }
  json::object out{{"generation", generation.number()}, {"producers", std::move(producers)}};
  out["handler"] = nullptr;
  if (const Instance* handler = generation.find_instance(config.handler)) {
    out["handler"] = step("profile-handler", *handler);
  }
  out["profiles"] = std::move(profiles);
  return out;
}

json::object config_view(const Generation& generation) {
  return {{"generation", generation.number()}, {"config", effective_config(generation.config())}};
}

}  // namespace shunt::host
