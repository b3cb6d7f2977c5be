// SPDX-License-Identifier: Apache-2.0
#include "runtime/generation_builder.hpp"

#include "runtime/call_context.hpp"
#include "runtime/reclaimer.hpp"

#include <shunt/framework/json_text.hpp>
#include <shunt/framework/registry_catalog.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>

namespace shunt {
namespace {

std::atomic<std::uint64_t> last_number{0};

// From now on what happens in their calls is told by the number of the generation.
void mark_generation(const Generation& generation) {
  call_mark_page().newest_generation.store(generation.number(), std::memory_order_relaxed);
  for (const auto& instance : generation.instances()) instance->mark().set_generation(generation.number());
}

// Takes one kind of table over into the host's own layout, as far as the plugin says that it goes: what an older plugin does
// not have reads as NULL, what a newer one has beyond is left out. True when the functions are there without which the kind
// means nothing.
template <class Table, class... Functions>
bool take(const shunt_plugin& plugin, void* self, std::string_view id, Table& copy, const Table*& into,
          Functions... functions) {
  const void* table = plugin.interface_table(self, {id.data(), id.size()});
  if (table == nullptr) return false;
  std::uint32_t size = 0;
  std::memcpy(&size, table, sizeof size);
  if (size < offsetof(Table, reserved) + sizeof(copy.reserved)) return false;
  // Members are whole or not there: half a pointer would be none.
  const std::size_t taken = std::min<std::size_t>(size, sizeof(Table)) / alignof(Table) * alignof(Table);
  copy = {};
  std::memcpy(&copy, table, taken);
  copy.size = sizeof(Table);
  if (((copy.*functions == nullptr) || ...)) return false;
  into = &copy;
  return true;
}

std::string describe(const PluginConfig& plugin) {
  return plugin.name == plugin.type ? "plugin \"" + plugin.name + "\""
                                    : "plugin \"" + plugin.name + "\" (" + plugin.type + ")";
}

}  // namespace

GenerationBuilder::GenerationBuilder(Config config, const Registry& registry,
                                     std::shared_ptr<AttributeTable> attributes, Diagnostics& diagnostics,
                                     const BuildOptions& options)
    : config_(std::move(config)),
      registry_(registry),
      attributes_(std::move(attributes)),
      stage_(*attributes_),
      previous_(options.previous),
      carry_over_(options.previous, config_, registry_),
      diagnostics_(diagnostics) {}

void start_generations_behind(std::uint64_t number) noexcept { last_number.store(number, std::memory_order_relaxed); }

std::shared_ptr<const Generation> GenerationBuilder::build() {
  const std::size_t errors_before = diagnostics_.errors();
  check_resolved();
  if (diagnostics_.errors() != errors_before) return nullptr;
  declare_attributes();
  check_single_instances();
  do {
    instances_.resize(config_.plugins.size());
    progress_.resize(config_.plugins.size(), Progress::Waiting);
    for (std::size_t i = 0; i < config_.plugins.size(); ++i) (void)create(i);
  } while (diagnostics_.errors() == errors_before && inject_default_producers());
  if (diagnostics_.errors() != errors_before) return nullptr;

  auto plan = std::make_unique<GenerationPlan>();
  bind_plan(config_, instances_, stage_, *plan, diagnostics_);
  if (diagnostics_.errors() != errors_before) return nullptr;
  if (const Result<void> added = stage_.commit(); !added) {
    diagnostics_.add(config_.diagnose("", At::Value, added.error().code, added.error().message));
    return nullptr;
  }
  settle_attributes(instances_, stage_, *plan);
  keep_shadow_counts(*plan);
  std::shared_ptr<Generation> generation(new Generation(std::move(config_), last_number.fetch_add(1) + 1));
  generation->instances_ = std::move(instances_);
  mark_generation(*generation);
  generation->plan_ = std::move(plan);
  return generation;
}

// A shadow profile that is changed goes on counting: what it counted before is a difference away.
void GenerationBuilder::keep_shadow_counts(GenerationPlan& plan) const {
  if (previous_ == nullptr) return;
  const GenerationPlan& before = previous_->plan();
  for (std::size_t i = 0; i < plan.shadow_ledgers.size(); ++i) {
    for (std::size_t j = 0; j < before.shadow_ledgers.size(); ++j) {
      if (before.profiles[before.deciding_profiles + j].name != plan.profiles[plan.deciding_profiles + i].name)
        continue;
      plan.shadow_ledgers[i] = before.shadow_ledgers[j];
    }
  }
}

void GenerationBuilder::diagnose(const PluginConfig& plugin, std::string_view code, std::string message,
                                 std::string suggestion) {
  diagnostics_.add(config_.diagnose(plugin.pointer, At::Value, code, std::move(message), std::move(suggestion)));
}

// A plugin that turns down a parameter names it by its JSON pointer: "parameter /groups/g/members lists ...". Where the
// pointer ends is open, because keys may hold spaces and colons: the longest part that the file has is taken, so that a
// parameter that is not written leads to the closest one around it.
std::string GenerationBuilder::place_of_complaint(const PluginConfig& plugin, std::string_view text) const {
  static constexpr std::string_view kWord = "parameter /";
  static constexpr std::size_t kLongest = 1000;  // more is no pointer that a person reads
  const std::size_t word = text.find(kWord);
  if (plugin.injected || config_.document == nullptr || word == std::string_view::npos) return plugin.pointer;
  const std::string_view rest = text.substr(word + kWord.size() - 1, kLongest);
  const std::string parameters = child_pointer(plugin.pointer, "parameters");
  std::string place = plugin.pointer;
  for (std::size_t end = 2; end <= rest.size(); ++end) {
    const bool may_end = end == rest.size() || std::string_view(" ,:;/").find(rest[end]) != std::string_view::npos;
    if (!may_end) continue;
    std::string candidate = parameters + std::string(rest.substr(0, end));
    if (config_.document->find(candidate) != nullptr) place = std::move(candidate);
  }
  return place;
}

void GenerationBuilder::check_resolved() {
  std::map<std::string_view, const RegisteredType*> types;
  for (const PluginConfig& plugin : config_.plugins) {
    const RegisteredType* type = registry_.find(plugin.type);
    if (type == nullptr) diagnose(plugin, "C203", "plugin type \"" + plugin.type + "\" is not registered");
    types.emplace(plugin.name, type);
  }
  const auto check_offers = [&](const std::string& name, std::string_view id, const std::string& pointer) {
    const auto found = types.find(name);
    if (found == types.end()) {
      diagnostics_.add(
          config_.diagnose(pointer, At::Value, "C204", "there is no plugin \"" + name + "\" in the config"));
    }
    return found == types.end() || found->second == nullptr || found->second->description.offers(id);
  };
  for (const ProfileConfig& profile : config_.profiles) {
    bool picks = false;
    for (const PluginReference& reference : profile.plugins) {
      picks = check_offers(reference.plugin, SHUNT_PICKER_ID, reference.pointer) || picks;
    }
    if (!picks) {
      diagnostics_.add(
          config_.diagnose(profile.pointer, At::Value, "C211", "profile \"" + profile.name + "\" has no picker"));
    }
  }
  if (!config_.handler.empty() && !check_offers(config_.handler, SHUNT_PROFILE_HANDLER_ID, "")) {
    diagnostics_.add(config_.diagnose("", At::Value, "C208", "\"" + config_.handler + "\" is no profile handler"));
  }
  const std::string& swapper = config_.routing.swapper;
  if (!swapper.empty() && !check_offers(swapper, SHUNT_SWAPPER_ID, "")) {
    diagnostics_.add(config_.diagnose("", At::Value, "C210", "\"" + swapper + "\" is no swapper"));
  }
}

void GenerationBuilder::check_single_instances() {
  std::map<std::string_view, const PluginConfig*> first;
  for (const PluginConfig& plugin : config_.plugins) {
    const RegisteredType& registered = *registry_.find(plugin.type);
    if ((registered.plugin->flags & SHUNT_PLUGIN_SINGLE_INSTANCE) == 0) continue;
    const auto [entry, fresh] = first.emplace(plugin.type, &plugin);
    if (fresh) continue;
    diagnose(plugin, "C514", describe(plugin) + " is a second instance of a type of which there can be one only",
             "use \"" + entry->second->name + "\", the first one, instead");
  }
}

void GenerationBuilder::declare_attributes() {
  for (const AttributeConfig& attribute : config_.attributes) {
    const Result<AttributeId> added = stage_.add(attribute.name, attribute.type);
    if (!added) {
      diagnostics_.add(config_.diagnose(attribute.pointer, At::Value, added.error().code, added.error().message));
    }
  }
}

std::shared_ptr<Instance> GenerationBuilder::create(std::size_t index) {
  if (progress_[index] != Progress::Waiting) return instances_[index];
  if (auto kept = carry_over_.find(index)) {
    progress_[index] = Progress::Done;
    return instances_[index] = std::move(kept);
  }
  progress_[index] = Progress::Failed;
  const PluginConfig plugin = config_.plugins[index];
  const RegisteredType* registered = registry_.find(plugin.type);
  auto use = start_library(*registered, plugin);
  if (!use) return nullptr;
  uses_.push_back(std::move(*use));

  progress_[index] = Progress::Running;
  creating_.push_back(plugin.name);
  auto instance = std::make_shared<Instance>(registered->library, registered->plugin, plugin.name);
  instance->use_ = std::move(registered->library->use(&host_table()).value());
  if (const Instance* before = carry_over_.before(plugin)) {
    instance->ledger = before->ledger;
    instance->background = before->background;
  }
  const std::string parameters = json_text(plugin.effective_parameters);
  auto init = std::make_unique<shunt_init>();
  init->builder = this;
  init->instance = instance.get();
  init->parameters = &plugin.effective_parameters;
  init->ctx.begin(*instance, kMayRetire);
  shunt_create_info info{};
  info.size = sizeof info;
  info.abi_minor = host_table().abi_minor;
  info.host = &host_table();
  info.init = init.get();
  info.ctx = &init->ctx;
  info.name = {plugin.name.data(), plugin.name.size()};
  info.parameters = {parameters.data(), parameters.size()};
  std::int32_t status = SHUNT_ERROR;
  {
    const Reclaimer::Call running;
    const CallMark mark(instance->mark(), PluginFunction::Create);
    status = registered->plugin->create(&info, &instance->self_);
  }
  creating_.pop_back();
  progress_[index] = Progress::Failed;
  const bool nothing = status == SHUNT_OK && instance->self_ == nullptr;
  if (status != SHUNT_OK || nothing) {
    std::string text(init->ctx.error_text());
    if (nothing) text = "it reported success and stored no instance";
    if (text.empty()) text = "it gave no reason (status " + std::to_string(status) + ")";
    const std::string_view code = init->error_code.empty() ? "C501" : std::string_view(init->error_code);
    diagnostics_.add(config_.diagnose(place_of_complaint(plugin, text), At::Value, code,
                                      describe(plugin) + " could not be created: " + text));
    return nullptr;
  }
  instance->created_ = true;
  if (!take_interfaces(*instance, plugin)) return nullptr;
  progress_[index] = Progress::Done;
  instances_[index] = instance;
  return instance;
}

std::optional<LibraryUse> GenerationBuilder::start_library(const RegisteredType& registered,
                                                           const PluginConfig& plugin) {
  const Library& library = *registered.library;
  const auto ctx = std::make_unique<shunt_ctx>();
  ctx->library = library.file_name();
  Result<LibraryUse> use = library.use(&host_table(), {ctx.get(), [&ctx] { return std::string(ctx->error_text()); }});
  if (use) return std::move(*use);
  diagnose(plugin, "C503", use.error().message);
  return std::nullopt;
}

bool GenerationBuilder::take_interfaces(Instance& instance, const PluginConfig& plugin) {
  const RegisteredType& registered = *registry_.find(plugin.type);
  const shunt_plugin& table = *registered.plugin;
  Instance::Tables& mine = instance.tables_;
  const CallMark mark(instance.mark(), PluginFunction::Create);
  bool complete = true;
  for (const std::string& id : registered.description.interfaces) {
    bool ok = true;
    void* self = instance.self_;
    if (id == SHUNT_FILTER_ID)
      ok = take(table, self, id, mine.filter, instance.filter, &shunt_filter_table::filter);
    else if (id == SHUNT_SCORER_ID)
      ok = take(table, self, id, mine.scorer, instance.scorer, &shunt_scorer_table::score);
    else if (id == SHUNT_PICKER_ID)
      ok = take(table, self, id, mine.picker, instance.picker, &shunt_picker_table::pick);
    else if (id == SHUNT_PROFILE_HANDLER_ID)
      ok = take(table, self, id, mine.profile_handler, instance.profile_handler,
                &shunt_profile_handler_table::pick_profiles, &shunt_profile_handler_table::process_results);
    else if (id == SHUNT_SWAPPER_ID)
      ok = take(table, self, id, mine.swapper, instance.swapper, &shunt_swapper_table::eviction_for);
    else if (id == SHUNT_PRODUCER_ID)
      ok = take(table, self, id, mine.producer, instance.producer, &shunt_producer_table::produce);
    else if (id == SHUNT_OBSERVER_ID)
      ok = take(table, self, id, mine.observer, instance.observer);
    else if (id == SHUNT_EXTRACTOR_ID)
      ok = take(table, self, id, mine.extractor, instance.extractor, &shunt_extractor_table::extract);
    else if (id == SHUNT_EXPLAIN_ID)
      ok = take(table, self, id, mine.explain, instance.explain, &shunt_explain_table::explain);
    else if (id == SHUNT_DUMP_ID)
      ok = take(table, self, id, mine.dump, instance.dump, &shunt_dump_table::dump);
    else if (id == SHUNT_ORDERING_ID)
      ok = take(table, self, id, mine.ordering, instance.ordering, &shunt_ordering_table::classify);
    else if (id == SHUNT_STATE_ID)
      ok = take(table, self, id, mine.state, instance.state, &shunt_state_table::save, &shunt_state_table::load) &&
           mine.state.version.data != nullptr && mine.state.version.len >= 1 && mine.state.version.len <= 64;
    if (!ok) {
      diagnose(plugin, "C502", describe(plugin) + " returned no complete table for its interface " + id);
      complete = false;
    }
  }
  return complete;
}

std::int32_t GenerationBuilder::find_peer(shunt_init& init, std::string_view plugin_ref, std::string_view interface_id,
                                          const void** table, void** self, std::uint32_t* slot) {
  const std::string name(plugin_ref);
  const std::string id(interface_id);
  const auto found = std::ranges::find(config_.plugins, name, &PluginConfig::name);
  if (found == config_.plugins.end()) {
    return init.fail(SHUNT_NOT_FOUND, "C504", "there is no plugin \"" + name + "\" in the config");
  }
  const auto index = static_cast<std::size_t>(found - config_.plugins.begin());
  if (progress_[index] == Progress::Running) {
    std::string circle;
    for (const std::string& step : creating_) circle += step + " -> ";
    return init.fail(SHUNT_INVALID, "C504", "plugins refer to each other in a circle: " + circle + name);
  }
  const std::shared_ptr<Instance> peer = create(index);
  if (peer == nullptr) return init.fail(SHUNT_NOT_FOUND, "C504", "plugin \"" + name + "\" could not be created");
  const RegisteredType& registered = *registry_.find(peer->type());
  const void* answer = registered.description.offers(id)
                           ? registered.plugin->interface_table(peer->self(), {id.data(), id.size()})
                           : nullptr;
  if (answer == nullptr) {
    return init.fail(SHUNT_UNSUPPORTED, "C504", "plugin \"" + name + "\" does not offer " + id);
  }
  auto& peers = init.instance->peers;
  const auto known = std::ranges::find(peers, peer);
  *slot = static_cast<std::uint32_t>(known - peers.begin());
  if (known == peers.end()) peers.push_back(peer);
  *table = answer;
  *self = peer->self();
  return SHUNT_OK;
}

std::uint32_t GenerationBuilder::profile_index(std::string_view name) const {
  for (std::uint32_t i = 0; i < profile_count(); ++i) {
    if (config_.profiles[i].name == name) return i;
  }
  return SHUNT_NONE;
}

std::uint32_t GenerationBuilder::profile_count() const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(config_.profiles, [](const ProfileConfig& profile) { return !profile.is_shadow(); }));
}

bool GenerationBuilder::inject_producer_of(std::string_view name, const Instance& reader) {
  for (const auto& [type, registered] : registry_.types()) {
    const auto& names = registered.description.default_producer_of;
    if (std::ranges::find(names, name) == names.end()) continue;
    // An instance of the type that writes the column under another name, or not at all, is the user's choice.
    if (std::ranges::find(config_.plugins, type, &PluginConfig::type) != config_.plugins.end()) return false;
    PluginConfig& added = config_.inject_plugin(
        type, "because \"" + reader.name() + "\" reads " + std::string(name) + ", which nothing else writes");
    return resolve_plugin(config_, added, RegistryCatalog(registry_), diagnostics_);
  }
  return false;
}

bool GenerationBuilder::inject_default_producers() {
  // Asked once for each name: thousands of instances may read the same few.
  std::map<std::pair<std::string_view, bool>, bool> written;
  const auto is_written = [&](std::string_view name, bool value) {
    const auto [entry, fresh] = written.try_emplace({name, value});
    if (fresh) entry->second = !writers_of(instances_, name, value).empty();
    return entry->second;
  };
  for (const std::shared_ptr<Instance>& instance : instances_) {
    for (const ColumnRead& read : instance->columns) {
      if (is_written(read.name, false)) continue;
      // What is optional and belongs to the request is left out; what belongs to endpoints comes with the pages that are
      // fetched anyway.
      const bool endpoint_attribute = is_declared(config_, *attributes_, read.name);
      if ((read.required || endpoint_attribute) && inject_producer_of(read.name, *instance)) return true;
    }
    for (const ValueRead& read : instance->values) {
      if (read.required && !is_written(read.name, true) && inject_producer_of(read.name, *instance)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace shunt
