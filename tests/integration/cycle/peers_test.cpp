// SPDX-License-Identifier: Apache-2.0
// Calls from one instance into another: each with its own columns, memory and services.
#define SHUNT_LIBRARY_ENTRY peers_entry
#include <shunt/sdk/draft/decider.hpp>
#include <shunt/sdk/library.hpp>

#include "decisions.hpp"

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
  void pick_profiles(const Cycle& cycle, View base, sdk::ProfileList& list) const {
    if (!cycle.results().empty()) return;
    bool yes = false;
    if (visit(cycle, base, yes) != SHUNT_OK || !yes) throw sdk::Error("the peers said no");
    list.add(0);
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

SHUNT_LIBRARY(Link, Asker, Listener)

class Peers : public ::testing::Test {
 protected:
  Peers() : pool(3) {
    calls.clear();
    for (const std::string name : {"pod-0", "pod-1", "pod-2"}) pool.set(name, "other", 11.0);
  }
  static Composition chain(const char* last) {
    static const auto kLibrary = Library::from_entry(peers_entry, "peers").value();
    Composition composition;
    composition.library(kLibrary)
        .library(shipped("max_score_picker"))
        .plugin("asker", "a", {{"next", "b"}, {"reads", "queue"}})
        .plugin("link", "b", {{"next", last}, {"reads", "other"}})
        .plugin("link", last, {{"reads", "queue"}})
        .plugin("listener")
        .profile("default")
        .use("listener", 1.0, "fail");
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
  Deciding host(chain("broken"), pool.attributes);
  EXPECT_FALSE(host.decide(*pool.table.publish()).dispatched());
  EXPECT_EQ(host.decision.http_status, 500u);
}

}  // namespace
}  // namespace shunt::integration
