// SPDX-License-Identifier: Apache-2.0
// plugin_under_test.hpp: one instance of a plugin, created and called as the host does it, without a host.
//
//   FakeHost host;
//   PluginUnderTest plugin(shunt_library_entry_v1, "queue-scorer", "{}", host);
//   ASSERT_TRUE(plugin.created()) << plugin.creation().error;
//   EXPECT_THAT(plugin.score(endpoints, request).values, ElementsAre(1.0, 0.5));
#pragma once

#include <shunt/testing/event_builder.hpp>
#include <shunt/testing/plugin_instance.hpp>
#include <shunt/testing/swap_builder.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::testing {

// A page for extract().
struct FetchedPage {
  std::string path = "/metrics";            // one that the plugin asked for
  std::string body{};                       // absent in a failed fetch
  std::uint32_t http_status = 200;          // 0: the fetch failed
  std::string content_type = "text/plain";  // absent in a failed fetch
  std::int64_t fetched_ns = 1'000'000'000;  // on the clock of now_ns
  std::uint32_t port = 0;                   // 0: the endpoint's own
};

// A finished decision for picked().
struct FinishedDecision {
  std::uint32_t outcome = SHUNT_OUTCOME_DISPATCHED;  // SHUNT_OUTCOME_*
  std::uint32_t primary_profile = 0;                 // index
  std::optional<std::uint32_t> primary_result{};     // nothing: the last result of the primary profile
  std::uint32_t http_status = 0;                     // of a rejection
};

// An instance and its calls. An interface that it does not offer is SHUNT_UNSUPPORTED, and so no success.
class PluginUnderTest : public PluginInstance {
 public:
  // (entry function or shunt_plugin*, type, parameters as JSON, host, instance name): see PluginInstance.
  using PluginInstance::PluginInstance;

  // ---- kinds

  // Calls a scorer with the candidates of `around`.
  Scores score(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around = {});

  // Calls a filter with the candidates of `around`.
  Kept filter(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around = {});

  // `totals` by candidate.
  Picked pick(const std::vector<double>& totals, const EndpointSet& endpoints, const RequestBuilder& request,
              const Surroundings& around = {});

  // `around.done` holds the results so far. Published values stay in the host for the next call. The list has room for
  // every profile of the host, or as `room` says; an answer that names a profile beyond them is not intact.
  NextProfiles pick_profiles(const EndpointSet& endpoints, const RequestBuilder& request,
                             const Surroundings& around = {}, std::optional<std::uint32_t> room = std::nullopt);

  // `around.done` holds all results.
  Verdict process_results(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around);

  // Calls a swapper.
  Eviction eviction_for(const SwapBuilder& builder);

  // The plan is asked for first, as the host does.
  Answer swap_start(const SwapBuilder& builder, std::uint64_t ticket);

  // ---- extensions

  // Calls a producer, over all endpoints. Values stay in the host for the next call.
  Produced produce(const EndpointSet& endpoints, const RequestBuilder& request, const Surroundings& around = {});

  // Tells an observer of a decision whose runs are `around.done`.
  Annotated picked(const EndpointSet& endpoints, const RequestBuilder& request, const FinishedDecision& decision,
                   const Surroundings& around);

  // Delivers those events that the plugin wants, as one batch. Request state ends with `completed`.
  Answer events(const EndpointSet& endpoints, const std::vector<Event>& batch);

  // Cells that it writes are in host.cells(); endpoints.apply(host.take_cells()) makes the next snapshot of them.
  Answer extract(const EndpointSet& endpoints, std::string_view endpoint, const FetchedPage& page);

  // The plugin has asked for this page.
  bool fetches(std::string_view path) const;

  // Asks for reasons, as after a call of `interface_id`.
  Reasons explain(const EndpointSet& endpoints, const RequestBuilder& request, std::string_view interface_id,
                  const Surroundings& around = {});

  // Asks for the state, of at most `capacity` bytes. Without success there are no bytes.
  //
  //   EXPECT_THAT(successor.load_state(plugin.save_state()), Succeeded());
  Saved save_state(std::uint64_t capacity = std::uint64_t{256} << 20);

  // Hands it a state, as the host does right behind create(): text without a NUL, and not aligned.
  Answer load_state(std::string_view version, std::string_view bytes);
  // As above, unless saving has failed: that is the answer then.
  Answer load_state(const Saved& saved);
};

}  // namespace shunt::testing
