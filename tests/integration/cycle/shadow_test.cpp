// SPDX-License-Identifier: Apache-2.0
// Profiles that decide nothing and are compared.
#define SHUNT_LIBRARY_ENTRY shadow_entry
#include <shunt/sdk/library.hpp>

#include "decisions.hpp"

#include <shunt/framework/decision_json.hpp>

#include <gmock/gmock.h>
#include <boost/json/parse.hpp>

namespace shunt::integration {
namespace {

using sdk::Cycle;
using sdk::Init;
using sdk::Status;
using sdk::View;
using ::testing::ElementsAre;

constexpr double kNone = -1;

// Keeps the endpoint whose queue is as long as its parameter says; drops all for -1, fails for -2.
struct Only {
  SHUNT_PLUGIN("only", "1.0.0", "keeps endpoints with one length of queue")
  static constexpr std::string_view kParametersSchema =
      R"({"type":"object","properties":{"queue":{"type":"number","default":0}}})";
  sdk::Column<double> queue;
  double wanted;
  explicit Only(Init& init) : queue(init.column<double>("queue")), wanted(init.parameter("queue").number(0)) {}
  Status filter(const Cycle& cycle, View view, std::span<std::uint8_t> keep) const {
    EXPECT_TRUE(cycle.results().empty()) << "a run sees no other one here";
    if (wanted == -2) return SHUNT_ERROR;
    for (std::size_t row = 0; row < keep.size(); ++row) keep[row] = queue(view)[row] == wanted;
    return SHUNT_OK;
  }
};

// Runs the profile of the request's model, or all that it knows of.
struct Chooser {
  SHUNT_PLUGIN("chooser", "1.0.0", "runs the profile that the model names")
  std::vector<std::string> names;
  explicit Chooser(Init& init) {
    for (std::uint32_t i = 0; i < init.profile_count(); ++i) names.emplace_back(init.profile_name(i));
    EXPECT_FALSE(init.profile("shadow") != SHUNT_NONE) << "handlers know nothing of shadows";
  }
  Status pick_profiles(const Cycle& cycle, View, sdk::ProfileList& next) const {
    if (!cycle.results().empty()) return SHUNT_OK;
    for (std::uint32_t i = 0; i < names.size(); ++i) {
      if (names[i] == cycle.request().model() || cycle.request().model() == "all") next.add(i);
    }
    return SHUNT_OK;
  }
  Status process_results(const Cycle&, View, sdk::Outcome& outcome) const {
    outcome.choose(0);
    return SHUNT_OK;
  }
};

SHUNT_LIBRARY(Only, Chooser)

std::shared_ptr<const Library> library() {
  static const auto kLibrary = Library::from_entry(shadow_entry, "shadow").value();
  return kLibrary;
}

// One profile that decides for the endpoint with a queue of `decides`, and one in its shadow.
Composition pair_of(double decides, double shadows, std::uint32_t every) {
  Composition composition;
  composition.library(library()).library(shipped("max_score_picker")).library(shipped("single_profile_handler"));
  composition.plugin("only", "live", {{"queue", decides}}).plugin("only", "tried", {{"queue", shadows}});
  composition.profile("shadow").use("tried").shadow(every);
  composition.profile("default").use("live");
  return composition;
}

std::uint64_t count(const Deciding& host, ShadowResult result, std::size_t shadow = 0) {
  return host.scheduler.shadow_totals(*host.generation).at(shadow).runs[static_cast<std::size_t>(result)];
}

TEST(Shadow, IsComparedAndNeverUsed) {
  const struct {
    double decides, shadows;
    ShadowResult result;
  } cases[] = {
      {1, 1, ShadowResult::Same},           {1, 2, ShadowResult::Different},    {1, kNone, ShadowResult::Rejected},
      {kNone, 1, ShadowResult::Dispatched}, {kNone, kNone, ShadowResult::Same}, {1, -2, ShadowResult::Failed},
      {kNone, -2, ShadowResult::Failed},
  };
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  for (const auto& one : cases) {
    SCOPED_TRACE(std::to_string(one.decides) + " against " + std::to_string(one.shadows));
    Deciding host(pair_of(one.decides, one.shadows, 1), pool.attributes);
    EXPECT_EQ(host.pick(*snapshot), one.decides == kNone ? "" : "pod-1");
    EXPECT_EQ(host.decision.code, one.decides == kNone ? "rejected-saturated" : "");
    EXPECT_EQ(count(host, one.result), 1u);
    ASSERT_EQ(host.decision.run_count, 2u);
    EXPECT_EQ(host.decision.runs[0].shadow, std::nullopt);
    EXPECT_EQ(host.decision.runs[1].shadow, one.result);
  }
}

TEST(Shadow, RunsForEveryNthRequestAndForNoFurtherAttempt) {
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  Deciding host(pair_of(1, 1, 3), pool.attributes);
  for (int i = 0; i < 10; ++i) host.decide(*snapshot);  // numbers 0, 3, 6, 9
  EXPECT_EQ(count(host, ShadowResult::Same), 4u);
  host.request.attempt = 1;
  for (int i = 0; i < 10; ++i) host.decide(*snapshot);
  EXPECT_EQ(count(host, ShadowResult::Same), 4u);
  host.request.attempt = 0;
  host.decide(*snapshot, {.count = false, .all_shadows = true});
  EXPECT_EQ(host.decision.run_count, 2u);
  EXPECT_EQ(count(host, ShadowResult::Same), 4u) << "what is only tried is not counted";
}

TEST(Shadow, IsNotAskedWhereThereIsNothingToDecide) {
  Pool pool(0);
  Deciding host(pair_of(1, 1, 1), pool.attributes);
  host.decide(*pool.table.publish());
  EXPECT_EQ(host.decision.run_count, 0u);
  EXPECT_EQ(count(host, ShadowResult::Same), 0u);
}

// The picker draws what it would draw if the shadow were the profile that decides.
TEST(Shadow, OfTheSamePluginsAlwaysAgrees) {
  Composition composition;
  composition.library(shipped("random_picker")).library(shipped("single_profile_handler"));
  composition.plugin("random-picker").profile("default").use("random-picker");
  composition.profile("shadow").use("random-picker").shadow(1);
  Pool pool(50);
  const auto snapshot = pool.table.publish();
  Deciding host(composition, pool.attributes);
  for (int i = 0; i < 200; ++i) host.decide(*snapshot, {.seed = 5});
  EXPECT_EQ(count(host, ShadowResult::Same), 200u);
}

TEST(Shadow, MayShadowOneOfSeveralProfiles) {
  Composition composition;
  composition.library(library()).library(shipped("max_score_picker"));
  composition.plugin("only", "first", {{"queue", 1}}).plugin("only", "second", {{"queue", 2}}).plugin("chooser");
  composition.profile("decode").use("first");
  composition.profile("shadow").use("second").shadow(1, "prefill");
  composition.profile("prefill").use("second");
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  Deciding host(composition, pool.attributes);
  host.request.model = "decode";
  EXPECT_EQ(host.pick(*snapshot), "pod-1");
  EXPECT_EQ(host.decision.run_count, 1u) << "the profile that it shadows did not run";
  host.request.model = "prefill";
  EXPECT_EQ(host.pick(*snapshot), "pod-2");
  EXPECT_EQ(host.decision.run_count, 2u);
  EXPECT_EQ(count(host, ShadowResult::Same), 1u);
}

TEST(Shadow, CountsGoOnInTheNextGeneration) {
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  Deciding host(pair_of(1, 1, 1), pool.attributes);
  host.decide(*snapshot);
  Diagnostics diagnostics;
  const auto next = pair_of(1, 2, 1).build(pool.attributes, diagnostics, {.previous = host.generation});
  ASSERT_NE(next, nullptr) << render_text(diagnostics, false);
  host.scheduler.publish(next);
  host.generation = next;
  host.decide(*snapshot);
  EXPECT_EQ(count(host, ShadowResult::Same), 1u);
  EXPECT_EQ(count(host, ShadowResult::Different), 1u);
}

TEST(Shadow, IsExplained) {
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  Deciding host(pair_of(1, 2, 1), pool.attributes);
  host.decide(*snapshot, {.trace = true});
  const auto json = boost::json::parse(decision_to_json(host.decision, host.request, *snapshot, *host.generation, {}));
  EXPECT_EQ(json.at("profiles"), boost::json::parse(R"({"default":["pod-1"]})"));
  EXPECT_EQ(json.at("shadows"), boost::json::parse(R"({"shadow":{"result":"different","endpoints":["pod-2"]}})"));
}

}  // namespace
}  // namespace shunt::integration
