// SPDX-License-Identifier: Apache-2.0
// What keeps a generation from being built, and how it is said.
#include "decisions.hpp"

#include <gmock/gmock.h>

#include <shunt/framework/build_error_codes.hpp>

#include <set>

namespace shunt::integration {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Composition base() {
  Composition composition;
  composition.library(shipped("queue_scorer"))
      .library(shipped("max_score_picker"))
      .library(shipped("single_profile_handler"));
  return composition;
}

TEST(BuildErrors, ARefusedParameterKeepsThePluginsWords) {
  Composition composition = base();
  composition.library(fixture("wrong_answers")).plugin("wrong-scorer", "w", {{"mode", "no such mode"}});
  EXPECT_THAT(build_errors(composition), AllOf(HasSubstr("error["), HasSubstr("\"w\"")));
}

TEST(BuildErrors, ARequiredColumnThatNobodyProduces) {
  Composition composition = base();
  composition.library(shipped("prefix_cache_scorer")).plugin("prefix-cache-scorer");
  EXPECT_THAT(build_errors(composition),
              AllOf(HasSubstr("C505"), HasSubstr("\"prefix-cache-scorer\" requires the column prefix_matched_blocks")));
}

TEST(BuildErrors, TheDefaultProducerIsInjectedWhereItIsKnown) {
  Composition composition = base();
  composition.library(shipped("prefix_cache_scorer"))
      .library(shipped("approx_prefix_cache_producer"))
      .plugin("prefix-cache-scorer");
  Pool pool(1);
  Deciding host(composition, pool.attributes);
  ASSERT_NE(host.generation->find_instance("approx-prefix-cache-producer"), nullptr);
  EXPECT_TRUE(host.generation->config().find_plugin("approx-prefix-cache-producer")->injected);
}

TEST(BuildErrors, TwoWritersOfOneColumn) {
  Composition composition = base();
  composition.library(fixture("wrong_answers"))
      .plugin("wrong-producer", "a", {{"mode", "right"}})
      .plugin("wrong-producer", "b", {{"mode", "right"}})
      .plugin("queue-scorer");
  EXPECT_THAT(build_errors(composition),
              AllOf(HasSubstr("C507"), HasSubstr("both \"a\" and \"b\" write wrong_number")));
}

TEST(BuildErrors, WeightsThatAddUpToInfinity) {
  Composition composition = base();
  composition.plugin("queue-scorer", "q1")
      .plugin("queue-scorer", "q2")
      .profile("default")
      .use("q1", 1.7e308)
      .use("q2", 1.7e308);
  EXPECT_THAT(build_errors(composition), HasSubstr("C512"));
}

TEST(BuildErrors, APeerThatDoesNotExist) {
  Composition composition = base();
  composition.library(fixture("strain_disaggregating"))
      .plugin("strain-disaggregating-handler", "h",
              {{"decodeProfile", "default"}, {"prefillProfile", "default"}, {"decider", "nobody"}})
      .plugin("queue-scorer")
      .profile("default")
      .use("queue-scorer");
  EXPECT_THAT(build_errors(composition),
              AllOf(HasSubstr("C504"), HasSubstr("there is no plugin \"nobody\" in the config")));
}

TEST(BuildErrors, EveryCodeHasAPage) {
  std::set<std::string_view> codes;
  for (const ErrorCodeInfo& info : build_error_codes()) {
    EXPECT_TRUE(codes.insert(info.code).second) << info.code;
    EXPECT_GT(info.explanation.size(), 60u) << info.code;
  }
  EXPECT_EQ(codes.size(), 14u);
}

TEST(Generation, DisaggregatedDecisionThroughPeersAndPublishedValues) {
  Composition composition = base();
  composition.library(fixture("strain_disaggregating"))
      .plugin("strain-prefill-decider", "decider", {{"minUncachedTokens", 10}})
      .plugin("strain-disaggregating-handler", "handler",
              {{"decodeProfile", "decode"}, {"prefillProfile", "prefill"}, {"decider", "decider"}})
      .plugin("strain-topology-scorer", "topology")
      .plugin("queue-scorer")
      .profile("decode")
      .use("queue-scorer")
      .profile("prefill")
      .use("topology");
  Pool pool(0);
  for (int i = 0; i < 4; ++i) {
    const std::string name = "pod-" + std::to_string(i);
    pool.table.add({name, "", {{"rack", i % 2 == 0 ? "a" : "b"}, {"address", name + ":8200"}}}).value();
    pool.set(name, "queue", static_cast<double>(i));
  }
  const auto snapshot = pool.table.publish();
  Deciding host(composition, pool.attributes);
  host.request.prompt_tokens = 500;
  const Decision& decision = host.decide(*snapshot, {.trace = true});
  ASSERT_TRUE(decision.dispatched()) << decision.reason;
  EXPECT_EQ(decision.run_count, 2u);
  ASSERT_EQ(decision.annotations.size(), 2u);
  EXPECT_EQ(decision.annotations[0].name, "uncached-tokens") << "noted by the decider in the handler's call";
  EXPECT_EQ(decision.annotations[0].text, "500");
  EXPECT_EQ(decision.annotations[1].kind, SHUNT_NOTE_REQUEST_HEADER);
  EXPECT_EQ(decision.annotations[1].name, "x-prefiller-host-port");
  // Prefill prefers the rack of the endpoint that decode picked, which only the published value can have told it.
  const auto rack = [&](std::uint32_t row) { return row % 2; };
  EXPECT_EQ(rack(decision.runs[0].picks.front()), rack(decision.runs[1].picks.front()));
}

}  // namespace
}  // namespace shunt::integration
