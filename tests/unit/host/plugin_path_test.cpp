// SPDX-License-Identifier: Apache-2.0
#include "core/plugin_path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shunt::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PluginPath, EnvironmentThenConfigThenTheProgramsOwn) {
  PluginPath path("/a:/b", "/own");
  path.add_config_directories({"plugins", "/abs/../c"}, "/etc/shunt");
  EXPECT_THAT(path.directories(), ElementsAre("/a", "/b", "/etc/shunt/plugins", "/c", "/own"));
  EXPECT_EQ(path.describe(), "looked in: /a, /b, /etc/shunt/plugins, /c, /own");
}

TEST(PluginPath, EmptyElementsAreNotTheWorkingDirectory) {
  EXPECT_THAT(PluginPath("::/a:", {}).directories(), ElementsAre("/a"));
}

TEST(PluginPath, SaysWhatToDoWhereThereIsNone) {
  EXPECT_THAT(PluginPath("", {}).describe(), HasSubstr("SHUNT_PLUGIN_PATH"));
}

}  // namespace
}  // namespace shunt::host
