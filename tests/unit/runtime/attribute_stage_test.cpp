// SPDX-License-Identifier: Apache-2.0
#include "runtime/attribute_stage.hpp"

#include <gtest/gtest.h>

namespace shunt {
namespace {

TEST(AttributeStage, LeavesTheTableAloneUntilCommitted) {
  AttributeTable table;
  const std::size_t before = table.size();
  AttributeStage stage(table);
  const AttributeId queue = stage.add("queue", AttributeType::Number).value();
  const AttributeId own = stage.add("own", AttributeType::Flag).value();
  EXPECT_EQ(stage.add("own", AttributeType::Flag).value(), own);
  EXPECT_EQ(stage.type(own), AttributeType::Flag);
  EXPECT_EQ(stage.add("own", AttributeType::Set).error().message, "attribute \"own\" is a flag, not a set");
  EXPECT_EQ(stage.add("label:x", AttributeType::Set).error().code, "C510");
  EXPECT_EQ(table.size(), before);
  EXPECT_EQ(stage.real(queue), *table.find("queue"));
  stage.commit().value();
  EXPECT_EQ(stage.real(own), *table.find("own"));
  EXPECT_FALSE(table.known("own")) << "nobody has brought it so far";
  table.add("own", AttributeType::Flag).value();
  EXPECT_TRUE(table.known("own"));
}

TEST(AttributeStage, FailsWhenAnotherTypeCameInBetween) {
  AttributeTable table;
  AttributeStage stage(table);
  stage.add("own", AttributeType::Flag).value();
  table.add("own", AttributeType::Number).value();
  EXPECT_EQ(stage.commit().error().code, "C510");
}

}  // namespace
}  // namespace shunt
