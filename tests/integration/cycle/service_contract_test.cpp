// SPDX-License-Identifier: Apache-2.0
// The kit is worth something only as far as it answers as the host does: one table of answers, held against both.
#define SHUNT_LIBRARY_ENTRY contract_entry
#include "service_contract.hpp"

#include "decisions.hpp"

#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gmock/gmock.h>

using shunt::contract::Other;
using shunt::contract::Probe;
SHUNT_LIBRARY(Probe, Other)

namespace shunt::integration {
namespace {

using ::testing::HasSubstr;
namespace kit = shunt::testing;

constexpr std::int64_t kMeasured = 5'000;

const contract::Answers kExpected = {
    {"column: without a name", SHUNT_INVALID},
    {"column: unknown type", SHUNT_UNSUPPORTED},
    {"column: membership as a type", SHUNT_UNSUPPORTED},
    {"column: a label as a number", SHUNT_INVALID},
    {"column: an address as a set", SHUNT_INVALID},
    {"membership: without a name", SHUNT_INVALID},
    {"membership: unknown field", SHUNT_UNSUPPORTED},
    {"membership: in a label", SHUNT_INVALID},
    {"value: without a name", SHUNT_INVALID},
    {"value: unknown type", SHUNT_UNSUPPORTED},
    {"value: another type", SHUNT_INVALID},
    {"output: without a name", SHUNT_INVALID},
    {"output: unknown scope", SHUNT_UNSUPPORTED},
    {"output: a set of a request", SHUNT_UNSUPPORTED},
    {"output: twice", SHUNT_INVALID},
    {"output: in both scopes", SHUNT_INVALID},
    {"output_value: without a name", SHUNT_INVALID},
    {"output_value: unknown type", SHUNT_UNSUPPORTED},
    {"output_value: twice", SHUNT_INVALID},
    {"scratch: too much", SHUNT_OUT_OF_RANGE},
    {"request_state: too much", SHUNT_OUT_OF_RANGE},
    {"fetch: no path", SHUNT_INVALID},
    {"fetch: no slash", SHUNT_INVALID},
    {"fetch: too often", SHUNT_OUT_OF_RANGE},
    {"fetch: often", SHUNT_OK},
    {"fetch: an Accept header of two lines", SHUNT_INVALID},
    {"fetch: no such port", SHUNT_OUT_OF_RANGE},
    {"fetch: unknown flags", SHUNT_UNSUPPORTED},
    {"peer: unknown", SHUNT_NOT_FOUND},
    {"peer: without the interface", SHUNT_UNSUPPORTED},
    {"peer: with it", SHUNT_OK},
    {"profile: unknown", SHUNT_NOT_FOUND},
    {"profile: known", SHUNT_OK},
    {"profile_count", 4},
    {"profile_name: beyond", 0},
    {"parameter: nowhere", SHUNT_OK},
    {"parameter: nowhere is absent", 1},
    {"parameter_key: nowhere", SHUNT_NOT_FOUND},
    {"parameter_key: beyond", SHUNT_NOT_FOUND},
    {"parameter_key: not an object", SHUNT_NOT_FOUND},
    {"parameter_key: there", SHUNT_OK},
    {"counter: without a name", SHUNT_INVALID},
    {"counter: a name with a dash", SHUNT_INVALID},
    {"counter: a name that begins with a digit", SHUNT_INVALID},
    {"counter: a name that is taken", SHUNT_INVALID},
    {"counter: a name that is taken, with a label", SHUNT_OK},
    {"counter: the same label again", SHUNT_INVALID},
    {"counter: a label twice", SHUNT_INVALID},
    {"counter: a label with a dash", SHUNT_INVALID},
    {"gauge: with bounds", SHUNT_INVALID},
    {"metric: of an unknown kind", SHUNT_INVALID},
    {"histogram: falling bounds", SHUNT_INVALID},
    {"histogram: equal bounds", SHUNT_INVALID},
    {"histogram: an infinite bound", SHUNT_INVALID},
    {"histogram: a NaN among the bounds", SHUNT_INVALID},
    {"histogram: without bounds", SHUNT_OK},
    {"produce: set_value", SHUNT_OK},
    {"produce: annotate", SHUNT_UNSUPPORTED},
    {"produce: set_picks", SHUNT_UNSUPPORTED},
    {"produce: put NaN", SHUNT_UNSUPPORTED},
    {"produce: retire", SHUNT_UNSUPPORTED},
    {"produce: peer_call", SHUNT_OK},
    {"produce: peer_call, unknown slot", SHUNT_OUT_OF_RANGE},
    {"set_value: a number", SHUNT_OK},
    {"set_value: undeclared slot", SHUNT_OUT_OF_RANGE},
    {"set_value: NaN", SHUNT_INVALID},
    {"set_value: a size that ends before the type", SHUNT_INVALID},
    {"set_value: NULL", SHUNT_INVALID},
    {"set_value: another type", SHUNT_INVALID},
    {"set_value: takes it back", SHUNT_OK},
    {"set_value before SKIP", SHUNT_OK},
    {"value that was taken back is present", 0},
    {"value of a skipped call is present", 0},
    {"score: set_value", SHUNT_UNSUPPORTED},
    {"score: annotate", SHUNT_UNSUPPORTED},
    {"score: set_picks", SHUNT_UNSUPPORTED},
    {"score: put NaN", SHUNT_UNSUPPORTED},
    {"score: retire", SHUNT_UNSUPPORTED},
    {"score: peer_call", SHUNT_OK},
    {"score: peer_call, unknown slot", SHUNT_OUT_OF_RANGE},
    {"memory asked for is there", 1},
    {"memory not asked for is there", 0},
    {"age of a measured row", kMeasured},
    {"age of the other row", INT64_MAX},
    {"layout and index outside of profiles", 1},
    {"layout and index inside a profile", 0},
    {"layout of some endpoints", 0},
    {"pick_profiles: set_value", SHUNT_OK},
    {"pick_profiles: annotate", SHUNT_OK},
    {"pick_profiles: set_picks", SHUNT_UNSUPPORTED},
    {"pick_profiles: put NaN", SHUNT_UNSUPPORTED},
    {"pick_profiles: retire", SHUNT_UNSUPPORTED},
    {"pick_profiles: peer_call", SHUNT_OK},
    {"pick_profiles: peer_call, unknown slot", SHUNT_OUT_OF_RANGE},
    {"annotate: without a name", SHUNT_INVALID},
    {"annotate: a long name", SHUNT_OUT_OF_RANGE},
    {"annotate: a long text", SHUNT_OUT_OF_RANGE},
    {"annotate: the longest", SHUNT_OK},
    {"annotate: the 65th", SHUNT_OUT_OF_RANGE},
    {"annotate: another text for a known name", SHUNT_OK},
    {"annotate: a wrong kind", SHUNT_UNSUPPORTED},
    {"annotate: NULL with a length", SHUNT_OUT_OF_RANGE},
    {"retire: NULL", SHUNT_INVALID},
    {"annotate: a header of two lines", SHUNT_INVALID},
    {"annotate: a header with a space in its name", SHUNT_INVALID},
    {"annotate: port 0", SHUNT_INVALID},
    {"process_results: set_value", SHUNT_UNSUPPORTED},
    {"process_results: annotate", SHUNT_OK},
    {"process_results: set_picks", SHUNT_INVALID},
    {"process_results: put NaN", SHUNT_UNSUPPORTED},
    {"process_results: retire", SHUNT_UNSUPPORTED},
    {"process_results: peer_call", SHUNT_OK},
    {"process_results: peer_call, unknown slot", SHUNT_OUT_OF_RANGE},
    {"set_picks: no such result", SHUNT_OUT_OF_RANGE},
    {"set_picks: of a run without candidates", SHUNT_OUT_OF_RANGE},
    {"set_picks: of a failed run", SHUNT_OUT_OF_RANGE},
    {"set_picks: none", SHUNT_OUT_OF_RANGE},
    {"set_picks: more than there are", SHUNT_OUT_OF_RANGE},
    {"set_picks: one twice", SHUNT_INVALID},
    {"set_picks: a stranger", SHUNT_INVALID},
    {"set_picks: two candidates", SHUNT_OK},
    {"events: set_value", SHUNT_UNSUPPORTED},
    {"events: annotate", SHUNT_UNSUPPORTED},
    {"events: set_picks", SHUNT_UNSUPPORTED},
    {"events: put NaN", SHUNT_INVALID},
    {"events: retire", SHUNT_OK},
    {"events: peer_call", SHUNT_UNSUPPORTED},
    {"events: peer_call, unknown slot", SHUNT_UNSUPPORTED},
    {"put: a number", SHUNT_OK},
    {"put: NaN", SHUNT_INVALID},
    {"put: infinity", SHUNT_INVALID},
    {"put: unknown endpoint", SHUNT_NOT_FOUND},
    {"put: NaN for an unknown endpoint", SHUNT_INVALID},
    {"put: undeclared slot", SHUNT_OUT_OF_RANGE},
    {"put: another type", SHUNT_INVALID},
    {"put: flag 1", SHUNT_OK},
    {"put: flag 2", SHUNT_INVALID},
    {"put_absent: unknown endpoint", SHUNT_NOT_FOUND},
    {"counter after what is dropped", 0},
    {"gauge after what is dropped", 0},
};

void expect_all(const contract::Answers& given, const char* who) {
  for (const auto& [what, answer] : kExpected) {
    const auto found = given.find(what);
    EXPECT_TRUE(found != given.end()) << who << " was not asked: " << what;
    if (found == given.end()) continue;
    EXPECT_EQ(found->second, answer) << who << ": " << what;
  }
  for (const auto& [what, answer] : given) EXPECT_EQ(kExpected.count(what), 1u) << "not in the table: " << what;
}

TEST(ServiceContract, OfTheKit) {
  contract::answers().clear();
  kit::FakeHost host;
  for (const std::string_view profile : {contract::kWhole, contract::kEmpty, contract::kHalf, contract::kBroken}) {
    host.add_profile(std::string(profile));
  }
  kit::PluginUnderTest other(contract_entry, "contract-other", "{}", host, "other");
  ASSERT_TRUE(other.created()) << other.creation().error;
  other.offer_as("other");
  kit::PluginUnderTest probe(contract_entry, "contract-probe", R"({"given": 1})", host, "probe");
  ASSERT_TRUE(probe.created()) << probe.creation().error;

  kit::EndpointSet endpoints;
  endpoints.add_many(2);
  const kit::RequestBuilder request;
  probe.events(endpoints, {kit::Event(SHUNT_EVENT_COMPLETED).endpoint("pod-0").request(request)});
  endpoints.apply(host.take_cells());
  endpoints[0].as_of("measured", kMeasured);
  probe.produce(endpoints, request);
  other.produce(endpoints, request);
  EXPECT_TRUE(probe.pick_profiles(endpoints, request).intact);
  probe.score(endpoints, request);
  other.score(endpoints, request, {.profile = contract::HalfProfile, .candidates = kit::Rows{1}});
  probe.process_results(endpoints, request,
                        {.done = {{.profile = 0, .picks = {0}, .candidates = {0, 1}, .totals = {1, 1}},
                                  {.profile = 1, .status = SHUNT_UNAVAILABLE},
                                  {.profile = 2, .picks = {1}, .candidates = {1}, .totals = {1}},
                                  {.profile = 3, .status = SHUNT_ERROR, .candidates = {0}, .totals = {0}}}});
  contract::note("counter after what is dropped", static_cast<std::int64_t>(host.metric("asked_total")->value));
  contract::note("gauge after what is dropped", static_cast<std::int64_t>(host.metric("level")->value));
  expect_all(contract::answers(), "kit");
}

std::shared_ptr<const Library> contract_library() {
  static const std::shared_ptr<const Library> kLibrary = Library::from_entry(contract_entry, "contract").value();
  return kLibrary;
}

TEST(ServiceContract, OfTheHost) {
  contract::answers().clear();
  Composition composition;
  composition.library(contract_library())
      .plugin("contract-probe", "probe", {{"given", 1}})
      .plugin("contract-other", "other")
      .profile(contract::kWhole)
      .use("probe")
      .use("other");
  for (const std::string_view profile : {contract::kEmpty, contract::kHalf}) composition.profile(profile).use("other");
  composition.profile(contract::kBroken).use("other", 1.0, "fail");
  Pool pool(2);
  Deciding host(composition, pool.attributes);

  shunt_event event{};
  event.size = sizeof event;
  event.type = SHUNT_EVENT_COMPLETED;
  event.time_ns = kMeasured;
  event.endpoint = endpoint_key("pod-0");
  deliver_events(*host.generation, pool.table, std::span(&event, 1), {});
  host.decide(*pool.table.publish());
  EXPECT_TRUE(host.decision.dispatched()) << host.decision.reason;
  for (const shunt_metric& metric : host.generation->find_instance("probe")->metrics.all()) {
    const auto value = static_cast<std::int64_t>(metric.value.load());
    if (metric.name == "asked_total") contract::note("counter after what is dropped", value);
    if (metric.name == "level") contract::note("gauge after what is dropped", value);
  }
  expect_all(contract::answers(), "host");
}

// A plugin that says it made an instance, and did not.
const shunt_str kScorer = {SHUNT_SCORER_ID, sizeof(SHUNT_SCORER_ID) - 1};
const shunt_plugin kEmptyHanded = {sizeof(shunt_plugin),
                                   0,
                                   {"empty-handed", 12},
                                   {"1.0.0", 5},
                                   {"stores no instance", 18},
                                   {"{}", 2},
                                   &kScorer,
                                   1,
                                   SHUNT_STABILITY_BETA,
                                   [](const shunt_create_info*, void**) { return SHUNT_OK; },
                                   [](void*) { ADD_FAILURE() << "destroyed what was never made"; },
                                   [](void*, shunt_str) -> const void* { return nullptr; },
                                   nullptr,
                                   nullptr,
                                   nullptr,
                                   0,
                                   0,
                                   0,
                                   0};
const shunt_library kEmptyHandedLibrary = {sizeof(shunt_library),
                                           SHUNT_ABI_MAJOR,
                                           static_cast<std::uint32_t>(SHUNT_ABI_MINOR),
                                           static_cast<std::uint32_t>(SHUNT_ABI_MIN_MINOR),
                                           {"empty", 5},
                                           {"1.0.0", 5},
                                           1,
                                           0,
                                           [](std::uint32_t index) { return index == 0 ? &kEmptyHanded : nullptr; },
                                           nullptr,
                                           nullptr};
const shunt_library* empty_handed_entry() { return &kEmptyHandedLibrary; }

TEST(ServiceContract, SuccessWithoutAnInstanceIsRefusedByBoth) {
  kit::FakeHost fake;
  kit::PluginUnderTest plugin(empty_handed_entry, "empty-handed", "{}", fake);
  EXPECT_FALSE(plugin.created());
  EXPECT_THAT(plugin.creation().error, HasSubstr("stored no instance"));

  Composition composition;
  composition.library(Library::from_entry(empty_handed_entry, "empty").value())
      .library(contract_library())
      .plugin("empty-handed")
      .plugin("contract-probe", "probe")
      .plugin("contract-other", "other")
      .profile("default")
      .use("other");
  EXPECT_THAT(build_errors(composition), HasSubstr("stored no instance"));
}

}  // namespace
}  // namespace shunt::integration
