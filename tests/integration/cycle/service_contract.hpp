// SPDX-License-Identifier: Apache-2.0
// service_contract.hpp: two plugins that use every service of the host wrongly, once each, and note what they are told.
// Kit and host have to tell them the same.
#pragma once

#include <shunt/sdk/library.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace shunt::contract {

// What a plugin was told, by what it did. Statuses mostly, now and then a number that it read.
using Answers = std::map<std::string, std::int64_t>;

// Of the run that is under way.
inline Answers& answers() {
  static Answers kAnswers;
  return kAnswers;
}
inline void note(const std::string& what, std::int64_t answer) { answers()[what] = answer; }

using sdk::to_abi;

// The profiles, in this order.
inline constexpr std::string_view kWhole = "whole", kEmpty = "empty", kHalf = "half", kBroken = "broken";
enum Profile : std::uint32_t { WholeProfile, EmptyProfile, HalfProfile, BrokenProfile };

class Probe {
 public:
  SHUNT_PLUGIN("contract-probe", "1.0.0", "uses every service wrongly once")
  static constexpr std::string_view kParametersSchema =
      R"({"type":"object","properties":{"given":{"type":"number"}},"additionalProperties":false})";
  static constexpr std::uint64_t kWants = SHUNT_EVENT_BIT(SHUNT_EVENT_COMPLETED);

  explicit Probe(sdk::Init& init)
      : withdrawn_(init.output_value<double>("withdrawn")),
        read_(init.value<double>("withdrawn", SHUNT_OPTIONAL)),
        number_(init.endpoint_output<double>("measured")),
        flag_(init.endpoint_output<sdk::Flag>("switched")),
        measured_(init.optional_column<double>("measured")),
        counter_(init.counter("asked_total", "")),
        gauge_(init.gauge("level", "")) {
    init.scratch(64);
    init.request_state(16);
    declare(init.host(), init.raw().init);
    look_up(init.host(), init.raw().init);
    register_metrics(init.host(), init.raw().init);
  }

  void produce(const sdk::Cycle& cycle, sdk::View base, const sdk::Outputs&) const {
    effects("produce", cycle);
    note("layout and index outside of profiles", base.layout() != 0 && base.raw().row_index != nullptr);
    shunt_value value{sizeof(shunt_value), SHUNT_VALUE_NUMBER, 1, 0, 2.5, 0, {nullptr, 0}};
    const auto set = [&](std::uint32_t slot) { return cycle.host().set_value(cycle.raw_context(), slot, &value); };
    note("set_value: a number", set(0));
    note("set_value: undeclared slot", set(7));
    value.number = std::numeric_limits<double>::quiet_NaN();
    note("set_value: NaN", set(0));
    value.type = SHUNT_VALUE_TEXT;
    note("set_value: another type", set(0));
    value.type = SHUNT_VALUE_NUMBER;
    value.size = 8;
    note("set_value: a size that ends before the type", set(0));
    value.size = sizeof value;
    note("set_value: NULL", cycle.host().set_value(cycle.raw_context(), 0, nullptr));
    value.present = 0;
    note("set_value: takes it back", set(0));
  }
  void score(const sdk::Cycle& cycle, sdk::View view, std::span<double>) const {
    effects("score", cycle);
    note("value that was taken back is present", read_(cycle).has_value());
    note("memory asked for is there", cycle.scratch() != nullptr && cycle.request_state() != nullptr);
    const auto ages = measured_(view).raw().as_of_ns;
    note("age of a measured row", ages == nullptr ? -1 : ages[0]);
    note("age of the other row", ages == nullptr ? -1 : ages[1]);
    note("layout and index inside a profile", view.layout() != 0 || view.raw().row_index != nullptr);
    cycle.metric_add(counter_, -1);
    cycle.metric_set(counter_, 9);
    cycle.metric_add(counter_, std::numeric_limits<double>::infinity());
    cycle.metric_set(gauge_, std::numeric_limits<double>::quiet_NaN());
    cycle.metric_add(nullptr, 1);
  }
  void pick_profiles(const sdk::Cycle& cycle, sdk::View, sdk::ProfileList& next) const {
    if (!cycle.results().empty()) return;
    effects("pick_profiles", cycle);
    note("annotate: without a name", sdk::annotate(cycle, "", "x"));
    note("annotate: a long name", sdk::annotate(cycle, std::string(129, 'n'), "x"));
    note("annotate: a long text", sdk::annotate(cycle, "x", std::string(4097, 't')));
    note("annotate: the longest", sdk::annotate(cycle, std::string(128, 'n'), std::string(4096, 't')));
    for (int i = 0; i < 63; ++i) sdk::annotate(cycle, "note " + std::to_string(i), "x");
    note("annotate: the 65th", sdk::annotate(cycle, "one too many", "x"));
    note("annotate: another text for a known name", sdk::annotate(cycle, "note 0", "y"));
    note("annotate: NULL with a length",
         cycle.host().annotate(cycle.raw_context(), SHUNT_NOTE_INFO, to_abi("n"), shunt_str{nullptr, 5}));
    note("annotate: a wrong kind", cycle.host().annotate(cycle.raw_context(), 9, to_abi("n"), to_abi("t")));
    note("annotate: a header of two lines", sdk::set_request_header(cycle, "note", "a\r\nb: c"));
    note("annotate: a header with a space in its name", sdk::set_response_header(cycle, "a b", "x"));
    note("annotate: port 0", sdk::set_target_port(cycle, 0));
    for (const Profile profile : {WholeProfile, EmptyProfile, HalfProfile, BrokenProfile}) next.add(profile);
  }
  void process_results(const sdk::Cycle& cycle, sdk::View, sdk::Outcome& outcome) const {
    effects("process_results", cycle);
    const std::array<std::uint32_t, 3> rows{0, 0, 1};
    const auto pick = [&](std::size_t result, std::size_t first, std::size_t n) {
      return sdk::set_picks(cycle, result, std::span(rows).subspan(first, n));
    };
    note("set_picks: no such result", pick(4, 0, 1));
    note("set_picks: of a run without candidates", pick(EmptyProfile, 0, 1));
    note("set_picks: of a failed run", pick(BrokenProfile, 0, 1));
    note("set_picks: none", pick(WholeProfile, 0, 0));
    note("set_picks: more than there are", pick(WholeProfile, 0, 3));
    note("set_picks: one twice", pick(WholeProfile, 0, 2));
    note("set_picks: a stranger", pick(HalfProfile, 0, 1));
    note("set_picks: two candidates", pick(WholeProfile, 1, 2));
    outcome.choose(WholeProfile);
  }
  void events(const sdk::Context& context, const sdk::Events& batch) const {
    effects("events", context);
    const std::uint64_t key = batch[0].endpoint;
    const shunt_host& host = context.host();
    shunt_ctx* ctx = context.raw_context();
    note("retire: NULL", host.retire(ctx, nullptr, nullptr));
    note("put: a number", number_.put(context, key, 4.0));
    note("put: NaN", number_.put(context, key, std::numeric_limits<double>::quiet_NaN()));
    note("put: infinity", number_.put(context, key, std::numeric_limits<double>::infinity()));
    note("put: unknown endpoint", number_.put(context, ~key, 1.0));
    note("put: NaN for an unknown endpoint", number_.put(context, ~key, std::numeric_limits<double>::quiet_NaN()));
    note("put: undeclared slot", host.put_number(ctx, 9, key, 1.0));
    note("put: another type", host.put_number(ctx, 1, key, 1.0));
    note("put: flag 1", flag_.put(context, key, true));
    note("put: flag 2", host.put_flag(ctx, 1, key, 2));
    note("put_absent: unknown endpoint", flag_.put_absent(context, ~key));
  }

 private:
  // What is not allowed everywhere.
  static void effects(const std::string& stage, const sdk::Context& context) {
    const shunt_host& host = context.host();
    shunt_ctx* ctx = context.raw_context();
    const shunt_value value{sizeof(shunt_value), SHUNT_VALUE_NUMBER, 0, 0, 0.0, 0, {nullptr, 0}};
    const std::uint32_t row = 99;
    note(stage + ": set_value", host.set_value(ctx, 0, &value));
    note(stage + ": annotate", host.annotate(ctx, SHUNT_NOTE_INFO, to_abi("note 0"), to_abi("x")));
    note(stage + ": retire", host.retire(
                                 ctx, [](void*) {}, nullptr));
    const shunt_cycle* cycle = nullptr;
    const shunt_view* base = nullptr;
    note(stage + ": peer_call", host.peer_call(ctx, 0, &cycle, &base));
    note(stage + ": peer_call, unknown slot", host.peer_call(ctx, 9, &cycle, &base));
    note(stage + ": set_picks", host.set_picks(ctx, 0, &row, 1));
    note(stage + ": put NaN", host.put_number(ctx, 0, 1, std::numeric_limits<double>::quiet_NaN()));
  }
  static void declare(const shunt_host& host, shunt_init* init) {
    std::uint32_t slot = 0;
    const auto column = [&](const char* name, std::uint32_t type) {
      return host.column(init, to_abi(name), type, SHUNT_OPTIONAL, &slot);
    };
    note("column: without a name", column("", SHUNT_COLUMN_NUMBER));
    note("column: unknown type", column("c", 99));
    note("column: membership as a type", column("c", SHUNT_COLUMN_MEMBERSHIP));
    note("column: a label as a number", column("label:x", SHUNT_COLUMN_NUMBER));
    note("column: an address as a set", column("endpoint:address", SHUNT_COLUMN_SET));
    note("membership: without a name", host.membership(init, to_abi(""), SHUNT_FIELD_MODEL, SHUNT_OPTIONAL, &slot));
    note("membership: unknown field", host.membership(init, to_abi("s"), 9, SHUNT_OPTIONAL, &slot));
    note("membership: in a label", host.membership(init, to_abi("label:x"), SHUNT_FIELD_MODEL, SHUNT_OPTIONAL, &slot));
    note("value: without a name", host.value(init, to_abi(""), SHUNT_VALUE_TEXT, SHUNT_OPTIONAL, &slot));
    note("value: unknown type", host.value(init, to_abi("v"), 9, SHUNT_OPTIONAL, &slot));
    note("value: another type", host.value(init, to_abi("withdrawn"), SHUNT_VALUE_TEXT, SHUNT_OPTIONAL, &slot));
    const auto output = [&](const char* name, std::uint32_t type, std::uint32_t scope) {
      return host.output(init, to_abi(name), type, scope, &slot);
    };
    note("output: without a name", output("", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST));
    note("output: unknown scope", output("o", SHUNT_COLUMN_NUMBER, 9));
    note("output: a set of a request", output("o", SHUNT_COLUMN_SET, SHUNT_SCOPE_REQUEST));
    note("output: twice", output("measured", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT));
    note("output: in both scopes", output("measured", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST));
    note("output_value: without a name", host.output_value(init, to_abi(""), SHUNT_VALUE_TEXT, &slot));
    note("output_value: unknown type", host.output_value(init, to_abi("v"), 9, &slot));
    note("output_value: twice", host.output_value(init, to_abi("withdrawn"), SHUNT_VALUE_NUMBER, &slot));
    note("scratch: too much", host.scratch(init, (std::uint64_t{16} << 20) + 1));
    note("request_state: too much", host.request_state(init, (std::uint64_t{64} << 10) + 1));
    const auto fetch = [&](const char* path, std::int64_t interval_ns, std::uint32_t port = 0,
                           std::uint32_t flags = 0) {
      const shunt_fetch page{sizeof(shunt_fetch), port, to_abi(path), {nullptr, 0}, interval_ns, flags, 0};
      return host.fetch(init, &page);
    };
    note("fetch: no path", fetch("", 50'000'000));
    note("fetch: no slash", fetch("metrics", 50'000'000));
    note("fetch: too often", fetch("/metrics", 49'999'999));
    note("fetch: often", fetch("/metrics", 50'000'000));
    const shunt_fetch two_lines{sizeof(shunt_fetch), 0, to_abi("/metrics"), to_abi("a\r\nb: c"), 50'000'000, 0, 0};
    note("fetch: an Accept header of two lines", host.fetch(init, &two_lines));
    note("fetch: no such port", fetch("/metrics", 50'000'000, 65536));
    note("fetch: unknown flags", fetch("/metrics", 50'000'000, 0, 2));
  }
  static void look_up(const shunt_host& host, shunt_init* init) {
    const void* table = nullptr;
    void* self = nullptr;
    std::uint32_t index = 0;
    const auto peer = [&](const char* ref, const char* id) {
      return host.peer(init, to_abi(ref), to_abi(id), &table, &self, &index);
    };
    note("peer: unknown", peer("nobody", SHUNT_SCORER_ID));
    note("peer: without the interface", peer("other", SHUNT_SWAPPER_ID));
    note("peer: with it", peer("other", SHUNT_SCORER_ID));
    note("profile: unknown", host.profile(init, to_abi("nobody's"), &index));
    note("profile: known", host.profile(init, to_abi(kHalf), &index));
    note("profile_count", host.profile_count(init));
    note("profile_name: beyond", sdk::is_present(host.profile_name(init, 4)));
    shunt_parameter out{sizeof(shunt_parameter), 77, 7.0, {"left over", 9}, 7};
    note("parameter: nowhere", host.parameter(init, to_abi("/nowhere"), &out));
    note("parameter: nowhere is absent",
         out.type == SHUNT_PARAMETER_ABSENT && out.number == 0.0 && out.length == 0 && out.text.data == nullptr);
    note("parameter_key: nowhere", host.parameter_key(init, to_abi("/nowhere"), 0, &out));
    note("parameter_key: beyond", host.parameter_key(init, to_abi(""), 1, &out));
    note("parameter_key: not an object", host.parameter_key(init, to_abi("/given"), 0, &out));
    note("parameter_key: there", host.parameter_key(init, to_abi(""), 0, &out));
  }
  static void register_metrics(const shunt_host& host, shunt_init* init) {
    shunt_metric* metric = nullptr;
    shunt_metric_spec spec{sizeof spec, SHUNT_METRIC_COUNTER, {nullptr, 0}, to_abi(""), nullptr, nullptr, 0, 0};
    const auto counter = [&](const char* name) {
      spec.name = to_abi(name);
      return host.metric(init, &spec, &metric);
    };
    note("counter: without a name", counter(""));
    note("counter: a name with a dash", counter("a-b"));
    note("counter: a name that begins with a digit", counter("1st"));
    note("counter: a name that is taken", counter("level"));
    const shunt_pair labels[] = {{to_abi("a"), to_abi("1")}, {to_abi("a"), to_abi("2")}, {to_abi("a-b"), to_abi("")}};
    const auto labelled = [&](std::size_t first, std::uint32_t n) {
      shunt_metric_spec with = spec;
      with.name = to_abi("asked_total");
      with.labels = labels + first;
      with.n_labels = n;
      return host.metric(init, &with, &metric);
    };
    note("counter: a name that is taken, with a label", labelled(0, 1));
    note("counter: the same label again", labelled(0, 1));
    note("counter: a label twice", labelled(0, 2));
    note("counter: a label with a dash", labelled(2, 1));
    const auto histogram = [&](std::vector<double> bounds, std::uint32_t kind = SHUNT_METRIC_HISTOGRAM) {
      spec.kind = kind;
      spec.name = to_abi("spread");
      spec.bounds = bounds.data();
      spec.n_bounds = static_cast<std::uint32_t>(bounds.size());
      return host.metric(init, &spec, &metric);
    };
    note("gauge: with bounds", histogram({1}, SHUNT_METRIC_GAUGE));
    note("metric: of an unknown kind", histogram({}, 9));
    note("histogram: falling bounds", histogram({2, 1}));
    note("histogram: equal bounds", histogram({1, 1}));
    note("histogram: an infinite bound", histogram({1, std::numeric_limits<double>::infinity()}));
    note("histogram: a NaN among the bounds", histogram({std::numeric_limits<double>::quiet_NaN()}));
    note("histogram: without bounds", histogram({}));
  }

  sdk::OutputValue<double> withdrawn_;
  sdk::Value<double> read_;
  sdk::EndpointOutput<double> number_;
  sdk::EndpointOutput<sdk::Flag> flag_;
  sdk::Column<double> measured_;
  shunt_metric *counter_, *gauge_;
};

// Asks for no memory; drops endpoints, fails and skips where the contract is about that.
class Other {
 public:
  SHUNT_PLUGIN("contract-other", "1.0.0", "makes the runs that the probe looks at")
  explicit Other(sdk::Init& init)
      : half_done_(init.output_value<double>("half_done")), read_(init.value<double>("half_done", SHUNT_OPTIONAL)) {}

  sdk::Status produce(const sdk::Cycle& cycle, sdk::View, const sdk::Outputs&) const {
    note("set_value before SKIP", half_done_.set(cycle, 1.0));
    return SHUNT_SKIP;
  }
  void filter(const sdk::Cycle& cycle, sdk::View, std::span<std::uint8_t> keep) const {
    for (std::size_t i = 0; i < keep.size(); ++i) {
      keep[i] = cycle.profile() != EmptyProfile && !(cycle.profile() == HalfProfile && i == 0);
    }
  }
  sdk::Status score(const sdk::Cycle& cycle, sdk::View view, std::span<double> score) const {
    std::fill(score.begin(), score.end(), 1.0);
    note("memory not asked for is there", cycle.scratch() != nullptr || cycle.request_state() != nullptr);
    note("value of a skipped call is present", read_(cycle).has_value());
    if (cycle.profile() == HalfProfile) note("layout of some endpoints", static_cast<std::int64_t>(view.layout()));
    return cycle.profile() == BrokenProfile ? cycle.fail("broken on purpose") : SHUNT_OK;
  }
  void pick(const sdk::Cycle&, sdk::View, std::span<const double>, sdk::Picks& picks) const { picks.add(0); }

 private:
  sdk::OutputValue<double> half_done_;
  sdk::Value<double> read_;
};

}  // namespace shunt::contract
