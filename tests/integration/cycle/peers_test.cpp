// SPDX-License-Identifier: Apache-2.0
// Calls from one instance into another: each with its own columns, memory and services.
#define SHUNT_LIBRARY_ENTRY peers_entry
#include <shunt/sdk/draft/decider.hpp>
#include <shunt/sdk/library.hpp>

#include "decisions.hpp"

#include <shunt/framework/bundle.hpp>

#include <gmock/gmock.h>

namespace shunt::integration {
namespace {

using sdk::Cycle;
using sdk::Init;
using sdk::Status;
using sdk::View;
using ::testing::ElementsAre;

struct Call {
  std::string name;
  const shunt_cycle* cycle;
  const void* scratch;
  std::uint32_t calls;  // counted in the request state
  double number;        // of its own column at row 1
  std::uint64_t seed;
};
std::vector<Call> calls;

// Reads the column that its parameter names, asks the next one, and says yes when that does.
struct Visitor {
  static constexpr std::string_view kParametersSchema =
      R"({"type":"object","properties":{"next":{"type":"string"},"reads":{"type":"string"}}})";

  std::string name;
  sdk::Column<double> column;
  std::optional<sdk::Decider> next;
  sdk::OutputValue<sdk::Symbol> said;
  sdk::Symbol word;
  explicit Visitor(Init& init)
      : name(init.name()),
        column(init.column<double>(init.parameter("reads").text(""))),
        said(init.output_value<sdk::Symbol>(name + "/said")),
        word(init.intern("word of " + name)) {
    init.request_state(sizeof(std::uint32_t));
    init.scratch(64);
    if (init.parameter("next").exists()) next.emplace(init, init.parameter("next").text(""));
  }
  Status visit(const Cycle& cycle, View base, bool& yes) const {
    calls.push_back({name, &cycle.raw(), cycle.scratch(), ++*static_cast<std::uint32_t*>(cycle.request_state()),
                     column(base)[1], cycle.seed()});
    yes = true;
    if (!next) return SHUNT_OK;
    const std::span<char> text = cycle.allocate<char>(4);
    std::ranges::fill(text, 'x');
    std::memset(cycle.scratch(), 7, 64);
    for (int i = 0; i < 2; ++i) {
      std::optional<bool> answer;
      if (const Status status = next->ask(cycle, answer); status < 0) return status;
      yes = yes && answer.value_or(false);
    }
    // Nothing that the peer did shows here.
    EXPECT_EQ(std::string(text.data(), 4), "xxxx");
    EXPECT_EQ(static_cast<const char*>(cycle.scratch())[63], 7);
    EXPECT_EQ(column(base)[1], calls.front().number + (name == "a" ? 0 : 10));
    return SHUNT_OK;
  }
};

struct Link : Visitor {
  SHUNT_PLUGIN("link", "1.0.0", "answers and may ask the next")
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DECIDER_ID};
  using Visitor::Visitor;
  Status decide(const Cycle& cycle, View base, bool& yes) const {
    std::memset(cycle.scratch(), 1, 64);
    (void)cycle.allocate<char>(100);
    (void)said.set(cycle, word);
    (void)sdk::annotate(cycle, "asked", name);
    if (name == "broken") return cycle.fail("broken on purpose");
    return visit(cycle, base, yes);
  }
  const void* extra_interface(std::string_view id) const { return sdk::decider_table<Link>(id); }
};

struct Asker : Visitor {
  SHUNT_PLUGIN("asker", "1.0.0", "asks the first")
  using Visitor::Visitor;
  Status pick_profiles(const Cycle& cycle, View base, sdk::ProfileList& list) const {
    if (!cycle.results().empty()) return SHUNT_OK;
    bool yes = false;
    if (const Status status = visit(cycle, base, yes); status < 0) return status;
    if (!yes) throw sdk::Error("the peers said no");
    list.add(0);
    return SHUNT_OK;
  }
  void process_results(const Cycle&, View, sdk::Outcome& outcome) const { outcome.choose(0); }
};

// Reads what link "c" has said.
struct Listener {
  SHUNT_PLUGIN("listener", "1.0.0", "reads a symbol")
  sdk::Value<sdk::Symbol> said;
  explicit Listener(Init& init) : said(init.value<sdk::Symbol>("c/said", SHUNT_OPTIONAL)) {}
  Status score(const Cycle& cycle, View, std::span<double> score) const {
    const auto symbol = said(cycle);
    if (!symbol || cycle.symbol_text(*symbol) != "word of c") return cycle.fail("nothing was said");
    std::ranges::fill(score, 0.5);
    return SHUNT_OK;
  }
};

// Reads what link "c" has said, and tells by a header whether it has.
struct EarlyListener {
  SHUNT_PLUGIN("early-listener", "1.0.0", "a producer that reads a symbol")
  sdk::Value<sdk::Symbol> said;
  explicit EarlyListener(Init& init) : said(init.value<sdk::Symbol>("c/said")) {}
  Status produce(const Cycle& cycle, View, const sdk::Outputs&) const {
    return sdk::set_request_header(cycle, "x-heard", said(cycle) ? "yes" : "no");
  }
};

// Lets its peer say something before the first profile runs.
struct EarlyAsker {
  SHUNT_PLUGIN("early-asker", "1.0.0", "a producer that asks")
  sdk::Decider asked;
  explicit EarlyAsker(Init& init) : asked(init, "c") {}
  Status produce(const Cycle& cycle, View, const sdk::Outputs&) const {
    std::optional<bool> yes;
    return asked.ask(cycle, yes);
  }
};

// Nobody ever passes it the column that it declares.
struct Deluded {
  SHUNT_PLUGIN("deluded", "1.0.0", "a decider that declares a column")
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DECIDER_ID};
  explicit Deluded(Init& init) { (void)init.output<double>("hit"); }
  Status decide(const Cycle&, View, bool&) const { return SHUNT_OK; }
  const void* extra_interface(std::string_view id) const { return sdk::decider_table<Deluded>(id); }
};

SHUNT_LIBRARY(Link, Asker, Listener, EarlyListener, EarlyAsker, Deluded)

class Peers : public ::testing::Test {
 protected:
  Peers() : pool(3) {
    calls.clear();
    for (const std::string name : {"pod-0", "pod-1", "pod-2"}) pool.set(name, "other", 11.0);
  }
  static Composition libraries() {
    static const auto kLibrary = Library::from_entry(peers_entry, "peers").value();
    Composition composition;
    composition.library(kLibrary).library(shipped("max_score_picker")).library(shipped("single_profile_handler"));
    return composition;
  }
  static Composition chain(const char* last, bool listening = true) {
    Composition composition = libraries();
    composition.plugin("asker", "a", {{"next", "b"}, {"reads", "queue"}})
        .plugin("link", "b", {{"next", last}, {"reads", "other"}})
        .plugin("link", last, {{"reads", "queue"}})
        .plugin("listener")
        .profile("default");
    if (listening) composition.use("listener", 1.0, "fail");
    return composition;
  }
  Pool pool;
};

TEST_F(Peers, HaveTheirOwnColumnsMemoryAndServices) {
  Deciding host(chain("c"), pool.attributes);
  const auto snapshot = pool.table.publish();
  ASSERT_TRUE(host.decide(*snapshot, {.trace = true}).dispatched()) << host.decision.reason;
  std::vector<std::string> order;
  for (const Call& call : calls) order.push_back(call.name + std::to_string(call.calls));
  EXPECT_THAT(order, ElementsAre("a1", "b1", "c1", "c2", "b2", "c3", "c4"));
  EXPECT_EQ(calls[1].number, 11.0);
  EXPECT_EQ(calls[2].number, 1.0);
  EXPECT_NE(calls[0].scratch, calls[1].scratch);
  EXPECT_NE(calls[1].scratch, calls[2].scratch);
  EXPECT_NE(calls[0].seed, calls[1].seed);
  EXPECT_EQ(calls[2].seed, calls[3].seed);
  ASSERT_EQ(host.decision.annotations.size(), 1u);
  EXPECT_EQ(host.decision.annotations[0].text, "c") << "the permissions of the function that asks hold";
}

TEST_F(Peers, AFailureIsTheCallersToHandle) {
  Deciding host(chain("broken", false), pool.attributes);
  EXPECT_FALSE(host.decide(*pool.table.publish()).dispatched());
  EXPECT_EQ(host.decision.http_status, 500u);
  EXPECT_THAT(host.decision.reason, ::testing::HasSubstr("plugin \"broken\": broken on purpose"));
}

TEST_F(Peers, WriteForThoseWhoReadLater) {
  Composition composition = libraries();
  composition.plugin("early-listener")
      .plugin("early-asker")
      .plugin("link", "c", {{"reads", "queue"}})
      .profile("default");
  Deciding host(composition, pool.attributes);
  const auto snapshot = pool.table.publish();
  const ScheduleOptions options{.scores = true, .trace = true};
  ASSERT_TRUE(host.decide(*snapshot, options).dispatched()) << host.decision.reason;
  ASSERT_EQ(host.decision.annotations.size(), 1u);
  EXPECT_EQ(host.decision.annotations[0].name, "x-heard");
  EXPECT_EQ(host.decision.annotations[0].text, "yes");

  // A replay does not call producers: their headers are part of the bundle.
  const auto bundle = make_bundle(host.decision, host.request, *snapshot, *host.generation, options);
  BundleRun again = bundle_run(bundle, *snapshot).value();
  calls.clear();
  ASSERT_TRUE(host.decide(*snapshot, again.options()).dispatched());
  EXPECT_TRUE(calls.empty());
  ASSERT_EQ(host.decision.annotations.size(), 1u);
  EXPECT_EQ(host.decision.annotations[0].kind, SHUNT_NOTE_REQUEST_HEADER);
  EXPECT_EQ(host.decision.annotations[0].text, "yes");
}

TEST_F(Peers, AreNeverAskedForColumns) {
  Composition composition = libraries();
  composition.plugin("deluded").profile("default");
  EXPECT_THAT(build_errors(composition),
              ::testing::HasSubstr("declares the output hit of requests, but can never write it"));
}

TEST_F(Peers, ARequestThatIsUsedAgainForgetsWhatTheyKept) {
  Deciding host(chain("c"), pool.attributes);
  const auto snapshot = pool.table.publish();
  ASSERT_TRUE(host.decide(*snapshot).dispatched());
  host.request.clear();
  host.request.attempt = 1;  // as if it had been decided before: what is there must not be another request's
  calls.clear();
  ASSERT_TRUE(host.decide(*snapshot).dispatched());
  EXPECT_EQ(calls.front().calls, 1u);
}

}  // namespace
}  // namespace shunt::integration
