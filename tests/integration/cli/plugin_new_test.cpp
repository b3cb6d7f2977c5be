// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "program.hpp"

namespace shunt::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Everything below the folder, sorted.
std::vector<std::string> all_below(const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().lexically_relative(folder).string();
    if (!path.starts_with(".run")) found.push_back(path);  // where the fixture keeps what the program printed
  }
  std::ranges::sort(found);
  return found;
}

TEST(PluginNew, WritesAFolderAndSaysWhatToDoWithIt) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "new", "scorer", "kv-headroom"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(
      all_below(folder.path()),
      ElementsAre("kv_headroom", "kv_headroom/CMakeLists.txt", "kv_headroom/README.md", "kv_headroom/kv_headroom.cpp",
                  "kv_headroom/kv_headroom_test.cpp", "kv_headroom/sample", "kv_headroom/sample/pool.jsonc",
                  "kv_headroom/sample/requests.jsonl", "kv_headroom/sample/shunt.jsonc"));
  EXPECT_EQ(ran.out, R"(wrote kv_headroom
  CMakeLists.txt
  README.md
  kv_headroom.cpp
  kv_headroom_test.cpp
  sample/pool.jsonc
  sample/requests.jsonl
  sample/shunt.jsonc

build and test it, validate it, see it decide:
  cd kv_headroom && cmake -B build && cmake --build build && ctest --test-dir build --output-on-failure
  shunt plugin validate build/kv_headroom.so
  shunt schedule -c sample/shunt.jsonc --endpoints sample/pool.jsonc --requests sample/requests.jsonl --explain -o text
)");
}

TEST(PluginNew, AFolderThatLooksLikeAFlagIsNone) {
  Folder folder;
  EXPECT_THAT(folder.run({"plugin", "new", "scorer", "x", "--dir", "-y", "--lang", "c"}).out,
              HasSubstr("\n  cd ./-y && cmake "));
  EXPECT_TRUE(fs::exists(folder.path() / "-y/x.c"));
}

TEST(PluginNew, AnswersScriptsInJson) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "new", "filter", "not-full", "--lang", "c", "--dir", "a/b/", "-o", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const boost::json::value out = boost::json::parse(ran.out);
  EXPECT_EQ(out.at("schema"), 1);
  EXPECT_EQ(out.at("folder"), "a/b/");
  EXPECT_EQ(out.at("files").as_array().size(), 7u);
  EXPECT_EQ(out.at("commands").at(1), "shunt plugin validate build/not_full.so");
  EXPECT_TRUE(fs::exists(folder.path() / "a/b/not_full.c"));
}

TEST(PluginNew, FindsTheCrateForRustBesideTheProgram) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "new", "filter", "not-full", "--lang", "rust"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(all_below(folder.path() / "not_full"),
              ElementsAre("Cargo.lock", "Cargo.toml", "README.md", "sample", "sample/pool.jsonc",
                          "sample/requests.jsonl", "sample/shunt.jsonc", "src", "src/lib.rs", "src/tests.rs"));
  const fs::path crate = fs::path(SHUNT_PROGRAM).parent_path() / "../share/shunt/rust";
  EXPECT_THAT(folder.read("not_full/Cargo.toml"), HasSubstr("path = \"" + crate.lexically_normal().string() + "\""));
  EXPECT_TRUE(fs::exists(crate / "src/lib.rs"));
}

TEST(PluginNew, TakesTheCrateThatItIsGiven) {
  Folder folder;
  fs::create_directories(folder.path() / "crates/shunt");
  const auto make = [&](const std::string& name, const std::string& crate, const std::string& language = "rust") {
    return folder.run({"plugin", "new", "filter", name, "--lang", language, "--dir", "a/" + name, "--crate", crate});
  };
  const Ran missing = make("one", "crates/shunt");
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("error[E325]: there is no crate in crates/shunt"));
  EXPECT_THAT(missing.err, HasSubstr("shunt-sdk-dev"));
  EXPECT_FALSE(fs::exists(folder.path() / "a"));

  folder.write("crates/shunt/Cargo.toml", "");
  ASSERT_EQ(make("one", "crates/shunt").code, 0);
  EXPECT_THAT(folder.read("a/one/Cargo.toml"), HasSubstr("path = \"../../crates/shunt\""));
  const std::string absolute = (folder.path() / "crates/shunt").string();
  ASSERT_EQ(make("two", absolute).code, 0);
  EXPECT_THAT(folder.read("a/two/Cargo.toml"), HasSubstr("path = \"" + absolute + "\""));
  EXPECT_EQ(make("three", absolute, "c").code, 2);
}

TEST(PluginNew, SaysWhatToInstallWhereThereIsNoCrate) {
  Folder folder;
  fs::create_directory(folder.path() / "bin");
  fs::copy_file(SHUNT_PROGRAM, folder.path() / "bin/shunt");
  const Ran ran = folder.run_program(folder.path() / "bin/shunt", {"plugin", "new", "filter", "x", "--lang", "rust"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("error[E325]: the crate shunt-sdk"));
  EXPECT_THAT(ran.err, HasSubstr("--crate"));
  EXPECT_FALSE(fs::exists(folder.path() / "x"));
}

TEST(PluginNew, LeavesExistingFilesAloneAndListsThem) {
  Folder folder;
  fs::create_directory(folder.path() / "mine");
  folder.write("mine/README.md", "my notes");
  const std::vector<std::string> command{"plugin", "new", "picker", "any-near-best", "--dir", "mine"};
  const Ran refused = folder.run(command);
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("error[E323]"));
  EXPECT_THAT(refused.err, HasSubstr("mine/README.md"));
  EXPECT_THAT(all_below(folder.path()), ElementsAre("mine", "mine/README.md"));

  // Other files are no obstacle, and the folder itself stays what it is.
  fs::rename(folder.path() / "mine/README.md", folder.path() / "mine/NOTES.md");
  EXPECT_EQ(folder.run(command).code, 0);
  EXPECT_EQ(folder.read("mine/NOTES.md"), "my notes");
  EXPECT_THAT(folder.read("mine/any_near_best.cpp"), HasSubstr("any-near-best"));
  EXPECT_EQ(all_below(folder.path()).size(), 10u);
}

TEST(PluginNew, LeavesNothingBehindWhereItCannotWrite) {
  Folder folder;
  folder.write("file", "no folder");
  const Ran ran = folder.run({"plugin", "new", "scorer", "x", "--dir", "file/x"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("error[E324]: cannot write"));
  EXPECT_THAT(all_below(folder.path()), ElementsAre("file"));
  EXPECT_THAT(folder.run({"plugin", "new", "scorer", "x", "--dir", "file"}).err, HasSubstr("no folder"));
}

TEST(PluginNew, RefusesNamesWithABetterOne) {
  Folder folder;
  const Ran bad = folder.run({"plugin", "new", "scorer", "KvHeadroom", "--lang", "c"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("error[E321]: \"KvHeadroom\" cannot be the type of a plugin"));
  EXPECT_THAT(bad.err,
              HasSubstr("did you mean \"kv-headroom\"?\n  run: shunt plugin new scorer kv-headroom --lang c\n"));
  const Ran taken = folder.run({"plugin", "new", "scorer", "queue-scorer"});
  EXPECT_EQ(taken.code, 2);
  EXPECT_THAT(taken.err, HasSubstr("error[E322]"));
  EXPECT_THAT(taken.err, HasSubstr("queue_scorer.so"));
  EXPECT_THAT(taken.err, HasSubstr("my-queue-scorer"));
  EXPECT_THAT(all_below(folder.path()), IsEmpty());
}

TEST(PluginNew, SaysWhatTheCommandLineLacks) {
  Folder folder;
  EXPECT_THAT(folder.run({"plugin", "new"}).err, HasSubstr("\"shunt plugin new\" needs a kind, a name"));
  const Ran kind = folder.run({"plugin", "new", "scorrer", "x"});
  EXPECT_EQ(kind.code, 2);
  EXPECT_THAT(kind.err, HasSubstr("did you mean \"scorer\"?"));
  const Ran language = folder.run({"plugin", "new", "scorer", "x", "--lang", "cxx"});
  EXPECT_EQ(language.code, 2);
  EXPECT_THAT(language.err, HasSubstr("\"cxx\" is not one of cpp, c, rust"));
  EXPECT_THAT(folder.run({"plugin", "new", "--help"}).out, HasSubstr("shunt plugin new KIND NAME [flags]"));
}

}  // namespace
}  // namespace shunt::testing
