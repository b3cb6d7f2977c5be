// SPDX-License-Identifier: Apache-2.0
// scripted_library.hpp: a library linked into the test whose plugins do what the test says, also what no SDK would let
// them do: the tables are written by hand.
//
//   ScriptedLibrary library;
//   library.add("reader", {SHUNT_SCORER_ID}, [](Scripted& self) { return self.host().column(...); });
//   composition.library(library.load());
#pragma once

#include <shunt/abi/abi.h>
#include <shunt/framework/library.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shunt::testing {

struct ScriptedType;

inline shunt_str abi_text(std::string_view text) { return {text.data(), text.size()}; }

// One instance, while it is created and after. The functions are what its tables call; an empty one does nothing.
struct Scripted {
  ScriptedType* type = nullptr;
  const shunt_create_info* info = nullptr;  // only while it is created
  std::function<void(shunt_ctx*, const shunt_event*, std::uint32_t)> events;
  std::function<std::int32_t(shunt_ctx*, const shunt_page*)> extract;
  std::function<std::int32_t(shunt_ctx*, const shunt_swap_query*, shunt_swap_plan*)> evict;
  std::function<std::int32_t(const shunt_cycle*, const shunt_view*)> score;
  std::function<std::int32_t()> act;                                             // for tables that a test brings itself
  std::function<std::int32_t(shunt_state_stream&)> save;                         // of SHUNT_STATE_ID
  std::function<std::int32_t(std::string_view version, std::string_view)> load;  // likewise
  std::function<void()> destroyed;

  const shunt_host& host() const { return *info->host; }
  std::int32_t read(std::string_view name, std::uint32_t type_of, std::uint32_t requirement) const {
    std::uint32_t slot = 0;
    return host().column(info->init, abi_text(name), type_of, requirement, &slot);
  }
  std::int32_t read_value(std::string_view name, std::uint32_t type_of, std::uint32_t requirement) const {
    std::uint32_t slot = 0;
    return host().value(info->init, abi_text(name), type_of, requirement, &slot);
  }
  std::int32_t write(std::string_view name, std::uint32_t type_of, std::uint32_t scope) const {
    std::uint32_t slot = 0;
    return host().output(info->init, abi_text(name), type_of, scope, &slot);
  }
  std::int32_t fetch(shunt_str path, std::int64_t interval_ns) const {
    const shunt_fetch page{sizeof(shunt_fetch), 0, path, {nullptr, 0}, interval_ns, 0, 0};
    return host().fetch(info->init, &page);
  }
  std::int32_t measure(shunt_metric_spec spec) const {
    shunt_metric* metric = nullptr;
    spec.size = sizeof spec;
    return host().metric(info->init, &spec, &metric);
  }
  std::int32_t write_value(std::string_view name, std::uint32_t type_of) const {
    std::uint32_t slot = 0;
    return host().output_value(info->init, abi_text(name), type_of, &slot);
  }
};

struct ScriptedType {
  std::string name;
  std::vector<std::string> interfaces;
  std::vector<shunt_str> interface_texts;
  std::function<std::int32_t(Scripted&)> create;
  std::map<std::string, const void*, std::less<>> tables;
  std::uint64_t wants = ~std::uint64_t{0};
  shunt_observer_table observer{};
  shunt_state_table state{};
  shunt_plugin table{};
};

namespace scripted {

inline std::int32_t filter(void*, const shunt_cycle*, const shunt_view*, std::uint8_t*) { return SHUNT_SKIP; }
inline std::int32_t score(void* self, const shunt_cycle* cycle, const shunt_view* view, double*) {
  const auto& script = static_cast<Scripted*>(self)->score;
  return script ? script(cycle, view) : SHUNT_SKIP;
}
inline std::int32_t pick(void*, const shunt_cycle*, const shunt_view*, const double*, std::uint32_t*, std::uint32_t,
                         std::uint32_t*) {
  return SHUNT_SKIP;
}
inline std::int32_t pick_profiles(void*, const shunt_cycle*, const shunt_view*, std::uint32_t*, std::uint32_t,
                                  std::uint32_t*) {
  return SHUNT_OK;
}
inline std::int32_t process_results(void*, const shunt_cycle*, const shunt_view*, shunt_outcome*) { return SHUNT_OK; }
inline std::int32_t produce(void*, const shunt_cycle*, const shunt_view*, shunt_output*, std::uint32_t, std::uint32_t) {
  return SHUNT_SKIP;
}
inline std::int32_t evict(void* self, shunt_ctx* ctx, const shunt_swap_query* query, shunt_swap_plan* plan) {
  const auto& script = static_cast<Scripted*>(self)->evict;
  return script ? script(ctx, query, plan) : SHUNT_OK;
}
inline void events(void* self, shunt_ctx* ctx, const shunt_event* events, std::uint32_t n, std::uint32_t) {
  if (const auto& script = static_cast<Scripted*>(self)->events) script(ctx, events, n);
}
inline std::int32_t extract(void* self, shunt_ctx* ctx, const shunt_page* page) {
  const auto& script = static_cast<Scripted*>(self)->extract;
  return script ? script(ctx, page) : SHUNT_OK;
}

inline std::int32_t save(void* self, shunt_ctx*, shunt_state_stream* stream) {
  const auto& script = static_cast<Scripted*>(self)->save;
  return script ? script(*stream) : SHUNT_OK;
}
inline std::int32_t load(void* self, shunt_ctx*, shunt_str version, const void* data, std::uint64_t size) {
  const auto& script = static_cast<Scripted*>(self)->load;
  return script ? script({version.data, version.len}, {static_cast<const char*>(data), size}) : SHUNT_OK;
}

inline constexpr shunt_filter_table kFilter{sizeof(shunt_filter_table), 0, filter};
inline constexpr shunt_scorer_table kScorer{sizeof(shunt_scorer_table), 0, score};
inline constexpr shunt_picker_table kPicker{sizeof(shunt_picker_table), 0, pick};
inline constexpr shunt_profile_handler_table kHandler{sizeof(shunt_profile_handler_table), 0, pick_profiles,
                                                      process_results};
inline constexpr shunt_swapper_table kSwapper{sizeof(shunt_swapper_table), 0, evict, nullptr};
inline constexpr shunt_producer_table kProducer{sizeof(shunt_producer_table), 0, produce};
inline constexpr shunt_extractor_table kExtractor{sizeof(shunt_extractor_table), 0, extract};

// Functions of the C ABI carry no context, so every type takes a place whose number is part of its functions.
inline constexpr std::size_t kPlaces = 48;
inline std::array<ScriptedType*, kPlaces> places{};

template <std::size_t Place>
std::int32_t create(const shunt_create_info* info, void** self) {
  auto made = std::make_unique<Scripted>();
  made->type = places[Place];
  made->info = info;
  if (made->type->create) {
    if (const std::int32_t status = made->type->create(*made); status != SHUNT_OK) return status;
  }
  made->info = nullptr;
  *self = made.release();
  return SHUNT_OK;
}
inline void destroy(void* self) {
  const std::unique_ptr<Scripted> gone(static_cast<Scripted*>(self));
  if (gone->destroyed) gone->destroyed();
}
inline const void* table(void* self, shunt_str id) {
  const auto& tables = static_cast<Scripted*>(self)->type->tables;
  const auto found = tables.find(std::string_view(id.data, id.len));
  return found == tables.end() ? nullptr : found->second;
}

template <std::size_t... Place>
constexpr auto creators(std::index_sequence<Place...>) {
  return std::array<std::int32_t (*)(const shunt_create_info*, void**), kPlaces>{create<Place>...};
}
inline constexpr auto kCreators = creators(std::make_index_sequence<kPlaces>());

inline shunt_library* entry_table = nullptr;
inline std::vector<ScriptedType*> described;

}  // namespace scripted

// Must live longer than every generation that is built with it, and holds one load() at most.
class ScriptedLibrary {
 public:
  ~ScriptedLibrary() {
    for (const auto& type : types_) *std::ranges::find(scripted::places, type.get()) = nullptr;
  }
  ScriptedLibrary() = default;
  ScriptedLibrary(const ScriptedLibrary&) = delete;
  ScriptedLibrary& operator=(const ScriptedLibrary&) = delete;

  // An instance offers the given interfaces with tables that call the functions of Scripted.
  ScriptedType& add(std::string name, std::vector<std::string> interfaces,
                    std::function<std::int32_t(Scripted&)> create = {}) {
    auto type = std::make_unique<ScriptedType>();
    type->name = std::move(name);
    type->interfaces = std::move(interfaces);
    type->create = std::move(create);
    const auto place = std::ranges::find(scripted::places, nullptr);
    if (place == scripted::places.end()) throw std::runtime_error("too many scripted plugin types");
    *place = type.get();
    type->observer = {sizeof(shunt_observer_table), 0, type->wants, nullptr, scripted::events};
    type->state = {sizeof(shunt_state_table), 0, SHUNT_LITERAL("v1"), scripted::save, scripted::load};
    type->tables = {{SHUNT_FILTER_ID, &scripted::kFilter},   {SHUNT_SCORER_ID, &scripted::kScorer},
                    {SHUNT_PICKER_ID, &scripted::kPicker},   {SHUNT_PROFILE_HANDLER_ID, &scripted::kHandler},
                    {SHUNT_SWAPPER_ID, &scripted::kSwapper}, {SHUNT_PRODUCER_ID, &scripted::kProducer},
                    {SHUNT_OBSERVER_ID, &type->observer},    {SHUNT_EXTRACTOR_ID, &scripted::kExtractor},
                    {SHUNT_STATE_ID, &type->state}};
    for (const std::string& id : type->interfaces) type->interface_texts.push_back(abi_text(id));
    shunt_plugin& table = type->table;
    table.size = sizeof table;
    table.type = abi_text(type->name);
    table.version = SHUNT_LITERAL("1.0.0");
    table.summary = SHUNT_LITERAL("what the test says");
    table.parameters_schema = SHUNT_LITERAL(R"({"type": "object"})");
    table.interfaces = type->interface_texts.data();
    table.n_interfaces = static_cast<std::uint32_t>(type->interface_texts.size());
    table.stability = SHUNT_STABILITY_STABLE;
    table.create = scripted::kCreators[static_cast<std::size_t>(place - scripted::places.begin())];
    table.destroy = scripted::destroy;
    table.interface_table = scripted::table;
    types_.push_back(std::move(type));
    return *types_.back();
  }

  std::int32_t (*init)(const shunt_host*, shunt_ctx*) = nullptr;
  void (*deinit)() = nullptr;

  std::shared_ptr<const Library> load() {
    library_.size = sizeof library_;
    library_.abi_major = SHUNT_ABI_MAJOR;
    library_.abi_minor = static_cast<std::uint32_t>(SHUNT_ABI_MINOR_CURRENT);
    library_.abi_min_minor = library_.abi_minor;
    library_.name = SHUNT_LITERAL("scripted");
    library_.version = SHUNT_LITERAL("1.0.0");
    library_.plugin_count = static_cast<std::uint32_t>(types_.size());
    library_.describe = [](std::uint32_t index) -> const shunt_plugin* {
      return index < scripted::described.size() ? &scripted::described[index]->table : nullptr;
    };
    library_.init = init;
    library_.deinit = deinit;
    scripted::described.clear();
    for (const auto& type : types_) scripted::described.push_back(type.get());
    scripted::entry_table = &library_;
    const shunt_library_entry entry = []() -> const shunt_library* { return scripted::entry_table; };
    return Library::from_entry(entry, "scripted").value();
  }

 private:
  std::vector<std::unique_ptr<ScriptedType>> types_;
  shunt_library library_{};
};

}  // namespace shunt::testing
