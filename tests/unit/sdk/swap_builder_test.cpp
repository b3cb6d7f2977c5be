// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/swapper.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using shunt::testing::BuiltSwap;
using shunt::testing::SwapBuilder;
using ::testing::ElementsAre;

TEST(SwapBuilder, RunningModelsAreSortedAndReadThroughTheirStride) {
  SwapBuilder builder("target");
  builder.target().bytes(9).priority(3).group("g");
  builder.running("qwen").pinned().in_flight(2).waiting(1).last_used_ns(5).device(1);
  builder.running("llama").loading().state(SHUNT_MODEL_STARTING).bytes(7).load_cost_ns(8).device(0).device(1);
  builder.device("gpu-0", 100, 60).device("gpu-1", 50, 0).now_ns(77);
  BuiltSwap swap(builder);
  ASSERT_GT(swap.query().running_stride, sizeof(shunt_model));

  shunt::testing::FakeHost host;
  const shunt::sdk::SwapQuery query(shunt::sdk::Context(host.table(), nullptr), swap.query());
  ASSERT_EQ(query.running_count(), 2u);
  EXPECT_EQ(shunt::sdk::to_view(query.running(0).id), "llama");
  EXPECT_EQ(query.running(0).present, SHUNT_MODEL_BYTES | SHUNT_MODEL_LOAD_COST);
  EXPECT_EQ(query.running(0).flags, SHUNT_MODEL_LOADING);
  EXPECT_EQ(query.running(0).n_devices, 2u);
  EXPECT_EQ(shunt::sdk::to_view(query.running(1).id), "qwen");
  EXPECT_EQ(query.running(1).state, SHUNT_MODEL_READY);
  EXPECT_EQ(query.running(1).flags, SHUNT_MODEL_PINNED);
  EXPECT_EQ(query.running(1).in_flight + query.running(1).waiting, 3u);
  EXPECT_EQ(query.target().bytes, 9u);
  EXPECT_EQ(query.target().state, SHUNT_MODEL_STOPPED);
  EXPECT_EQ(shunt::sdk::to_view(query.target().group), "g");
  ASSERT_EQ(query.device_count(), 2u);
  EXPECT_EQ(query.device(1).capacity_bytes, 50u);
  EXPECT_EQ(query.now_ns(), 77);
  EXPECT_EQ(swap.plan().victims_capacity, 2u);
  EXPECT_EQ(swap.plan().placement_capacity, 2u);
  EXPECT_THAT(builder.running_ids(), ElementsAre("llama", "qwen"));
}

TEST(SwapBuilder, WritingBehindTheVictimsIsNoticed) {
  SwapBuilder builder("target");
  builder.running("a");
  BuiltSwap swap(builder);
  EXPECT_TRUE(swap.intact());
  swap.plan().victims[1] = 0;
  EXPECT_FALSE(swap.intact());
}

}  // namespace
