// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/compose.hpp>
#include <shunt/framework/library_store.hpp>
#include <shunt/framework/swap_planner.hpp>

#include <gmock/gmock.h>

namespace shunt {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<const Generation> swapping(const std::string& file, std::string_view type,
                                           boost::json::object parameters) {
  static LibraryStore store(
      {.staging_parent = {}, .trusted_directories = {}, .maximum_libraries = 100, .check_trust = false});
  Composition composition;
  composition.library(store.load(file).value())
      .plugin(type, "swapper", std::move(parameters))
      .set("models", {{"a", boost::json::object()}, {"b", boost::json::object()}, {"c", boost::json::object()}})
      .set("routing", {{"swapper", {{"pluginRef", "swapper"}}}});
  Diagnostics diagnostics;
  auto generation = composition.build(std::make_shared<AttributeTable>(), diagnostics);
  if (generation == nullptr) throw std::runtime_error(render_text(diagnostics, false));
  return generation;
}

ModelState model(std::string id) {
  ModelState state;
  state.id = std::move(id);
  return state;
}

TEST(SwapPlanner, GroupsEvictInTheOrderOfRunningModels) {
  const auto generation = swapping(std::string(SHUNT_PLUGIN_DIRECTORY) + "/group.so", "group",
                                   {{"groups", {{"g", {{"members", {"a", "b", "c"}}}}}}});
  SwapQuestion question;
  question.target = model("a");
  question.running = {model("c"), model("b"), model("b")};
  const SwapPlan plan = plan_swap(*generation, question);
  EXPECT_EQ(plan.status, SwapPlan::Status::Evict);
  EXPECT_THAT(plan.evict, ElementsAre("b", "c"));
  question.running.clear();
  EXPECT_EQ(plan_swap(*generation, question).status, SwapPlan::Status::None);
}

class WrongSwapper : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(WrongSwapper, IsRefusedWithAReason) {
  const auto generation = swapping(std::string(SHUNT_FIXTURE_DIRECTORY) + "/wrong_answers.so", "wrong-swapper",
                                   {{"mode", GetParam().first}});
  SwapQuestion question;
  question.target = model("t");
  question.running = {model("a"), model("b"), model("p")};
  question.running[2].pinned = true;
  question.devices = {{"gpu-0", 100, 0}, {"gpu-1", 100, 0}};
  const SwapPlan plan = plan_swap(*generation, question);
  EXPECT_EQ(plan.status, SwapPlan::Status::Impossible);
  EXPECT_THAT(plan.reason, ::testing::HasSubstr(GetParam().second));
}
INSTANTIATE_TEST_SUITE_P(Modes, WrongSwapper,
                         ::testing::Values(std::pair{"unknown_victim", "a victim that is not running"},
                                           std::pair{"twice", "twice as a victim"}, std::pair{"pinned", "pinned"},
                                           std::pair{"too_many", "more victims than there are running models"},
                                           std::pair{"unknown_device", "a device that does not exist"},
                                           std::pair{"device_twice", "a device twice"},
                                           std::pair{"too_many_devices", "more devices than there are"},
                                           std::pair{"error", "wrong on purpose"}));

TEST(SwapPlanner, BlockedAndImpossibleAreAnswers) {
  SwapQuestion question;
  question.target = model("t");
  const std::string file = std::string(SHUNT_FIXTURE_DIRECTORY) + "/wrong_answers.so";
  EXPECT_EQ(plan_swap(*swapping(file, "wrong-swapper", {{"mode", "blocked_forever"}}), question).status,
            SwapPlan::Status::Blocked);
  EXPECT_EQ(plan_swap(*swapping(file, "wrong-swapper", {{"mode", "impossible_without_reason"}}), question).status,
            SwapPlan::Status::Impossible);
}

}  // namespace
}  // namespace shunt
