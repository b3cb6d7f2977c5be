// SPDX-License-Identifier: Apache-2.0
#include "serve/front/models_page.hpp"

#include <shunt/framework/endpoint_table.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shunt::host::front {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ModelsPageTest, SortedAndInOpenAisForm) {
  EXPECT_EQ(models_page({}), R"({"object":"list","data":[]})");
  EXPECT_EQ(models_page({{"b", R"({"id":"b"})"}, {"a", R"({"id":"a","x":1})"}}),
            R"({"object":"list","data":[{"id":"a","x":1},{"id":"b"}]})");
}

TEST(ModelsPageTest, WhatWasSaidFirstStays) {
  ModelList models;
  EXPECT_TRUE(add_models(R"({"data":[{"id":"a","n":1},{"id":"b"}]})", models));
  EXPECT_TRUE(add_models(R"({"data":[{"id":"a","n":2},{"id":"c"}],"object":"list"})", models));
  EXPECT_EQ(models_page(models), R"({"object":"list","data":[{"id":"a","n":1},{"id":"b"},{"id":"c"}]})");
}

TEST(ModelsPageTest, EntriesThatAreNoModelsAreLeftOut) {
  ModelList models;
  EXPECT_TRUE(add_models(R"({"data":[1,null,{},{"id":7},{"id":""},{"id":"a"}]})", models));
  EXPECT_EQ(models.size(), 1U);
}

TEST(ModelsPageTest, WhatIsNoListAddsNothing) {
  for (const char* text : {"", "x", "[]", "{}", R"({"data":{}})", R"({"data":[{"id":"a"}]} more)", "null"}) {
    ModelList models;
    EXPECT_FALSE(add_models(text, models)) << text;
    EXPECT_TRUE(models.empty()) << text;
  }
}

class PoolModelsTest : public testing::Test {
 protected:
  void add(const std::string& name, const std::string& address) { ASSERT_TRUE(table_.add({name, address, {}})); }
  void set(const char* name, const char* column, std::vector<std::string> models) {
    ASSERT_TRUE(table_.set(endpoint_key(name), *table_.attributes()->find(column), std::move(models)));
  }
  PoolModels look() {
    picture_.snapshot = table_.publish();
    return models_of(picture_);
  }
  static std::vector<std::string> ids(const ModelList& models) {
    std::vector<std::string> out;
    for (const auto& [id, about] : models) out.push_back(id);
    return out;
  }

  EndpointTable table_{std::make_shared<AttributeTable>()};
  PoolPicture picture_;
};

TEST_F(PoolModelsTest, WithoutPictureThereIsNothing) {
  const PoolModels models = models_of(PoolPicture{});
  EXPECT_TRUE(models.named.empty() && models.silent.empty());
}

TEST_F(PoolModelsTest, EndpointsWithoutModelsAreSilent) {
  add("a", "h:1");
  add("b", "h:2");
  add("c", "h:3");
  set("b", "models", {"y", "x"});
  const PoolModels models = look();
  EXPECT_THAT(ids(models.named), ElementsAre("x", "y"));
  EXPECT_THAT(models.silent, ElementsAre("h:1", "h:3"));
}

TEST_F(PoolModelsTest, WhatIsLoadedIsNotAllThereIs) {
  add("a", "h:1");
  set("a", "active_models", {"adapter"});
  const PoolModels models = look();
  EXPECT_THAT(ids(models.named), ElementsAre("adapter"));
  EXPECT_THAT(models.silent, ElementsAre("h:1"));
}

TEST_F(PoolModelsTest, OnlyThoseThatMayGetRequestsAreAskedAndEachAddressOnce) {
  add("a", "h:1");
  add("b", "h:1");
  add("c", "h:3");
  EXPECT_THAT(look().silent, ElementsAre("h:1", "h:3"));
  picture_.routable = {endpoint_key("c")};
  EXPECT_THAT(look().silent, ElementsAre("h:3"));
  picture_.routable.emplace();
  EXPECT_THAT(look().silent, IsEmpty());
}

}  // namespace
}  // namespace shunt::host::front
