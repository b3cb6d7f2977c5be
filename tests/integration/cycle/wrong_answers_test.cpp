// SPDX-License-Identifier: Apache-2.0
// Any answer that a plugin can give, however wrong, leads to a defined result.
#include "decisions.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace shunt::integration {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Composition with_wrong(std::string_view type, std::string_view mode, std::string_view on_error = {}) {
  Composition composition;
  composition.library(fixture("wrong_answers"))
      .library(shipped("queue_scorer"))
      .library(shipped("max_score_picker"))
      .library(shipped("single_profile_handler"))
      .plugin("queue-scorer")
      .plugin("max-score-picker")
      .plugin(type, "wrong", {{"mode", mode}});
  composition.profile("default").use("queue-scorer");
  if (type != "wrong-handler" && type != "wrong-producer" && type != "wrong-observer") {
    composition.use("wrong", 1.0, on_error);
  }
  if (type != "wrong-picker") composition.use("max-score-picker");
  return composition;
}

class WrongScorer : public ::testing::TestWithParam<const char*> {};

TEST_P(WrongScorer, LeavesAFiniteTotalAndAPick) {
  Pool pool(5);
  const auto snapshot = pool.table.publish();
  Deciding host(with_wrong("wrong-scorer", GetParam()), pool.attributes);
  // Whatever it answers is the same for every row, so the queue scorer decides: pod-0 has the shortest queue.
  EXPECT_EQ(host.pick(*snapshot, {.trace = true}), "pod-0");
  ASSERT_THAT(host.decision.runs[0].totals, SizeIs(5));
  for (const double total : host.decision.runs[0].totals) {
    EXPECT_TRUE(std::isfinite(total));
    EXPECT_GE(total, 0.0);
    EXPECT_LE(total, 2.0);
  }
}
INSTANTIATE_TEST_SUITE_P(Modes, WrongScorer,
                         ::testing::Values("right", "nan", "inf", "minus_inf", "out_of_range", "unwritten", "huge",
                                           "negative", "skip", "error", "unknown_status"));

TEST(WrongScorer, TellsFaultsClampsAndUnwrittenRowsApart) {
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  const auto stage_of = [&](const char* mode) {
    Deciding host(with_wrong("wrong-scorer", mode), pool.attributes);
    host.decide(*snapshot, {.trace = true});
    for (const TraceStage& stage : host.decision.trace) {
      if (stage.plugin == "wrong") return stage;
    }
    throw std::runtime_error("no stage");
  };
  EXPECT_EQ(stage_of("nan").faults, 4u);
  EXPECT_EQ(stage_of("nan").unwritten, 0u);
  EXPECT_EQ(stage_of("unwritten").unwritten, 4u);
  EXPECT_EQ(stage_of("unwritten").faults, 0u);
  EXPECT_EQ(stage_of("inf").faults, 4u);
  EXPECT_EQ(stage_of("out_of_range").clamped, 4u);
  EXPECT_THAT(stage_of("out_of_range").weighted, Each(1.0));
  EXPECT_THAT(stage_of("huge").weighted, Each(1.0));
  EXPECT_THAT(stage_of("negative").weighted, Each(0.0));
  EXPECT_THAT(stage_of("minus_inf").weighted, Each(0.0));
  const TraceStage error = stage_of("error");
  EXPECT_EQ(error.status, -1);
  EXPECT_EQ(error.error, "wrong on purpose");
  EXPECT_TRUE(error.defaulted);
}

TEST(WrongScorer, FailsTheRequestWhereTheConfigSaysSo) {
  Pool pool(3);
  const auto snapshot = pool.table.publish();
  Deciding host(with_wrong("wrong-scorer", "error", "fail"), pool.attributes);
  const Decision& decision = host.decide(*snapshot, {.scores = true});
  EXPECT_FALSE(decision.dispatched());
  EXPECT_THAT(decision.runs[0].rows, ::testing::IsEmpty()) << "half a sum is no total";
  EXPECT_EQ(decision.http_status, 500u);
  EXPECT_EQ(decision.reason, "scorer \"wrong\" failed: wrong on purpose");
}

TEST(WrongFilter, OddBytesKeepAndAreCounted) {
  Pool pool(3);
  const auto snapshot = pool.table.publish();
  for (const char* mode : {"byte_2", "byte_255"}) {
    Deciding host(with_wrong("wrong-filter", mode), pool.attributes);
    EXPECT_EQ(host.pick(*snapshot), "pod-0") << mode;
    EXPECT_GT(host.worker->plugin_times()[2].faults, 0u) << mode;
  }
}

TEST(WrongFilter, RemovingAllIsARejectionNotAFault) {
  Pool pool(3);
  const auto snapshot = pool.table.publish();
  Deciding host(with_wrong("wrong-filter", "none"), pool.attributes);
  const Decision& decision = host.decide(*snapshot);
  EXPECT_EQ(decision.http_status, 429u);
  EXPECT_EQ(decision.code, "rejected-saturated");
  EXPECT_EQ(host.worker->plugin_times()[2].faults, 0u);
}

TEST(WrongFilter, AnErrorFailsTheRequestOrKeepsAll) {
  Pool pool(3);
  const auto snapshot = pool.table.publish();
  Deciding strict(with_wrong("wrong-filter", "error"), pool.attributes);
  EXPECT_EQ(strict.decide(*snapshot).http_status, 500u);
  EXPECT_EQ(strict.decision.reason, "filter \"wrong\" failed: wrong on purpose");
  Deciding lenient(with_wrong("wrong-filter", "error", "skip"), pool.attributes);
  EXPECT_EQ(lenient.pick(*snapshot), "pod-0");
  Deciding unknown(with_wrong("wrong-filter", "unknown_status"), pool.attributes);
  EXPECT_EQ(unknown.decide(*snapshot).http_status, 500u);
  EXPECT_EQ(unknown.decision.reason, "filter \"wrong\" failed: it returned the unknown status 77");
  EXPECT_EQ(unknown.worker->plugin_times()[2].faults, 1u);
  Deciding skipping(with_wrong("wrong-filter", "skip"), pool.attributes);
  EXPECT_EQ(skipping.pick(*snapshot), "pod-0");
}

class WrongPicker : public ::testing::TestWithParam<const char*> {};

TEST_P(WrongPicker, IsReplacedByTheHighestTotal) {
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  Deciding host(with_wrong("wrong-picker", GetParam()), pool.attributes);
  EXPECT_EQ(host.pick(*snapshot), "pod-0");
  EXPECT_THAT(host.decision.picks, SizeIs(1));
  EXPECT_EQ(host.worker->plugin_times()[2].faults, 1u);
  Deciding strict(with_wrong("wrong-picker", GetParam(), "fail"), pool.attributes);
  EXPECT_EQ(strict.decide(*snapshot).http_status, 500u);
  EXPECT_THAT(strict.decision.reason, HasSubstr("picker \"wrong\" failed"));
}
INSTANTIATE_TEST_SUITE_P(Modes, WrongPicker,
                         ::testing::Values("none", "twice", "out_of_range", "too_many", "unwritten", "error", "skip",
                                           "unknown_status"));

struct HandlerCase {
  const char* mode;
  std::uint32_t status;
  const char* reason;
};
class WrongHandler : public ::testing::TestWithParam<HandlerCase> {};

TEST_P(WrongHandler, EndsInADefinedOutcome) {
  Pool pool(3);
  const auto snapshot = pool.table.publish();
  Deciding host(with_wrong("wrong-handler", GetParam().mode), pool.attributes);
  const Decision& decision = host.decide(*snapshot);
  if (GetParam().status == 0) {
    EXPECT_TRUE(decision.dispatched()) << decision.reason;
  } else {
    EXPECT_FALSE(decision.dispatched());
    EXPECT_EQ(decision.http_status, GetParam().status);
    EXPECT_THAT(decision.reason, HasSubstr(GetParam().reason));
  }
}
INSTANTIATE_TEST_SUITE_P(Modes, WrongHandler,
                         ::testing::Values(HandlerCase{"right", 0, ""}, HandlerCase{"same_twice", 0, ""},
                                           HandlerCase{"endless", 500, "after 8 rounds"},
                                           HandlerCase{"unknown_profile", 500, "named a profile that does not exist"},
                                           HandlerCase{"too_many", 500, "named a profile that does not exist"},
                                           HandlerCase{"unknown_primary", 500, "chose a result that does not exist"},
                                           HandlerCase{"no_primary", 500, "chose a result that does not exist"},
                                           HandlerCase{"error", 500, "wrong on purpose"},
                                           HandlerCase{"unknown_status", 500, "it returned the unknown status 77"},
                                           HandlerCase{"error_in_results", 500, "wrong on purpose"},
                                           HandlerCase{"reject_0", 429, ""}, HandlerCase{"reject_503", 503, ""},
                                           HandlerCase{"reject_200", 500, ""}, HandlerCase{"reject_700", 500, ""},
                                           HandlerCase{"unwritten", 500, "named a profile that does not exist"},
                                           HandlerCase{"wild_code", 429, ""}, HandlerCase{"null_reason", 0, ""},
                                           HandlerCase{"null_picks", 0, ""}, HandlerCase{"wild_annotation", 0, ""}),
                         [](const auto& test) { return std::string(test.param.mode); });

using Cells = std::vector<std::pair<std::uint32_t, double>>;

struct ProducerCase {
  const char* mode;
  Cells numbers;  // rows with a value
  Cells flags;
  std::uint64_t faults;
};
class WrongProducer : public ::testing::TestWithParam<ProducerCase> {};

TEST_P(WrongProducer, LeavesOnlySoundCellsAndCountsTheRest) {
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  Composition composition = with_wrong("wrong-producer", GetParam().mode);
  composition.plugin("wrong-reader").use("wrong-reader");
  Deciding host(composition, pool.attributes);
  EXPECT_EQ(host.pick(*snapshot, {.trace = true}), "pod-0");
  const auto cells = [&](std::string_view name) {
    Cells found;
    for (const RecordedOutput& output : host.decision.recorded) {
      if (output.name != name) continue;
      for (std::size_t i = 0; i < output.rows.size(); ++i) found.emplace_back(output.rows[i], output.numbers[i]);
    }
    return found;
  };
  EXPECT_EQ(cells("wrong_number"), GetParam().numbers);
  EXPECT_EQ(cells("wrong_flag"), GetParam().flags);
  EXPECT_EQ(host.worker->plugin_times()[2].faults, GetParam().faults);
}

const Cells kNumbers{{0, 0.0}, {1, 1.0}, {2, 2.0}, {3, 3.0}};
const Cells kFlags{{0, 1.0}, {1, 0.0}, {2, 1.0}, {3, 0.0}};
const Cells kNumbersWithoutFirst{{1, 1.0}, {2, 2.0}, {3, 3.0}};
INSTANTIATE_TEST_SUITE_P(
    Modes, WrongProducer,
    ::testing::Values(
        ProducerCase{"right", kNumbers, kFlags, 0}, ProducerCase{"nan", kNumbersWithoutFirst, kFlags, 1},
        ProducerCase{"inf", kNumbersWithoutFirst, kFlags, 1}, ProducerCase{"partial", {{0, 0.0}, {2, 2.0}}, {}, 0},
        ProducerCase{"partial_without_valid", {}, kFlags, 0},
        ProducerCase{"odd_valid", {{1, 1.0}, {3, 3.0}}, kFlags, 1},
        ProducerCase{"garbage_without_valid", {{1, 1.0}, {3, 3.0}}, kFlags, 0},
        ProducerCase{"odd_flags", kNumbers, {{0, 1.0}, {1, 1.0}, {2, 1.0}, {3, 1.0}}, 4},
        ProducerCase{"unknown_state", {}, kFlags, 1}, ProducerCase{"null_memory", {}, kFlags, 1},
        ProducerCase{"own_memory", {}, kFlags, 1}, ProducerCase{"other_type", kNumbersWithoutFirst, kFlags, 1},
        ProducerCase{"absent", {}, {}, 0}, ProducerCase{"skip", {}, {}, 0}, ProducerCase{"error", {}, {}, 1},
        ProducerCase{"unknown_status", {}, {}, 1}, ProducerCase{"nan_value", kNumbers, kFlags, 0},
        ProducerCase{"unknown_value_slot", kNumbers, kFlags, 0}, ProducerCase{"wrong_value_type", kNumbers, kFlags, 0},
        ProducerCase{"null_text", kNumbers, kFlags, 0}, ProducerCase{"wild_text", kNumbers, kFlags, 0}),
    [](const auto& test) { return std::string(test.param.mode); });

TEST(WrongPicker, DoesNotInheritThePicksOfAnEarlierRequest) {
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  Deciding host(with_wrong("wrong-picker", "unwritten", "fail"), pool.attributes);
  Composition many;
  many.library(shipped("queue_scorer"))
      .library(shipped("max_score_picker"))
      .library(shipped("single_profile_handler"))
      .plugin("queue-scorer")
      .plugin("max-score-picker", "four", {{"maxNumOfEndpoints", 4}})
      .profile("default")
      .use("queue-scorer")
      .use("four");
  const auto unwritten = host.scheduler.current();
  Diagnostics diagnostics;
  host.scheduler.publish(many.build(pool.attributes, diagnostics));
  EXPECT_EQ(host.pick(*snapshot), "pod-0");
  host.scheduler.publish(unwritten);
  EXPECT_EQ(host.decide(*snapshot).http_status, 500u);
}

TEST(Throwing, BecomesAnErrorInEveryFunction) {
  Pool pool(3);
  const auto snapshot = pool.table.publish();
  for (const std::string flavour : {"throwing", "throwing-static"}) {
    const std::string file = flavour == "throwing" ? "throwing" : "throwing_static";
    for (const char* what : {"exception", "int", "error"}) {
      for (const char* kind : {"scorer", "filter", "picker"}) {
        Composition composition;
        composition.library(fixture(file))
            .library(shipped("queue_scorer"))
            .library(shipped("max_score_picker"))
            .library(shipped("single_profile_handler"))
            .plugin("queue-scorer")
            .plugin("max-score-picker")
            .plugin(flavour + "-" + kind, "bad", {{"throw", what}})
            .profile("default")
            .use("queue-scorer")
            .use("bad", 1.0, "skip");
        if (std::string_view(kind) != "picker") composition.use("max-score-picker");
        Deciding host(composition, pool.attributes);
        EXPECT_EQ(host.pick(*snapshot, {.trace = true}), "pod-0") << flavour << " " << kind << " " << what;
      }
    }
    Composition refused;
    refused.library(fixture(file))
        .library(shipped("max_score_picker"))
        .library(shipped("single_profile_handler"))
        .plugin(flavour + "-scorer", "bad", {{"in", "create"}});
    EXPECT_THAT(build_errors(refused), HasSubstr("thrown from create")) << flavour;
  }
}

TEST(OtherLanguages, DecideLikeAnybodyElse) {
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  Composition c;
  c.library(fixture("c_library"))
      .plugin("c-queue-scorer")
      .plugin("c-queue-filter", "", {{"max", 2}})
      .plugin("c-max-picker")
      .plugin("c-profile-handler", "", {{"profile", "default"}})
      .profile("default")
      .use("c-queue-filter")
      .use("c-queue-scorer")
      .use("c-max-picker");
  Deciding host(c, pool.attributes);
  EXPECT_EQ(host.pick(*snapshot, {.trace = true}), "pod-0");
  EXPECT_EQ(host.decision.runs[0].rows, (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(OtherLanguages, RustWithoutItsStandardLibrary) {
  if (!store().load(std::string(SHUNT_FIXTURE_DIRECTORY) + "/rust_scorer.so")) GTEST_SKIP() << "rustc is not installed";
  Pool pool(4);
  const auto snapshot = pool.table.publish();
  Composition rust;
  rust.library(fixture("rust_scorer"))
      .library(shipped("max_score_picker"))
      .library(shipped("single_profile_handler"))
      .plugin("rust-scorer")
      .profile("default")
      .use("rust-scorer");
  Deciding host(rust, pool.attributes);
  EXPECT_EQ(host.pick(*snapshot), "pod-0");
}

TEST(UniqueStatics, LoadAndBehave) {
  Pool pool(2);
  const auto snapshot = pool.table.publish();
  Composition composition;
  composition.library(fixture("unique_static"))
      .library(shipped("max_score_picker"))
      .library(shipped("single_profile_handler"))
      .plugin("unique-static")
      .profile("default")
      .use("unique-static");
  Deciding host(composition, pool.attributes);
  EXPECT_TRUE(host.decide(*snapshot).dispatched());
}

}  // namespace
}  // namespace shunt::integration
