// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/endpoint_table.hpp>

#include <gtest/gtest.h>

namespace shunt {
namespace {

TEST(AttributeTable, OneNameHasOneType) {
  AttributeTable attributes;
  const AttributeId id = attributes.add("gpu_temperature", AttributeType::Number).value();
  EXPECT_EQ(attributes.add("gpu_temperature", AttributeType::Number).value(), id);
  const auto other = attributes.add("gpu_temperature", AttributeType::Flag);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, "C510");
  EXPECT_EQ(other.error().message, "attribute \"gpu_temperature\" is a number, not a flag");
}

TEST(AttributeTable, LabelsAndWhatEveryEndpointHasAreNames) {
  for (const std::string name : {"label:zone", "label:", "endpoint:name", "endpoint:address"}) {
    const auto attributes = std::make_shared<AttributeTable>();
    for (const AttributeType type : {AttributeType::Number, AttributeType::Flag, AttributeType::Set}) {
      const auto added = attributes->add(name, type);
      ASSERT_FALSE(added) << name;
      EXPECT_EQ(added.error().code, "C510");
      EXPECT_EQ(added.error().message.find("attribute \"" + name + "\" is a name, not a "), 0u)
          << added.error().message;
    }
    EXPECT_FALSE(attributes->find(name)) << name;
    EXPECT_TRUE(attributes->add(name, AttributeType::Name)) << name;
    EndpointTable table(attributes);
    table.add({"a", "a:1", {{"zone", "z"}}}).value();
    EXPECT_NO_THROW(table.publish()) << name;
  }
}

}  // namespace
}  // namespace shunt
