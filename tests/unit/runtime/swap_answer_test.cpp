// SPDX-License-Identifier: Apache-2.0
// Swappers that write into the parts of their answer that are the host's.
#include <shunt/framework/swap_planner.hpp>

#include "building.hpp"

#include <gmock/gmock.h>

namespace shunt::testing {
namespace {

using ::testing::HasSubstr;

class SwapAnswer : public ::testing::Test, public Workbench {
 protected:
  SwapPlan answer(std::function<std::int32_t(shunt_swap_plan*)> write) {
    library.add("swaps", {SHUNT_SWAPPER_ID}, [write](Scripted& self) {
      self.evict = [write](shunt_ctx*, const shunt_swap_query*, shunt_swap_plan* plan) { return write(plan); };
      return SHUNT_OK;
    });
    const Built built = build(config_text("{\"type\": \"swaps\"},"));
    EXPECT_NE(built.generation, nullptr) << built.text;
    SwapQuestion question;
    question.target.id = "t";
    question.running.resize(2);
    question.running[0].id = "a";
    question.running[1].id = "b";
    question.devices = {{"gpu", 1, 0}};
    return plan_swap(*built.generation, question);
  }
};

TEST_F(SwapAnswer, NullArraysAreRefused) {
  const SwapPlan plan = answer([](shunt_swap_plan* raw) {
    raw->victims = nullptr;
    raw->n_victims = 1;
    raw->placement = nullptr;
    raw->n_placement = 1;
    return SHUNT_OK;
  });
  EXPECT_EQ(plan.status, SwapPlan::Status::Impossible);
  EXPECT_EQ(plan.reason, "swapper \"swaps\" replaced the arrays that it was to write into");
}

TEST_F(SwapAnswer, ArraysOfItsOwnAreRefused) {
  static std::uint32_t own[] = {0, 1};
  const SwapPlan plan = answer([](shunt_swap_plan* raw) {
    raw->victims = own;
    raw->n_victims = 2;
    return SHUNT_OK;
  });
  EXPECT_EQ(plan.status, SwapPlan::Status::Impossible);
  EXPECT_TRUE(plan.evict.empty());
}

TEST_F(SwapAnswer, CountsBeyondTheArraysAreRefused) {
  const SwapPlan plan = answer([](shunt_swap_plan* raw) {
    raw->victims_capacity = ~0u;
    raw->n_victims = ~0u;
    return SHUNT_OK;
  });
  EXPECT_THAT(plan.reason, HasSubstr("more victims than there are running models"));
}

TEST_F(SwapAnswer, AWildReasonIsNone) {
  const SwapPlan plan = answer([](shunt_swap_plan* raw) {
    raw->reason = {"abc", ~std::uint64_t{0}};
    return SHUNT_BLOCKED;
  });
  EXPECT_EQ(plan.status, SwapPlan::Status::Blocked);
  EXPECT_EQ(plan.reason, "");
}

TEST_F(SwapAnswer, WhatIsRightIsTaken) {
  const SwapPlan plan = answer([](shunt_swap_plan* raw) {
    raw->victims[raw->n_victims++] = 1;
    raw->placement[raw->n_placement++] = 0;
    return SHUNT_OK;
  });
  EXPECT_EQ(plan.status, SwapPlan::Status::Evict);
  EXPECT_THAT(plan.evict, ::testing::ElementsAre("b"));
  EXPECT_THAT(plan.placement, ::testing::ElementsAre(0));
}

}  // namespace
}  // namespace shunt::testing
