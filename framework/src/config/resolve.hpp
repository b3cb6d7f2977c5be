// SPDX-License-Identifier: Apache-2.0
// resolve.hpp: the second pass, between its files. Private to the configuration code.
#pragma once

#include <boost/json/fwd.hpp>
#include <shunt/framework/config.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace shunt {

class Resolver {
 public:
  Resolver(Config& config, const PluginCatalog& catalog, Diagnostics& diagnostics)
      : config_(config), catalog_(catalog), diagnostics_(diagnostics) {}

  void run();

 private:
  // resolve_config.cpp
  bool nothing_configured() const;
  void inject_peer_default();
  void resolve_plugins();
  void resolve_swapper();
  void warn_about_plugins();

  // resolve_profiles.cpp
  void make_default_profile();
  void resolve_profile(ProfileConfig& profile);
  void leave_out_what_fits_no_slot(ProfileConfig& profile);
  bool check_reference(const PluginReference& reference, const ProfileConfig& profile);
  void check_pickers(ProfileConfig& profile);
  void check_shadow(const ProfileConfig& profile);
  const std::string& picker_for(const ProfileConfig& profile);
  void resolve_handler();
  void choose_handler(const std::vector<const PluginConfig*>& handlers);

  PluginConfig& inject(std::string_view type, const std::string& why, const std::string& pointer);
  void undefined(std::string_view name, std::string_view pointer, std::string message, std::vector<std::string> names);
  void error(std::string_view pointer, At at, std::string_view code, std::string message, std::string suggestion = {},
             std::vector<std::string> notes = {});
  void warning(std::string_view pointer, At at, std::string_view code, std::string message,
               std::vector<std::string> notes = {});

  // resolve_values.cpp
  void check_session_sources();
  bool is_written(std::string_view value) const;
  const std::string* default_producer(std::string_view value) const;

  // resolve_models.cpp
  void check_group_members();
  void check_members(const PluginConfig& plugin, std::string_view group, const boost::json::value& members);

  // Like those of Config, but quick: a generated config may have thousands of instances and references. Valid until the
  // next instance is added.
  const PluginConfig* find_plugin(std::string_view name);
  void index_plugins();

  // Null where the type is unknown: whoever asks then says nothing more.
  const PluginDescription* description(const PluginConfig& plugin) const { return catalog_.find(plugin.type); }
  const PluginDescription* description(std::string_view name);
  // Where an instance says what it is called.
  std::string place_of(const PluginConfig& plugin) const;
  std::string note_at(std::string_view words, std::string_view pointer) const;

  Config& config_;
  const PluginCatalog& catalog_;
  Diagnostics& diagnostics_;

  // The first instance of each name and of each type, of the first `indexed_` ones.
  std::unordered_map<std::string, std::size_t> by_name_;
  std::string default_picker_;  // name of the picker of profiles without one, once it is known
  std::size_t indexed_ = 0;

  // Ids and aliases of models, and the id that each stands for.
  std::unordered_map<std::string, std::string> model_names_;

  // Every instance is known for what it is, so what is missing is really missing.
  bool certain_ = true;

  // Every reference leads somewhere, so an instance without any is really unused.
  bool references_certain_ = true;
};

// Filter, scorer or picker: what a profile is made of.
bool fits_profile(const PluginDescription& description);

// "a scorer and a picker", "a supporting plugin (shunt.producer/1)".
std::string what_it_is(const PluginDescription& description);

}  // namespace shunt
