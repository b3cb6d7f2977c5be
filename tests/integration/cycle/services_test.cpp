// SPDX-License-Identifier: Apache-2.0
// What plugins may ask of the framework, and what it tells them: notes, request state, events, the base view, metrics.
#define SHUNT_LIBRARY_ENTRY services_entry
#include <shunt/sdk/library.hpp>

#include "decisions.hpp"

#include <gmock/gmock.h>

#include <shunt/framework/decision_json.hpp>
#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/extraction.hpp>
#include <shunt/framework/instance.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

namespace shunt::integration {
namespace {

using sdk::Context;
using sdk::Cycle;
using sdk::Init;
using sdk::Status;
using sdk::View;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What a test wants to happen in a call, and what it saw there.
struct Script {
  std::function<void(Init&)> create;
  std::function<void(const Cycle&, View, const sdk::Decision&)> picked;
  std::function<void(const Cycle&)> produce;
  std::function<void(const Context&, const sdk::Events&)> events;
  std::function<void(const Context&, const sdk::Page&)> extract;
  std::function<void(const Cycle&, View)> score;
};
Script script;

template <class Function, class... Arguments>
void run(const Function& function, Arguments&&... arguments) {
  if (function) function(arguments...);
}

struct Witness {
  SHUNT_PLUGIN("witness", "1.0.0", "does what the test says")
  static constexpr std::uint64_t kWants = ~0ull;
  static constexpr std::string_view kReads[] = {"queue"};
  sdk::Column<double> queue;
  explicit Witness(Init& init) : queue(init.optional_column<double>("queue")) { run(script.create, init); }
  void picked(const Cycle& cycle, View base, const sdk::Decision& decision) const {
    run(script.picked, cycle, base, decision);
  }
  void produce(const Cycle& cycle, View, const sdk::Outputs&) const { run(script.produce, cycle); }
  void events(const Context& context, const sdk::Events& events) { run(script.events, context, events); }
  void extract(const Context& context, const sdk::Page& page) { run(script.extract, context, page); }
  void score(const Cycle& cycle, View view, std::span<double> score) const {
    std::ranges::fill(score, 0.5);
    run(script.score, cycle, view);
  }
};

// Keeps odd rows.
struct OddRows {
  SHUNT_PLUGIN("odd-rows", "1.0.0", "keeps odd rows")
  explicit OddRows(Init&) {}
  void filter(const Cycle&, View, std::span<std::uint8_t> keep) const {
    for (std::size_t row = 0; row < keep.size(); ++row) keep[row] = row % 2 == 0 ? 0 : 1;
  }
};

// The column "made", by default.
struct Maker {
  SHUNT_PLUGIN("maker", "1.0.0", "makes a column")
  static constexpr std::string_view kDefaultProducerOf[] = {"made"};
  sdk::Output<double> made;
  explicit Maker(Init& init) : made(init.output<double>("made")) {}
  void produce(const Cycle&, View, const sdk::Outputs& outputs) const { made(outputs).set_all_present(); }
};

struct NeedsMade {
  SHUNT_PLUGIN("needs-made", "1.0.0", "reads what the maker makes")
  sdk::Column<double> made;
  explicit NeedsMade(Init& init) : made(init.column<double>("made")) {}
  void score(const Cycle&, View, std::span<double>) const {}
};

SHUNT_LIBRARY(Witness, OddRows, Maker, NeedsMade)

std::shared_ptr<const Library> linked_in() {
  static const auto kLibrary = Library::from_entry(services_entry, "services").value();
  return kLibrary;
}

class Services : public ::testing::Test {
 protected:
  Services() { script = {}; }
  static Composition with(std::string_view type) {
    Composition composition;
    composition.library(linked_in())
        .library(shipped("max_score_picker"))
        .library(shipped("single_profile_handler"))
        .plugin("odd-rows")
        .plugin(type, "it")
        .profile("default")
        .use("odd-rows")
        .use("it");
    return composition;
  }
  Instance& instance(const Deciding& host) { return *host.generation->instances()[1]; }

  Pool pool{4};
};

TEST_F(Services, PickedComesAfterEveryDecision) {
  struct Seen {
    std::uint32_t count, outcome, result, status;
    std::size_t results;
    bool operator==(const Seen&) const = default;
  };
  std::vector<Seen> seen;
  script.picked = [&](const Cycle& cycle, View base, const sdk::Decision& decision) {
    EXPECT_EQ(cycle.base().size(), base.size());
    EXPECT_NE(base.raw().columns[0]->data, nullptr);
    seen.push_back({static_cast<std::uint32_t>(base.size()), decision.outcome(), decision.primary_result(),
                    decision.http_status(), decision.results().size()});
  };
  Deciding host(with("witness"), pool.attributes);
  const auto snapshot = pool.table.publish();
  const auto empty = EndpointTable(pool.attributes).publish();
  host.decide(*snapshot);
  host.decide(*empty);
  const std::vector<std::uint64_t> none;
  host.decide(*snapshot, {.subset = none});
  host.request.excluded = {endpoint_key("pod-1"), endpoint_key("pod-2"), endpoint_key("pod-3")};
  host.decide(*snapshot);
  EXPECT_THAT(
      seen,
      ElementsAre(Seen{4, SHUNT_OUTCOME_DISPATCHED, 0, 0, 1}, Seen{0, SHUNT_OUTCOME_REJECTED, SHUNT_NONE, 503, 0},
                  Seen{0, SHUNT_OUTCOME_REJECTED, SHUNT_NONE, 503, 0}, Seen{1, SHUNT_OUTCOME_REJECTED, 0, 429, 1}));
}

TEST_F(Services, NotesKeepTheirKindAndTheLaterOneWins) {
  std::vector<Status> refused;
  script.produce = [&](const Cycle& cycle) {
    EXPECT_EQ(sdk::set_request_header(cycle, "X-Early", "1"), SHUNT_OK);
    EXPECT_EQ(sdk::annotate(cycle, "early", "1"), SHUNT_UNSUPPORTED);
  };
  script.picked = [&](const Cycle& cycle, View, const sdk::Decision&) {
    EXPECT_EQ(sdk::annotate(cycle, "policy", "first"), SHUNT_OK);
    EXPECT_EQ(sdk::annotate(cycle, "policy", "second"), SHUNT_OK);
    EXPECT_EQ(sdk::set_request_header(cycle, "x-early", "2"), SHUNT_OK);
    EXPECT_EQ(sdk::set_response_header(cycle, "policy", "header"), SHUNT_OK);
    EXPECT_EQ(sdk::remove_request_header(cycle, "authorization"), SHUNT_OK);
    EXPECT_EQ(sdk::set_target_port(cycle, 8001), SHUNT_OK);
    refused = {sdk::set_request_header(cycle, "x", "a\nb"),
               sdk::set_request_header(cycle, "a b", ""),
               sdk::set_target_port(cycle, 0),
               sdk::annotate(cycle, "", "nameless"),
               sdk::annotate(cycle, std::string(129, 'n'), ""),
               sdk::annotate(cycle, "n", std::string(4097, 't')),
               cycle.host().annotate(cycle.raw_context(), 9, sdk::to_abi("n"), sdk::to_abi("t"))};
  };
  Deciding host(with("witness"), pool.attributes);
  const auto snapshot = pool.table.publish();
  for (int round = 0; round < 2; ++round) {
    const Decision& decision = host.decide(*snapshot);
    std::vector<std::string> notes;
    for (const Annotation& note : decision.annotations) {
      notes.push_back(std::to_string(note.kind) + note.name + "=" + (note.removes ? "-" : note.text));
    }
    EXPECT_THAT(notes, ElementsAre("2x-early=2", "1policy=second", "3policy=header", "2authorization=-", "4=8001"));
    EXPECT_THAT(decision_to_json(decision, host.request, *snapshot, *host.generation, {}),
                HasSubstr(R"("annotations":{"x-early":"2","policy":"second"})"));
  }
  EXPECT_THAT(refused, ElementsAre(SHUNT_INVALID, SHUNT_INVALID, SHUNT_INVALID, SHUNT_INVALID, SHUNT_OUT_OF_RANGE,
                                   SHUNT_OUT_OF_RANGE, SHUNT_UNSUPPORTED));
}

TEST_F(Services, ADecisionHas64Notes) {
  Status last = SHUNT_OK, again = SHUNT_ERROR;
  script.picked = [&](const Cycle& cycle, View, const sdk::Decision&) {
    for (int i = 0; i < 64; ++i) ASSERT_EQ(sdk::annotate(cycle, std::to_string(i), "x"), SHUNT_OK);
    last = sdk::annotate(cycle, "64", "x");
    again = sdk::annotate(cycle, "63", "y");
  };
  Deciding host(with("witness"), pool.attributes);
  EXPECT_EQ(host.decide(*pool.table.publish()).annotations.size(), 64u);
  EXPECT_EQ(last, SHUNT_OUT_OF_RANGE);
  EXPECT_EQ(again, SHUNT_OK);
}

TEST_F(Services, TheBaseViewIsThereBehindFilters) {
  std::size_t calls = 0;
  script.score = [&](const Cycle& cycle, View view) {
    ++calls;
    const auto queue = sdk::Column<double>(0);
    EXPECT_EQ(view.size(), 2u);
    ASSERT_EQ(cycle.base().size(), 4u);
    EXPECT_EQ(queue(view)[0], 1.0);
    EXPECT_EQ(queue(cycle.base())[2], 2.0);
    EXPECT_EQ(cycle.base().find(endpoint_key("pod-2")), 2u);
    EXPECT_EQ(cycle.request_state(), nullptr) << "none was asked for";
  };
  Deciding host(with("witness"), pool.attributes);
  host.decide(*pool.table.publish());
  EXPECT_EQ(calls, 1u);
}

TEST_F(Services, EventsBringTheStateOfRequestsThatWereSeen) {
  void* in_call = nullptr;
  script.create = [](Init& init) { init.request_state(8); };
  script.picked = [&](const Cycle& cycle, View, const sdk::Decision&) { in_call = cycle.request_state(); };
  std::vector<void*> in_events;
  script.events = [&](const Context&, const sdk::Events& events) {
    for (std::size_t i = 0; i < events.size(); ++i) in_events.push_back(events[i].request_state);
  };
  Deciding host(with("witness"), pool.attributes);
  shunt_event event{};
  event.size = sizeof event;
  event.type = SHUNT_EVENT_COMPLETED;
  event.cause = SHUNT_CAUSE_REJECTED;
  event.request = &host.request.seal();
  const auto tell = [&](Request* request) {
    deliver_events(*host.generation, pool.table, {&event, 1}, {.request = request});
  };
  tell(&host.request);
  host.decide(*pool.table.publish());
  tell(&host.request);
  tell(nullptr);
  ++host.request.plugin_state_generation;
  tell(&host.request);
  ASSERT_NE(in_call, nullptr);
  EXPECT_THAT(in_events, ElementsAre(nullptr, in_call, nullptr, nullptr));
}

TEST_F(Services, OnlyColdCallsRetireAndOnlyFiniteNumbersArePut) {
  static int released = 0;
  const auto retire = [](const Context& context) {
    return context.host().retire(
        context.raw_context(), [](void* object) { ++*static_cast<int*>(object); }, &released);
  };
  sdk::EndpointOutput<double> output;
  Status hot = SHUNT_OK, cold = SHUNT_ERROR, nan = SHUNT_OK;
  script.create = [&](Init& init) { output = init.endpoint_output<double>("learned"); };
  script.picked = [&](const Cycle& cycle, View, const sdk::Decision&) { hot = retire(cycle); };
  script.events = [&](const Context& context, const sdk::Events& events) {
    cold = retire(context);
    nan = output.put(context, events[0].endpoint, std::nan(""));
  };
  Deciding host(with("witness"), pool.attributes);
  host.decide(*pool.table.publish());
  shunt_event event{};
  event.size = sizeof event;
  event.type = SHUNT_EVENT_ENDPOINT_CHANGED;
  event.endpoint = endpoint_key("pod-0");
  deliver_events(*host.generation, pool.table, {&event, 1});
  EXPECT_EQ(hot, SHUNT_UNSUPPORTED);
  EXPECT_EQ(cold, SHUNT_OK);
  EXPECT_EQ(nan, SHUNT_INVALID);
  EXPECT_EQ(released, 1);
}

TEST_F(Services, PagesAreMergedAndFailuresGoToThoseWhoAsked) {
  std::vector<std::uint32_t> heard;
  script.extract = [&](const Context&, const sdk::Page& page) { heard.push_back(page.http_status() + page.port()); };
  script.create = [](Init& init) {
    init.fetch("/metrics", 2'000'000'000);
    init.fetch("/metrics", 1'000'000'000);
    init.fetch("/metrics", 50'000'000, {.port = 9000, .accept = "text/plain", .failures = true});
  };
  Deciding host(with("witness"), pool.attributes);
  const std::vector<PageRequest> wanted = pages_wanted(*host.generation);
  ASSERT_EQ(wanted.size(), 2u);
  EXPECT_EQ(wanted[0].interval_ns, 1'000'000'000);
  EXPECT_EQ(wanted[1].port, 9000u);
  std::vector<ExtractionFailure> failures;
  FetchedPage page{.endpoint = "pod-0", .path = "/metrics", .http_status = 200};
  EXPECT_EQ(extract_page(*host.generation, pool.table, page, failures), 1u);
  page.http_status = 0;
  EXPECT_EQ(extract_page(*host.generation, pool.table, page, failures), 0u);
  page.port = 9000;
  page.accept = "text/plain";
  EXPECT_EQ(extract_page(*host.generation, pool.table, page, failures), 1u);
  EXPECT_THAT(heard, ElementsAre(200, 9000));
  EXPECT_THAT(failures, IsEmpty());
}

TEST_F(Services, MetricsAreToldApartByTheirLabels) {
  script.create = [](Init& init) {
    EXPECT_NE(init.counter("refused_total", "h", {{"reason", "full"}}), init.counter("refused_total", "h"));
    const double bounds[] = {1.0, 2.0};
    init.histogram("seconds", "h", bounds, {{"b", "2"}, {"a", "1"}});
    EXPECT_THROW(init.histogram("seconds", "h", bounds, {{"a", "1"}, {"b", "2"}}), sdk::Error);
    EXPECT_THROW(init.gauge("refused_total", "h", {{"reason", "other"}}), sdk::Error);
    EXPECT_THROW(init.gauge("load", "h", {{"1st", "x"}}), sdk::Error);
    EXPECT_EQ(init.intern(""), 0u);
    EXPECT_EQ(init.profile_count(), 1u);
  };
  Deciding host(with("witness"), pool.attributes);
  EXPECT_EQ(instance(host).metrics.all().size(), 3u);
  EXPECT_TRUE(instance(host).knows_profiles);
  script.create = {};
  EXPECT_FALSE(instance(Deciding(with("witness"), pool.attributes)).knows_profiles);
}

TEST_F(Services, ALinkedInLibraryHasDefaultProducersToo) {
  Deciding host(with("needs-made"), pool.attributes);
  ASSERT_NE(host.generation->find_instance("maker"), nullptr);
  EXPECT_THAT(linked_in()->plugins()[0].reads, ElementsAre("queue"));
}

const shunt_plugin* describe_careless(std::uint32_t index) {
  static const shunt_plugin kPlugin = [] {
    shunt_plugin plugin = *services_entry()->describe(1);
    plugin.create = [](const shunt_create_info*, void**) { return SHUNT_OK; };
    return plugin;
  }();
  return index == 0 ? &kPlugin : nullptr;
}

TEST_F(Services, AnInstanceThatIsNotStoredIsAFailure) {
  static const shunt_library kLibrary = [] {
    shunt_library library = *services_entry();
    library.plugin_count = 1;
    library.describe = describe_careless;
    return library;
  }();
  Composition composition;
  composition.library(shipped("max_score_picker"))
      .library(shipped("single_profile_handler"))
      .library(Library::from_entry([]() -> const shunt_library* { return &kLibrary; }, "careless").value())
      .plugin("odd-rows");
  EXPECT_THAT(build_errors(composition), HasSubstr("reported success and stored no instance"));
}

}  // namespace
}  // namespace shunt::integration
