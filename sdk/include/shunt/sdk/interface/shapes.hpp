// SPDX-License-Identifier: Apache-2.0
// interface/shapes.hpp: catches the near miss: a function of the right name whose shape does not fit would otherwise be
// ignored in silence, and the interface be missing without a word.
#pragma once

#include <shunt/sdk/interface/explain.hpp>
#include <shunt/sdk/interface/extractor.hpp>
#include <shunt/sdk/interface/filter.hpp>
#include <shunt/sdk/interface/observer.hpp>
#include <shunt/sdk/interface/picker.hpp>
#include <shunt/sdk/interface/producer.hpp>
#include <shunt/sdk/interface/profile_handler.hpp>
#include <shunt/sdk/interface/scorer.hpp>
#include <shunt/sdk/interface/state.hpp>
#include <shunt/sdk/interface/swapper.hpp>

#include <type_traits>

namespace shunt::sdk {
namespace [[gnu::visibility("hidden")]] detail {

// Every name that makes an interface, as a data member.
struct InterfaceNames {
  int filter, score, pick, pick_profiles, process_results, eviction_for, on_swap_start, produce, picked, events,
      extract, explain, save_state, load_state, extra_interface;
};

// A name that P has too is ambiguous here, be it overloaded, a template or private: &P::name tells of none of these.
template <class P>
struct Ambiguous : P, InterfaceNames {};
// From a final class nothing can be derived; there the address has to do.
template <class P>
using NamesOf = std::conditional_t<std::is_final_v<P>, std::type_identity<P>, std::type_identity<Ambiguous<P>>>;

// The name is there, and no public data member, which is nobody's interface.
#define SHUNT_NAMES(name)                                                                                  \
  (                                                                                                        \
      requires { &P::name; } ? !requires { requires std::is_member_object_pointer_v<decltype(&P::name)>; } \
                             : !std::is_final_v<P> && !requires { &NamesOf<P>::type::name; })

template <class P>
consteval void check_shapes() {
  static_assert(!SHUNT_NAMES(filter) || Filter<P>,
                "filter() must be: void filter(const Cycle&, View, std::span<std::uint8_t> keep) const; public");
  static_assert(!SHUNT_NAMES(score) || Scorer<P>,
                "score() must be: void score(const Cycle&, View, std::span<double> score) const; public");
  static_assert(!SHUNT_NAMES(pick) || Picker<P>,
                "pick() must be: void pick(const Cycle&, View, std::span<const double> totals, Picks&) const; public");
  static_assert(!SHUNT_NAMES(pick_profiles) || ProfileHandler<P>,
                "pick_profiles() must be: void pick_profiles(const Cycle&, View, ProfileList&) const, beside "
                "void process_results(const Cycle&, View, Outcome&) const; public");
  static_assert(!SHUNT_NAMES(process_results) || ProfileHandler<P>,
                "process_results() must be: void process_results(const Cycle&, View, Outcome&) const, beside "
                "void pick_profiles(const Cycle&, View, ProfileList&) const; public");
  static_assert(!SHUNT_NAMES(eviction_for) || Swapper<P>,
                "eviction_for() must be: void eviction_for(const SwapQuery&, SwapPlan&) const; public");
  static_assert(
      !SHUNT_NAMES(on_swap_start) || SwapStarter<P>,
      "on_swap_start() must be: void on_swap_start(const SwapQuery&, const shunt_swap_plan&, std::uint64_t ticket), "
      "beside eviction_for(); public");
  static_assert(!SHUNT_NAMES(produce) || Producer<P>,
                "produce() must be: void produce(const Cycle&, View, const Outputs&) const; public");
  static_assert(!SHUNT_NAMES(picked) || PickObserver<P>,
                "picked() must be: void picked(const Cycle&, View, const Decision&) const; public");
  static_assert(!SHUNT_NAMES(events) || EventObserver<P>,
                "events() must be: void events(const Context&, const Events&), beside static constexpr std::uint64_t "
                "kWants; public");
  static_assert(!SHUNT_NAMES(extract) || Extractor<P>,
                "extract() must be: void extract(const Context&, const Page&); public");
  static_assert(!SHUNT_NAMES(explain) || Explainer<P>,
                "explain() must be: void explain(const Cycle&, View, std::string_view interface_id, "
                "std::span<shunt_str> reason) const; public");
  static_assert(!SHUNT_NAMES(save_state) || Stateful<P>,
                "save_state() must be: void save_state(const Context&, StateWriter&) const, beside load_state() and "
                "static constexpr std::string_view kStateVersion; public");
  static_assert(!SHUNT_NAMES(load_state) || Stateful<P>,
                "load_state() must be: void load_state(const Context&, const SavedState&), beside save_state() and "
                "static constexpr std::string_view kStateVersion; public");
  static_assert(
      !SHUNT_NAMES(extra_interface) || requires { P::kExtraInterfaces; },
      "extra_interface() is asked for the ids in kExtraInterfaces: list them there");
}

#undef SHUNT_NAMES

}  // namespace detail
}  // namespace shunt::sdk
