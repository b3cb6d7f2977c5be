// SPDX-License-Identifier: Apache-2.0
#include "core/plugin_scaffold.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace shunt::host {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(PluginName, GoodOnesPass) {
  for (const char* name : {"a", "kv-headroom", "v2", "a-1-b"}) EXPECT_EQ(problem_of_plugin_name(name), "") << name;
  EXPECT_EQ(problem_of_plugin_name(std::string(64, 'a')), "");
}

TEST(PluginName, BadOnesGetASuggestionThatIsGood) {
  const std::pair<const char*, const char*> cases[] = {
      {"KvHeadroom", "kv-headroom"},      {"kv_headroom", "kv-headroom"},
      {"kv headroom", "kv-headroom"},     {"KVHeadroom", "kv-headroom"},
      {"-kv--headroom-", "kv-headroom"},  {"2fast", "fast"},
      {"kv.headroom/1", "kv-headroom-1"}, {"Scorer", "scorer"},
  };
  for (const auto& [name, better] : cases) {
    EXPECT_THAT(problem_of_plugin_name(name), HasSubstr("cannot be the type of a plugin")) << name;
    EXPECT_EQ(suggested_plugin_name(name), better);
    EXPECT_EQ(problem_of_plugin_name(better), "") << better;
  }
  const std::string long_name(70, 'x');
  EXPECT_THAT(problem_of_plugin_name(long_name), HasSubstr("70 characters"));
  EXPECT_EQ(problem_of_plugin_name(suggested_plugin_name(long_name)), "");
  EXPECT_EQ(suggested_plugin_name("---"), "");
  EXPECT_THAT(problem_of_plugin_name(""), Not(IsEmpty()));
}

TEST(PluginScaffold, EveryKindHasEveryFileOfEveryLanguage) {
  for (const std::string& language : scaffold_languages()) {
    for (const std::string& kind : scaffold_kinds()) {
      const Scaffold scaffold = render_scaffold({kind, "kv-headroom", language, "here", "crate"});
      const bool is_rust = language == "rust";
      std::set<std::string> names;
      for (const ScaffoldFile& file : scaffold.files) {
        EXPECT_TRUE(names.insert(file.path).second) << file.path << " comes twice";
        if (file.path == "Cargo.lock") continue;  // says that it is @generated
        EXPECT_THAT(file.text, Not(HasSubstr("@"))) << file.path;
      }
      const std::set<std::string> expected =
          is_rust ? std::set<std::string>{"Cargo.toml", "Cargo.lock", "src/lib.rs", "src/tests.rs"}
                  : std::set<std::string>{"CMakeLists.txt", "kv_headroom." + language, "kv_headroom_test.cpp"};
      EXPECT_TRUE(std::ranges::includes(names, expected)) << language << " " << kind;
      EXPECT_TRUE(names.contains("README.md") && names.contains("sample/shunt.jsonc")) << language << " " << kind;
      EXPECT_THAT(scaffold.commands, SizeIs(3));
    }
  }
}

TEST(PluginScaffold, CommandsNameTheFolderAsAShellNeedsIt) {
  EXPECT_THAT(render_scaffold({"scorer", "a", "c", "my plugins/a", ""}).commands.front(),
              HasSubstr("cd 'my plugins/a' && cmake"));
  EXPECT_THAT(render_scaffold({"scorer", "a", "c", ".", ""}).commands.front(), Not(HasSubstr("cd ")));
}

TEST(PluginScaffold, CargoGetsThePathOfTheCrateAsAString) {
  const Scaffold scaffold = render_scaffold({"scorer", "a-b", "rust", "a_b", "my \"crates\"/shunt"});
  const auto manifest = std::ranges::find(scaffold.files, "Cargo.toml", &ScaffoldFile::path);
  ASSERT_NE(manifest, scaffold.files.end());
  EXPECT_THAT(manifest->text, HasSubstr(R"(shunt-sdk = { path = "my \"crates\"/shunt" })"));
  EXPECT_THAT(manifest->text, HasSubstr("name = \"shunt-plugin-a-b\""));
  EXPECT_THAT(scaffold.commands.front(), HasSubstr("cp build/release/libshunt_plugin_a_b.so build/a_b.so"));
}

}  // namespace
}  // namespace shunt::host
