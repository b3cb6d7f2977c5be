// SPDX-License-Identifier: Apache-2.0
// library.hpp: SHUNT_PLUGIN and SHUNT_LIBRARY: from plain classes to the library's tables, manifest and entry function.
//
//   struct KvHeadroom {
//     SHUNT_PLUGIN("kv-headroom", "1.0.0", "1 - kv cache usage")
//     explicit KvHeadroom(shunt::sdk::Init& init);
//     void score(const shunt::sdk::Cycle&, shunt::sdk::View, std::span<double>) const;
//   };
//   SHUNT_LIBRARY(KvHeadroom)
//
// The interfaces that a class offers are deduced from its member functions. Optional static members of a class:
//   kParametersSchema   JSON Schema text; default: an object without parameters
//   kStability          SHUNT_STABILITY_*; default: SHUNT_STABILITY_BETA
//   kFlags              SHUNT_PLUGIN_*; default: none
//   kReads, kWrites, kDefaultProducerOf   arrays of std::string_view, columns and values whatever the parameters
//   kStateVersion       tag of the format that save_state() writes; with save_state() and load_state()
//   kExtraInterfaces    array of std::string_view; with `const void* extra_interface(std::string_view id)`, which returns
//                       tables of interfaces that this layer does not know (drafts, third parties). Their functions receive
//                       the `self` of the instance; SHUNT_SELF(Class, self) turns it into the object. What it throws counts
//                       as "no such interface".
//   kLibraryName, kLibraryVersion   of the first class: name and version of the library; default: its type and version
// SHUNT_LIBRARY_START(start, stop, Classes...) in the place of SHUNT_LIBRARY(Classes...) runs code before the first instance and
// after the last: void or Status start(const Context&), void stop(); either may be nullptr.
#pragma once

#include <shunt/abi/library.h>
#include <shunt/sdk/init.hpp>
#include <shunt/sdk/interface/explain.hpp>
#include <shunt/sdk/interface/extractor.hpp>
#include <shunt/sdk/interface/filter.hpp>
#include <shunt/sdk/interface/manifest.hpp>
#include <shunt/sdk/interface/observer.hpp>
#include <shunt/sdk/interface/picker.hpp>
#include <shunt/sdk/interface/producer.hpp>
#include <shunt/sdk/interface/profile_handler.hpp>
#include <shunt/sdk/interface/scorer.hpp>
#include <shunt/sdk/interface/shapes.hpp>
#include <shunt/sdk/interface/state.hpp>
#include <shunt/sdk/interface/swapper.hpp>

#include <array>
#include <iterator>

// Names the plugin type of a class, inside of it: kebab-case and unique, a version, one sentence. Literals.
#define SHUNT_PLUGIN(type, version, summary)            \
  static constexpr std::string_view kType = type;       \
  static constexpr std::string_view kVersion = version; \
  static constexpr std::string_view kSummary = summary;

// The object behind the `self` that a table of kExtraInterfaces is called with.
#define SHUNT_SELF(Class, self) (::shunt::sdk::detail::instance<Class>(self).plugin)

namespace shunt::sdk {
namespace [[gnu::visibility("hidden")]] detail {

inline constexpr std::size_t kKnownInterfaces = 10;

template <std::size_t kSize>
constexpr std::array<shunt_str, kSize> abi_texts(std::span<const std::string_view, kSize> list) {
  std::array<shunt_str, kSize> texts{};
  for (std::size_t i = 0; i < kSize; ++i) texts[i] = to_abi(list[i]);
  return texts;
}

template <class P>
struct Facts {
  static constexpr std::string_view schema() {
    if constexpr (requires { P::kParametersSchema; }) return P::kParametersSchema;
    return R"({"type":"object","additionalProperties":false})";
  }
  static constexpr std::uint32_t stability() {
    if constexpr (requires { P::kStability; }) return P::kStability;
    return SHUNT_STABILITY_BETA;
  }
  static constexpr std::uint32_t flags() {
    if constexpr (requires { P::kFlags; }) return P::kFlags;
    return 0;
  }
  static constexpr bool single_instance() { return (flags() & SHUNT_PLUGIN_SINGLE_INSTANCE) != 0; }
  static constexpr std::string_view stability_word() {
    switch (stability()) {
      case SHUNT_STABILITY_ALPHA: return "alpha";
      case SHUNT_STABILITY_STABLE: return "stable";
      case SHUNT_STABILITY_DEPRECATED: return "deprecated";
      default: return "beta";
    }
  }
  static constexpr std::size_t extra_count() {
    if constexpr (requires { P::kExtraInterfaces; }) return std::size(P::kExtraInterfaces);
    return 0;
  }
  struct Ids {
    std::array<std::string_view, kKnownInterfaces + extra_count()> ids{};
    std::size_t size = 0;
  };
  static constexpr Ids interface_ids() {
    Ids all;
    const auto add = [&all](bool offered, std::string_view id) {
      if (offered) all.ids[all.size++] = id;
    };
    add(Filter<P>, SHUNT_FILTER_ID);
    add(Scorer<P>, SHUNT_SCORER_ID);
    add(Picker<P>, SHUNT_PICKER_ID);
    add(ProfileHandler<P>, SHUNT_PROFILE_HANDLER_ID);
    add(Swapper<P>, SHUNT_SWAPPER_ID);
    add(Producer<P>, SHUNT_PRODUCER_ID);
    add(Observer<P>, SHUNT_OBSERVER_ID);
    add(Extractor<P>, SHUNT_EXTRACTOR_ID);
    add(Explainer<P>, SHUNT_EXPLAIN_ID);
    add(Stateful<P>, SHUNT_STATE_ID);
    if constexpr (requires { P::kExtraInterfaces; }) {
      for (const std::string_view id : P::kExtraInterfaces) add(true, id);
    }
    return all;
  }
  static constexpr std::size_t kCount = interface_ids().size;
  static constexpr std::array<std::string_view, kCount> id_list() {
    std::array<std::string_view, kCount> list{};
    const Ids all = interface_ids();
    for (std::size_t i = 0; i < kCount; ++i) list[i] = all.ids[i];
    return list;
  }
  static constexpr auto kIds = id_list();
  static constexpr std::array<shunt_str, kCount> abi_ids() { return abi_texts(std::span(std::as_const(kIds))); }
  static constexpr auto reads() {
    if constexpr (requires { P::kReads; })
      return abi_texts(std::span(std::as_const(P::kReads)));
    else
      return std::array<shunt_str, 0>{};
  }
  static constexpr auto writes() {
    if constexpr (requires { P::kWrites; })
      return abi_texts(std::span(std::as_const(P::kWrites)));
    else
      return std::array<shunt_str, 0>{};
  }
  static constexpr auto default_producer_of() {
    if constexpr (requires { P::kDefaultProducerOf; })
      return abi_texts(std::span(std::as_const(P::kDefaultProducerOf)));
    else
      return std::array<shunt_str, 0>{};
  }
};

template <class P>
struct PluginTable {
  static_assert(Facts<P>::kCount > 0,
                "this class offers no interface: it needs score(), filter(), pick(), or another function that "
                "shunt/sdk/library.hpp lists");
  static_assert(std::is_constructible_v<P, Init&>, "a plugin is constructed from shunt::sdk::Init&");

  static Status create(const shunt_create_info* info, void** self) noexcept {
    return guard(info->host, info->ctx, [&] {
      Init init(*info);
      // Memory and construction in one step, so that a constructor that throws leaves nothing behind.
      *self = new Instance<P>{info->host, P(init)};
    });
  }
  static void destroy(void* self) noexcept { delete static_cast<Instance<P>*>(self); }

  static const void* interface_table(void* self, shunt_str raw_id) noexcept {
    const std::string_view id = to_view(raw_id);
    if constexpr (Filter<P>) {
      if (id == SHUNT_FILTER_ID) return &FilterInterface<P>::kTable;
    }
    if constexpr (Scorer<P>) {
      if (id == SHUNT_SCORER_ID) return &ScorerInterface<P>::kTable;
    }
    if constexpr (Picker<P>) {
      if (id == SHUNT_PICKER_ID) return &PickerInterface<P>::kTable;
    }
    if constexpr (ProfileHandler<P>) {
      if (id == SHUNT_PROFILE_HANDLER_ID) return &ProfileHandlerInterface<P>::kTable;
    }
    if constexpr (Swapper<P>) {
      if (id == SHUNT_SWAPPER_ID) return &SwapperInterface<P>::kTable;
    }
    if constexpr (Producer<P>) {
      if (id == SHUNT_PRODUCER_ID) return &ProducerInterface<P>::kTable;
    }
    if constexpr (Observer<P>) {
      if (id == SHUNT_OBSERVER_ID) return &ObserverInterface<P>::kTable;
    }
    if constexpr (Extractor<P>) {
      if (id == SHUNT_EXTRACTOR_ID) return &ExtractorInterface<P>::kTable;
    }
    if constexpr (Explainer<P>) {
      if (id == SHUNT_EXPLAIN_ID) return &ExplainInterface<P>::kTable;
    }
    if constexpr (Stateful<P>) {
      if (id == SHUNT_STATE_ID) return &StateInterface<P>::kTable;
    }
    if constexpr (requires { P::kExtraInterfaces; }) {
      // There is no call whose error this could be: an interface that cannot be handed out is one that is not there.
      try {
        return instance<P>(self).plugin.extra_interface(id);
      } catch (...) {
      }
    }
    return nullptr;
  }

  static constexpr auto kInterfaces = Facts<P>::abi_ids();
  static constexpr auto kReads = Facts<P>::reads();
  static constexpr auto kWrites = Facts<P>::writes();
  static constexpr auto kDefaultProducerOf = Facts<P>::default_producer_of();
  static constexpr shunt_plugin kTable{sizeof(shunt_plugin),
                                       Facts<P>::flags(),
                                       to_abi(P::kType),
                                       to_abi(P::kVersion),
                                       to_abi(P::kSummary),
                                       to_abi(Facts<P>::schema()),
                                       kInterfaces.data(),
                                       static_cast<std::uint32_t>(Facts<P>::kCount),
                                       Facts<P>::stability(),
                                       &create,
                                       &destroy,
                                       &interface_table,
                                       kReads.data(),
                                       kWrites.data(),
                                       kDefaultProducerOf.data(),
                                       static_cast<std::uint32_t>(kReads.size()),
                                       static_cast<std::uint32_t>(kWrites.size()),
                                       static_cast<std::uint32_t>(kDefaultProducerOf.size()),
                                       0};
};

template <class P>
constexpr void write_plugin(ManifestWriter& out) {
  out.raw(R"({"type":)");
  out.string(P::kType);
  out.raw(R"(,"version":)");
  out.string(P::kVersion);
  out.raw(R"(,"summary":)");
  out.string(P::kSummary);
  out.raw(R"(,"stability":)");
  out.string(Facts<P>::stability_word());
  out.raw(R"(,"interfaces":)");
  out.strings(Facts<P>::id_list());
  out.raw(R"(,"parameters":)");
  out.raw(Facts<P>::schema());
  if constexpr (Facts<P>::single_instance()) out.raw(R"(,"flags":["single-instance"])");
  if constexpr (requires { P::kReads; }) {
    out.raw(R"(,"reads":)");
    out.strings(P::kReads);
  }
  if constexpr (requires { P::kWrites; }) {
    out.raw(R"(,"writes":)");
    out.strings(P::kWrites);
  }
  if constexpr (requires { P::kDefaultProducerOf; }) {
    out.raw(R"(,"default_producer_of":)");
    out.strings(P::kDefaultProducerOf);
  }
  out.raw("}");
}

// The library's own start and stop, given as functions or nullptr.
template <auto kStart>
Status library_init(const shunt_host* host, shunt_ctx* ctx) noexcept {
  return guard(host, ctx, [&] { return kStart(Context(*host, ctx)); });
}
template <auto kStart>
constexpr decltype(shunt_library::init) init_of() {
  if constexpr (std::is_null_pointer_v<decltype(kStart)>)
    return nullptr;
  else
    return &library_init<kStart>;
}
template <auto kStop>
void library_deinit() noexcept {
  try {
    kStop();
  } catch (...) {
    // The library ends: there is nobody left to tell.
  }
}
template <auto kStop>
constexpr decltype(shunt_library::deinit) deinit_of() {
  if constexpr (std::is_null_pointer_v<decltype(kStop)>)
    return nullptr;
  else
    return &library_deinit<kStop>;
}

template <auto kStart, auto kStop, class First, class... Rest>
struct LibraryTable {
  static constexpr std::string_view name() {
    if constexpr (requires { First::kLibraryName; }) return First::kLibraryName;
    return First::kType;
  }
  static constexpr std::string_view version() {
    if constexpr (requires { First::kLibraryVersion; }) return First::kLibraryVersion;
    return First::kVersion;
  }
  static constexpr void write(ManifestWriter& out) {
    out.raw(R"({"manifest":1,"library":{"name":)");
    out.string(name());
    out.raw(R"(,"version":)");
    out.string(version());
    out.raw(R"(},"abi":{"major":)");
    out.number(SHUNT_ABI_MAJOR);
    out.raw(R"(,"minor":)");
    out.number(SHUNT_ABI_MINOR);
    out.raw(R"(,"min_minor":)");
    out.number(SHUNT_ABI_MIN_MINOR);
    out.raw(R"(},"plugins":[)");
    write_plugin<First>(out);
    ((out.raw(","), write_plugin<Rest>(out)), ...);
    out.raw("]}");
  }
  static constexpr std::size_t text_size() {
    ManifestWriter counter;
    write(counter);
    return (counter.size() + 3) / 4 * 4;
  }
  static constexpr auto note() {
    check_shapes<First>();
    (check_shapes<Rest>(), ...);
    constexpr std::size_t kSize = text_size();
    ManifestNote<kSize> result{sizeof(SHUNT_MANIFEST_OWNER), kSize, SHUNT_MANIFEST_NOTE, SHUNT_MANIFEST_OWNER, {}};
    ManifestWriter out(result.text);
    write(out);
    return result;
  }

  static const shunt_plugin* describe(std::uint32_t index) noexcept {
    static constexpr const shunt_plugin* kPlugins[] = {&PluginTable<First>::kTable, &PluginTable<Rest>::kTable...};
    return index < std::size(kPlugins) ? kPlugins[index] : nullptr;
  }
  static constexpr shunt_library kTable{sizeof(shunt_library),
                                        SHUNT_ABI_MAJOR,
                                        static_cast<std::uint32_t>(SHUNT_ABI_MINOR),
                                        static_cast<std::uint32_t>(SHUNT_ABI_MIN_MINOR),
                                        to_abi(name()),
                                        to_abi(version()),
                                        1 + sizeof...(Rest),
                                        0,
                                        &describe,
                                        init_of<kStart>(),
                                        deinit_of<kStop>()};
};

}  // namespace detail
}  // namespace shunt::sdk

// Once per library, at namespace scope: offers these classes. The library takes name and version from the first, from its
// kLibraryName and kLibraryVersion where it has them.
#define SHUNT_LIBRARY(...) SHUNT_LIBRARY_START(nullptr, nullptr, __VA_ARGS__)
// As SHUNT_LIBRARY, with functions that run before the first instance and after the last.
#define SHUNT_LIBRARY_START(start, stop, ...)                                                                      \
  [[gnu::section(SHUNT_MANIFEST_SECTION), gnu::used, gnu::aligned(4)]] static constexpr auto shunt_manifest_note = \
      ::shunt::sdk::detail::LibraryTable<start, stop, __VA_ARGS__>::note();                                        \
  extern "C" SHUNT_EXPORT const shunt_library* SHUNT_LIBRARY_ENTRY(void) {                                         \
    return &::shunt::sdk::detail::LibraryTable<start, stop, __VA_ARGS__>::kTable;                                  \
  }
