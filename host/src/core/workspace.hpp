// SPDX-License-Identifier: Apache-2.0
// workspace.hpp: from a config file to a generation that decides, with every problem on the way collected.
//
//   Workspace workspace(PluginPath::of_process());
//   workspace.open("router.jsonc", text, folder);
//   workspace.build();
//   if (workspace.diagnostics().has_errors()) ...
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shunt/framework/attribute.hpp>
#include <shunt/framework/config.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/library_store.hpp>
#include <shunt/framework/registry.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "contain/generation_store.hpp"
#include "contain/leave_out.hpp"
#include "contain/quarantine.hpp"
#include "exit_code.hpp"
#include "plugin_path.hpp"
#include "settings/host_settings.hpp"

namespace shunt::host {

class Workspace {
 public:
  explicit Workspace(PluginPath plugin_path);
  // For the config that is to take the place of a running one: libraries of equal bytes share its mappings, and its attributes
  // keep their ids. A config that is refused leaves nothing behind in either.
  Workspace(PluginPath plugin_path, const Workspace& running);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  // Reads a config, loads its libraries, completes it. An empty text is the default config. `folder`: what relative
  // folders in it count from.
  void open(std::string file, std::string text, const std::filesystem::path& folder);

  // Before open(). What is in quarantine is not loaded; instances that need it are left out, with a warning each.
  void respect(std::vector<QuarantinedLibrary> quarantined) { quarantined_ = std::move(quarantined); }
  const std::vector<QuarantinedLibrary>& quarantined() const { return quarantined_; }
  // Before open(). No other bytes are mapped than those with these hashes; E358 for what has become another file since.
  void map_only(std::set<std::string, std::less<>> judged) { judged_ = std::move(judged); }
  // Before open(). Some libraries more than a process should map: it is about to be replaced by a fresh one.
  void map_beyond_limit() { beyond_limit_ = true; }
  // Before open(). The libraries to load, instead of those that the config names or that lie on the plugin path.
  // `left_out`: instances that need one which is not among them.
  void restore(std::vector<KeptLibrary> libraries, std::vector<LeftOutPlugin> left_out) {
    restored_ = std::move(libraries);
    left_out_before_ = std::move(left_out);
  }
  // Before open(). See LibraryStoreOptions::staging_parent.
  void stage_in(std::filesystem::path folder) { staging_parent_ = std::move(folder); }
  const std::vector<LeftOutPlugin>& left_out() const { return left_out_; }
  // After open(): hashes of the libraries in quarantine without which the config cannot be completed.
  const std::set<std::string>& needed_of_quarantine() const { return needed_of_quarantine_; }

  // Adds an instance of `type` unless some instance offers `interface_id` already. Call before build().
  void need_interface(std::string_view interface_id, std::string_view type, std::string_view why);

  // Declares an attribute that the config itself has a value for, as if it were listed under "attributes". Fails where it has
  // another type already.
  Result<void> expect_attribute(std::string_view name, AttributeType type, const std::string& pointer);

  // Makes the instances. Does nothing where there were errors: one cause shall not be told twice.
  void build(const BuildOptions& options = {});

  const std::optional<Config>& config() const { return config_; }
  // What the config says to a running host.
  const HostSettings& host_settings() const { return host_settings_; }
  const Registry& registry() const { return registry_; }
  const std::shared_ptr<AttributeTable>& attributes() const { return attributes_; }
  const std::shared_ptr<const Generation>& generation() const { return generation_; }
  const PluginPath& plugin_path() const { return plugin_path_; }
  Diagnostics& diagnostics() { return diagnostics_; }
  // Distinct contents in the store that this config shares with those that it replaces.
  std::size_t mapped_libraries() const { return store_ == nullptr ? 0 : store_->distinct(); }
  // Hashes of all that was mapped or found to be unmappable, unusable libraries included.
  std::set<std::string, std::less<>> mapped_hashes() const;
  // Where copies of libraries are mapped from. Empty before the first one.
  std::filesystem::path staging_directory() const {
    return store_ == nullptr ? std::filesystem::path() : store_->staging_directory();
  }

 private:
  class Loader;
  // What the store asks before it maps anything; shared like the store, and renewed by each config that is opened.
  struct Gate {
    std::mutex mutex;
    std::vector<QuarantinedLibrary> quarantined;
    std::optional<std::set<std::string, std::less<>>> judged;  // nothing: everything may be mapped
    std::set<std::string, std::less<>> mapped;
  };

  void declare_attributes();

  PluginPath plugin_path_;
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  std::shared_ptr<LibraryStore> store_;
  bool replaces_ = false;  // a running one
  Registry registry_;
  std::optional<Config> config_;
  HostSettings host_settings_;
  std::shared_ptr<AttributeTable> attributes_;
  std::shared_ptr<const Generation> generation_;
  Diagnostics diagnostics_;
  std::vector<QuarantinedLibrary> quarantined_;
  std::optional<std::set<std::string, std::less<>>> judged_;
  bool beyond_limit_ = false;
  std::optional<std::vector<KeptLibrary>> restored_;
  std::filesystem::path staging_parent_;
  std::vector<LeftOutPlugin> left_out_before_;
  std::vector<LeftOutPlugin> left_out_;
  std::set<std::string> needed_of_quarantine_;
};

// What these errors mean for the exit code: InvalidInput where anything but a library is to blame.
ExitCode exit_code_of(const Diagnostics& diagnostics);

}  // namespace shunt::host
