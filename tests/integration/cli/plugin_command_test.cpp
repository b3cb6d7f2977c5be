// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "program.hpp"

namespace shunt::testing {
namespace {

namespace json = boost::json;

using ::testing::HasSubstr;

TEST(PluginList, FindsTheInTreePluginsWithoutAnyFlag) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "list", "-o", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json::value out = json::parse(ran.out);
  EXPECT_EQ(out.at("schema"), 1);
  const json::array& plugins = out.at("plugins").as_array();
  const auto queue = std::ranges::find_if(plugins, [](const json::value& p) { return p.at("type") == "queue-scorer"; });
  ASSERT_NE(queue, plugins.end());
  EXPECT_EQ(queue->at("interfaces").at(0), "shunt.scorer/1");
  EXPECT_THAT(folder.run({"plugin", "list"}).out, HasSubstr("queue-scorer"));
}

TEST(PluginInspect, ShowsWhatTheFileSays) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "inspect", "queue_scorer.so", "-o", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json::value library = json::parse(ran.out).at("libraries").at(0);
  EXPECT_EQ(library.at("exports"), json::array{"shunt_library_entry_v1"});
  EXPECT_EQ(library.at("sha256").as_string().size(), 64U);
  EXPECT_TRUE(library.at("plugins").at(0).at("parameters").is_object());
  EXPECT_THAT(folder.run({"plugin", "inspect", "queue_scorer.so"}).out, HasSubstr("plugin queue-scorer"));
}

TEST(PluginInspect, SaysWhatIsWrongWithTheFile) {
  Folder folder;
  folder.write("text.so", "not a library");
  Ran ran = folder.run({"plugin", "inspect", "./text.so"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("error[P120]"));
  ran = folder.run({"plugin", "inspect", "none.so"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("none.so"));
}

TEST(PluginAudit, InTreePluginsHaveNoErrors) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "audit"});
  EXPECT_EQ(ran.code, 0) << ran.out;
}

TEST(PluginAudit, ALibraryThatIsNoPluginHasFindings) {
  Folder folder;
  // Any shared object that does not export the entry function will do; the C library's mathematics is always there.
  std::filesystem::path library;
  for (const char* candidate :
       {"/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6"}) {
    if (std::filesystem::exists(candidate)) library = candidate;
  }
  ASSERT_FALSE(library.empty());
  const Ran ran = folder.run({"plugin", "audit", library.string()});
  EXPECT_EQ(ran.code, 5) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("error"));
}

TEST(PluginAudit, AFileThatIsNoLibraryIsAFinding) {
  Folder folder;
  folder.write("text.so", "not a library");
  const Ran ran = folder.run({"plugin", "audit", "./text.so", "queue_scorer.so"});
  EXPECT_EQ(ran.code, 5) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out,
              ::testing::StartsWith("./text.so:\n  error[P120] elf: is not an ELF file: name the shared object "
                                    "itself (.so)\n"));
  EXPECT_THAT(ran.out, HasSubstr("queue_scorer.so"));
  const json::value out = json::parse(folder.run({"plugin", "audit", "./text.so", "-o", "json"}).out);
  EXPECT_EQ(out.at("libraries").at(0).at("findings").at(0).at("code"), "P120");
  EXPECT_EQ(folder.run({"plugin", "audit", "./none.so"}).code, 4) << "there is nothing to judge";
}

TEST(PluginInspect, ErrorsAsJsonSayWhichFile) {
  Folder folder;
  folder.write("text.so", "not a library");
  json::value error = json::parse(folder.run({"plugin", "inspect", "./text.so", "-o", "json"}).err).at("errors").at(0);
  EXPECT_EQ(error.at("code"), "P120");
  EXPECT_EQ(error.at("file"), "./text.so");
  EXPECT_EQ(error.at("suggestion"), "");
  const Ran ran = folder.run({"plugin", "inspect", "queue_scorr.so", "-o", "json"});
  EXPECT_EQ(ran.code, 4);
  error = json::parse(ran.err).at("errors").at(0);
  EXPECT_EQ(error.at("code"), "P101");
  EXPECT_EQ(error.at("file"), "queue_scorr.so");
  EXPECT_EQ(error.at("suggestion"), "did you mean \"queue_scorer.so\"?");
}

TEST(PluginList, ErrorsOfItsConfigHaveTheirPlaces) {
  Folder folder;
  folder.write("c.jsonc", "{ \"plugins\": [ }");
  const Ran ran = folder.run({"plugin", "list", "-c", "c.jsonc", "-o", "json"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(json::parse(ran.err).at("errors").at(0).at("line"), 1);
}

TEST(Version, SaysWhatItIs) {
  Folder folder;
  const json::value version = json::parse(folder.run({"version", "-o", "json"}).out);
  EXPECT_EQ(version.at("schema"), 1);
  EXPECT_EQ(version.at("abi").at("major"), 1);
  EXPECT_EQ(folder.run({"--version"}).out, folder.run({"version"}).out);
}

}  // namespace
}  // namespace shunt::testing
