// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <shunt/framework/plugin_description.hpp>

namespace shunt {
namespace {

TEST(Kind, HasAWordForPeople) {
  EXPECT_EQ(to_string(Kind::Filter), "filter");
  EXPECT_EQ(to_string(Kind::Scorer), "scorer");
  EXPECT_EQ(to_string(Kind::Picker), "picker");
  EXPECT_EQ(to_string(Kind::ProfileHandler), "profile handler");
  EXPECT_EQ(to_string(Kind::Swapper), "swapper");
}

TEST(PluginDescription, OffersWhatItListsByIdAndByKind) {
  PluginDescription plugin;
  plugin.interfaces = {"shunt.profile_handler/1", "shunt.observer/1"};
  EXPECT_TRUE(plugin.offers(Kind::ProfileHandler));
  EXPECT_FALSE(plugin.offers(Kind::Scorer));
  EXPECT_TRUE(plugin.offers("shunt.observer/1"));
  EXPECT_FALSE(plugin.offers("shunt.observer/2"));
  EXPECT_FALSE(plugin.is_supporting());
}

TEST(PluginDescription, WithoutAnyKindIsSupporting) {
  PluginDescription plugin;
  plugin.interfaces = {"shunt.producer/1", "acme.scorer/1"};
  EXPECT_TRUE(plugin.is_supporting());
}

}  // namespace
}  // namespace shunt
