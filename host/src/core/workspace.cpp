// SPDX-License-Identifier: Apache-2.0
#include "workspace.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <shunt/framework/audit.hpp>
#include <shunt/framework/library_search.hpp>
#include <shunt/framework/registry_catalog.hpp>

#include <utility>
#include <vector>

namespace shunt::host {

namespace {

// Of a type that the config names, and of one that it needs by default.
constexpr std::array<std::string_view, 2> kMissingType = {"C203", "C211"};
constexpr std::string_view kUnusableLibrary = "E311";
constexpr std::string_view kQuarantined = "P169";
constexpr std::string_view kNotJudged = "E358";
// A few tries to get a fresh worker; the kernel's limit is far away.
constexpr std::size_t kBeyondLimit = 64;

// A library that could not be used, and what its manifest says it would have brought.
struct FailedLibrary {
  Diagnostic diagnostic;
  std::filesystem::path library;
  bool configured = false;  // named in the config, not merely found
  bool types_known = false;
  std::set<std::string, std::less<>> types;
  std::string sha256;  // with the types

  bool would_offer(std::string_view type) const { return !types_known || types.contains(type); }
};

// Reading a manifest runs no code, so it can be asked even of a library that must not be loaded.
void ask_manifest(const std::filesystem::path& path, FailedLibrary& failed) {
  const auto report = audit_library(path);
  if (!report || !report->manifest) return;
  failed.types_known = true;
  failed.sha256 = report->sha256;
  for (const PluginDescription& plugin : report->manifest->plugins) failed.types.insert(plugin.type);
}

}  // namespace

// Loads what a config names, or whatever lies on the plugin path, and sorts out which failures matter.
class Workspace::Loader {
 public:
  explicit Loader(Workspace& workspace) : workspace_(workspace) {}

  void load() {
    const std::vector<LibraryConfig>& configured = workspace_.config_->libraries;
    if (workspace_.restored_) {
      for (const KeptLibrary& library : *workspace_.restored_) load_kept(library);
    } else if (!workspace_.config_->libraries_written) {
      load_everything();
    } else {
      for (const LibraryConfig& library : configured) load_configured(library);
    }
  }

  // Goes on without what is in quarantine: that a library has crashed a host is no reason for the next one not to start.
  void leave_out_quarantined() {
    for (const FailedLibrary& failed : failed_) {
      if (failed.diagnostic.code != kQuarantined) continue;
      for (const std::string& type : failed.types) kept_out_.emplace(type, failed.sha256);
      std::set<std::string, std::less<>> types;
      for (const std::string& type : failed.types) {
        if (workspace_.registry_.find(type) == nullptr) types.insert(type);
      }
      leave_out_types(types, failed.library.string(), failed.diagnostic.message, failed.diagnostic);
    }
    for (const LeftOutPlugin& before : workspace_.left_out_before_) {
      if (workspace_.registry_.find(before.type) != nullptr) continue;
      Diagnostic d;
      d.code = kQuarantined;
      d.file = before.library;
      leave_out_types({before.type}, before.library, before.why, d);
    }
    // Told above where it matters, and of no interest where it does not.
    std::erase_if(failed_, [](const FailedLibrary& failed) { return failed.diagnostic.code == kQuarantined; });
  }

  // `model`: what each warning has in common.
  void leave_out_types(const std::set<std::string, std::less<>>& types, const std::string& library,
                       const std::string& why, const Diagnostic& model) {
    for (LeftOutPlugin& plugin : leave_out(*workspace_.config_, types, library, why)) {
      Diagnostic d = model;
      d.severity = Severity::Warning;
      d.message = "plugin \"" + plugin.name + "\" (" + plugin.type + ") is left out: " + plugin.why;
      workspace_.diagnostics_.add(std::move(d));
      workspace_.left_out_.push_back(std::move(plugin));
    }
  }

  // Completes the config. A type that is missing because its library failed is told once, as the library's failure.
  void resolve() {
    Diagnostics found;
    resolve_config(*workspace_.config_, RegistryCatalog(workspace_.registry_), found);
    for (const PluginConfig& plugin : workspace_.config_->plugins) {
      const auto by = kept_out_.find(plugin.type);
      if (by != kept_out_.end() && workspace_.registry_.find(plugin.type) == nullptr) {
        workspace_.needed_of_quarantine_.insert(by->second);
      }
    }
    for (Diagnostic diagnostic : found) {
      if (std::ranges::find(kMissingType, diagnostic.code) != kMissingType.end()) {
        if (blame_library(diagnostic)) continue;
        diagnostic.notes.push_back(workspace_.plugin_path_.describe());
      }
      workspace_.diagnostics_.add(std::move(diagnostic));
    }
    for (FailedLibrary& failed : failed_) workspace_.diagnostics_.add(std::move(failed.diagnostic));
  }

 private:
  void load_everything() {
    const auto directories = workspace_.plugin_path_.directories();
    const auto files = find_libraries(directories);
    if (!files) {
      Diagnostic d;
      d.code = files.error().code;
      d.message = files.error().message;
      d.file = workspace_.config_->document->file();
      workspace_.diagnostics_.add(std::move(d));
      return;
    }
    for (const std::filesystem::path& file : *files) {
      const auto library = workspace_.store_->load(file);
      if (!library) {
        FailedLibrary& failed = failed_.emplace_back();
        failed.library = file;
        // Whatever it was, it was there when the config was judged.
        const bool matters = library.error().code == kNotJudged;
        failed.diagnostic.severity = matters ? Severity::Error : Severity::Warning;
        failed.diagnostic.code = library.error().code.empty() ? std::string(kUnusableLibrary) : library.error().code;
        failed.diagnostic.file = file.string();
        failed.diagnostic.message = library.error().message;
        ask_manifest(file, failed);
      } else {
        add(*library, "");
      }
    }
  }

  void load_kept(const KeptLibrary& kept) {
    const auto library = workspace_.store_->load_copy(kept.copy, kept.path, kept.sha256);
    if (library) return add(*library, "");
    FailedLibrary& failed = failed_.emplace_back();
    failed.configured = true;
    failed.library = kept.path;
    failed.diagnostic.code = library.error().code;
    failed.diagnostic.file = kept.path.string();
    failed.diagnostic.message = library.error().message;
    ask_manifest(kept.copy, failed);
  }

  void load_configured(const LibraryConfig& configured) {
    const auto directories = workspace_.plugin_path_.directories();
    const auto pin = configured.sha256.empty() ? std::nullopt : std::optional(configured.sha256);
    const auto library = load_library(*workspace_.store_, configured.path, directories, pin);
    if (library) {
      add(*library, configured.pointer);
      return;
    }
    FailedLibrary& failed = failed_.emplace_back();
    failed.configured = true;
    failed.diagnostic =
        workspace_.config_->diagnose(configured.pointer, At::Value, library.error().code, library.error().message);
    if (const auto path = resolve_library(configured.path, directories)) {
      failed.library = *path;
      ask_manifest(*path, failed);
    }
  }

  // Two libraries with one type leave it open which one is meant: an error even where nobody uses the type.
  void add(const std::shared_ptr<const Library>& library, std::string_view pointer) {
    const auto added = workspace_.registry_.add(library);
    if (added) return;
    workspace_.diagnostics_.add(workspace_.config_->diagnose(pointer, pointer.empty() ? At::File : At::Value,
                                                             added.error().code, added.error().message));
  }

  // True where a library that failed would have brought the type.
  bool blame_library(const Diagnostic& missing) {
    const std::string type = type_at(missing.pointer);
    bool blamed = false;
    for (FailedLibrary& failed : failed_) {
      if (!failed.configured && !failed.types_known) {
        failed.diagnostic.severity = Severity::Error;  // it may well be the one
        continue;
      }
      if (!failed.would_offer(type)) continue;
      failed.diagnostic.severity = Severity::Error;
      const std::string note = "it offers the plugin type \"" + type + "\", which the config uses";
      auto& notes = failed.diagnostic.notes;
      if (failed.types_known && std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
      blamed = true;
    }
    return blamed;
  }

  std::string type_at(const std::string& pointer) const {
    for (const PluginConfig& plugin : workspace_.config_->plugins) {
      if (workspace_.registry_.find(plugin.type) != nullptr) continue;
      if (pointer == plugin.pointer || pointer == child_pointer(plugin.pointer, "type")) return plugin.type;
    }
    return {};
  }

  Workspace& workspace_;
  std::vector<FailedLibrary> failed_;
  std::map<std::string, std::string, std::less<>> kept_out_;  // type: hash of the library in quarantine that offers it
};

Workspace::Workspace(PluginPath plugin_path)
    : plugin_path_(std::move(plugin_path)), attributes_(std::make_shared<AttributeTable>()) {}

Workspace::Workspace(PluginPath plugin_path, const Workspace& running)
    : plugin_path_(std::move(plugin_path)),
      gate_(running.gate_),
      store_(running.store_),
      replaces_(true),
      attributes_(running.attributes_) {}

Workspace::~Workspace() = default;

void Workspace::open(std::string file, std::string text, const std::filesystem::path& folder) {
  auto document = Document::parse(std::move(file), std::move(text), DocumentFormat::Detect, diagnostics_);
  if (!document) return;
  config_ = read_config(std::make_shared<const Document>(std::move(*document)), diagnostics_);
  if (!config_) return;
  host_settings_ = read_host_settings(*config_, folder, diagnostics_);
  plugin_path_.add_config_directories(config_->plugin_dirs, folder);
  {
    const std::lock_guard lock(gate_->mutex);
    gate_->quarantined = quarantined_;
    gate_->judged = judged_;
  }
  if (store_ == nullptr) {
    LibraryStoreOptions options;
    if (!plugin_path_.own().empty()) options.trusted_directories.push_back(plugin_path_.own());
    options.staging_parent = staging_parent_;
    options.refuse = [gate = gate_](const std::string& sha256) -> std::optional<std::string> {
      const std::lock_guard lock(gate->mutex);
      const auto found = std::ranges::find(gate->quarantined, sha256, &QuarantinedLibrary::sha256);
      return found == gate->quarantined.end() ? std::nullopt : std::optional(found->sentence());
    };
    options.before_mapping = [gate = gate_](const std::filesystem::path& path,
                                            const std::string& sha256) -> std::optional<Error> {
      const std::lock_guard lock(gate->mutex);
      if (gate->judged && !gate->judged->contains(sha256)) {
        return Error{ErrorKind::Plugin, std::string(kNotJudged),
                     path.string() + " was replaced after it had been looked at; reload once more"};
      }
      gate->mapped.insert(sha256);
      return std::nullopt;
    };
    store_ = std::make_shared<LibraryStore>(std::move(options));
  }
  store_->allow_beyond(beyond_limit_ ? kBeyondLimit : 0);
  if (!replaces_) declare_attributes();
  Loader loader(*this);
  loader.load();
  loader.leave_out_quarantined();
  loader.resolve();
}

std::set<std::string, std::less<>> Workspace::mapped_hashes() const {
  const std::lock_guard lock(gate_->mutex);
  return gate_->mapped;
}

// Declared types come first, so that values in the endpoints file are measured by them. build_generation() reports what
// contradicts here.
void Workspace::declare_attributes() {
  for (const AttributeConfig& attribute : config_->attributes) (void)attributes_->add(attribute.name, attribute.type);
}

void Workspace::need_interface(std::string_view interface_id, std::string_view type, std::string_view why) {
  if (!config_ || diagnostics_.has_errors()) return;
  const bool offered = std::ranges::any_of(config_->plugins, [&](const PluginConfig& plugin) {
    const RegisteredType* entry = registry_.find(plugin.type);
    return entry != nullptr && entry->description.offers(interface_id);
  });
  if (offered || registry_.find(type) == nullptr) return;
  PluginConfig& plugin = config_->inject_plugin(type, why);
  (void)resolve_plugin(*config_, plugin, RegistryCatalog(registry_), diagnostics_);
}

Result<void> Workspace::expect_attribute(std::string_view name, AttributeType type, const std::string& pointer) {
  if (auto fits = check_attribute_type(name, type); !fits) return fits.error();
  const auto declared = std::ranges::find(config_->attributes, name, &AttributeConfig::name);
  const auto known = attributes_->find(name);
  std::optional<AttributeType> has;
  if (declared != config_->attributes.end())
    has = declared->type;
  else if (known)
    has = attributes_->type(*known);
  if (has && *has != type) return attribute_type_error(name, *has, type);
  if (declared == config_->attributes.end() && !attributes_->known(name)) {
    config_->attributes.push_back({pointer, std::string(name), type});
  }
  return {};
}

void Workspace::build(const BuildOptions& options) {
  if (!config_ || diagnostics_.has_errors()) return;
  generation_ = build_generation(*config_, registry_, attributes_, diagnostics_, options);
}

ExitCode exit_code_of(const Diagnostics& diagnostics) {
  bool plugin = false;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Severity::Error) continue;
    if (!diagnostic.code.starts_with('P')) return ExitCode::InvalidInput;
    plugin = true;
  }
  return plugin ? ExitCode::PluginError : ExitCode::Ok;
}

}  // namespace shunt::host
