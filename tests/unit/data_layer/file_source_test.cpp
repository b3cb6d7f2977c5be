// SPDX-License-Identifier: Apache-2.0
// A discovery file under everything that editors, config management and Kubernetes do to files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <vector>

#include "data/file_source.hpp"

namespace {

using namespace shunt::host;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

std::string pool(const std::vector<std::string>& names) {
  std::string text = "endpoints:\n";
  for (const std::string& name : names) text += "- {name: " + name + ", address: 10.0.0.1, port: '80'}\n";
  return text + (names.empty() ? "  []\n" : "");
}

class FileSourceTest : public ::testing::Test {
 protected:
  FileSourceTest() {
    std::string pattern = ::testing::TempDir() + "shunt-data-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    path = folder / "pool.yaml";
  }
  ~FileSourceTest() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  // By default the poll never comes, so that it is the watch that is seen.
  void start(milliseconds poll = std::chrono::hours(1), bool watch_it = true, milliseconds settle = milliseconds(20)) {
    source = std::make_unique<FileSource>(around, helper, watch, FileDiscoverySettings{path, watch_it},
                                          FileSource::Pace{poll, settle});
    source->start();
  }
  static void write(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  }
  void replace(const std::string& text) const {
    write(folder / "new", text);
    fs::rename(folder / "new", path);
  }
  ::testing::AssertionResult until(const std::function<bool()>& reached) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!reached()) {
      if (std::chrono::steady_clock::now() > end)
        return ::testing::AssertionFailure() << "it took too long: " << source->status().problem;
      if (context.stopped()) context.restart();
      context.run_one_for(milliseconds(20));
    }
    return ::testing::AssertionSuccess();
  }
  ::testing::AssertionResult until_known(const std::vector<std::string>& names) {
    return until([&] { return known == names && source->status().good; });
  }
  // Long enough for whatever is on its way.
  void settle() {
    const auto end = std::chrono::steady_clock::now() + milliseconds(150);
    ASSERT_TRUE(until([&] { return std::chrono::steady_clock::now() > end; }));
  }

  fs::path folder;
  fs::path path;
  SystemClock clock;
  boost::asio::io_context context{1};
  DataLayerCounts counts;
  std::vector<std::string> known;
  int puts = 0;
  SourceSurroundings around{context, clock, counts, [this](std::string_view, const std::vector<EndpointEntry>& list) {
                              known.clear();
                              for (const EndpointEntry& entry : list) known.push_back(entry.definition.name);
                              ++puts;
                              return std::vector<std::string>();
                            }};
  FileWatch watch{context};
  std::unique_ptr<FileSource> source;
  HelperThread helper{"test-files"};
};

TEST_F(FileSourceTest, FollowsRenames) {
  write(path, pool({"a", "b"}));
  start();
  ASSERT_TRUE(until_known({"a", "b"}));
  replace(pool({"b", "c"}));
  ASSERT_TRUE(until_known({"b", "c"}));
  replace(pool({}));
  ASSERT_TRUE(until_known({}));
  replace(pool({"d"}));
  ASSERT_TRUE(until_known({"d"}));
}

TEST_F(FileSourceTest, FollowsWritingInPlace) {
  write(path, pool({"a"}));
  start();
  ASSERT_TRUE(until_known({"a"}));
  write(path, pool({"a", "b"}));
  ASSERT_TRUE(until_known({"a", "b"}));
}

TEST_F(FileSourceTest, FollowsKubernetesConfigMaps) {
  fs::create_directory(folder / "..1");
  write(folder / "..1" / "pool.yaml", pool({"a"}));
  fs::create_symlink("..1", folder / "..data");
  fs::create_symlink("..data/pool.yaml", path);
  start();
  ASSERT_TRUE(until_known({"a"}));
  for (int round = 2; round < 5; ++round) {
    const std::string name = ".." + std::to_string(round);
    fs::create_directory(folder / name);
    write(folder / name / "pool.yaml", pool({"pod-" + std::to_string(round)}));
    fs::create_symlink(name, folder / "..data_tmp");
    fs::rename(folder / "..data_tmp", folder / "..data");
    fs::remove_all(folder / (".." + std::to_string(round - 1)));
    ASSERT_TRUE(until_known({"pod-" + std::to_string(round)}));
  }
}

TEST_F(FileSourceTest, FollowsTheTargetOfALink) {
  fs::create_directory(folder / "elsewhere");
  write(folder / "elsewhere" / "list", pool({"a"}));
  fs::create_symlink("elsewhere/list", path);
  start();
  ASSERT_TRUE(until_known({"a"}));
  write(folder / "elsewhere" / "list", pool({"b"}));
  ASSERT_TRUE(until_known({"b"}));
}

TEST_F(FileSourceTest, PollsWhereNobodyTells) {
  // The link of a link: nobody watches the folder in between.
  fs::create_directory(folder / "one");
  fs::create_directory(folder / "two");
  write(folder / "two" / "first", pool({"a"}));
  write(folder / "two" / "second", pool({"b"}));
  fs::create_symlink("../two/first", folder / "one" / "link");
  fs::create_symlink("one/link", path);
  start(milliseconds(30));
  ASSERT_TRUE(until_known({"a"}));
  fs::remove(folder / "one" / "link");
  fs::create_symlink("../two/second", folder / "one" / "link");
  ASSERT_TRUE(until_known({"b"}));
}

TEST_F(FileSourceTest, KeepsTheLastGoodListWhileTheFileIsGone) {
  write(path, pool({"a"}));
  start();
  ASSERT_TRUE(until_known({"a"}));
  fs::remove(path);
  ASSERT_TRUE(until([&] { return !source->status().good; }));
  EXPECT_THAT(source->status().problem, HasSubstr("no such file"));
  EXPECT_THAT(known, ElementsAre("a"));
  EXPECT_EQ(source->status().endpoints, 1u);
  replace(pool({"a"}));  // the same again
  ASSERT_TRUE(until([&] { return source->status().good; }));
  EXPECT_EQ(source->status().problem, "");
  EXPECT_EQ(puts, 1);
}

TEST_F(FileSourceTest, KeepsTheLastGoodListWhileTheFileIsBroken) {
  write(path, pool({"a"}));
  start();
  ASSERT_TRUE(until_known({"a"}));
  replace("endpoints: [");
  ASSERT_TRUE(until([&] { return !source->status().good; }));
  EXPECT_THAT(known, ElementsAre("a"));
  const std::uint64_t failures = counts.discovery_failures;
  EXPECT_GE(failures, 1u);
  fs::remove(path);
  ASSERT_TRUE(until([&] { return source->status().problem.find("no such file") != std::string::npos; }));
  replace("endpoints: [");  // back, and as broken as before
  ASSERT_TRUE(until([&] { return source->status().problem.find("no such file") == std::string::npos; }));
  EXPECT_FALSE(source->status().good);
  replace(pool({"b"}));
  ASSERT_TRUE(until_known({"b"}));
}

TEST_F(FileSourceTest, LeavesOutBrokenEntries) {
  write(path, pool({"a"}) + "- {name: b, address: nowhere, port: '80'}\n");
  start();
  ASSERT_TRUE(until_known({"a"}));
  EXPECT_EQ(source->status().skipped, 1u);
  EXPECT_EQ(counts.discovery_skipped, 1u);
}

TEST_F(FileSourceTest, WaitsForAFileThatIsNotThereYet) {
  start();
  ASSERT_TRUE(until([&] { return source->status().failures == 1; }));
  EXPECT_EQ(puts, 0);
  replace(pool({"a"}));
  ASSERT_TRUE(until_known({"a"}));
}

TEST_F(FileSourceTest, WaitsForAFolderThatIsNotThereYet) {
  path = folder / "later" / "pool.yaml";
  start(milliseconds(30));
  ASSERT_TRUE(until([&] { return source->status().failures >= 1; }));
  fs::create_directory(folder / "later");
  write(path, pool({"a"}));
  ASSERT_TRUE(until_known({"a"}));
}

// A writer that needs several steps: none of them may make endpoints disappear.
TEST_F(FileSourceTest, TakesNoHalfFile) {
  write(path, pool({"a", "b", "c"}));
  start(milliseconds(1), true, milliseconds(500));  // looks all the time
  ASSERT_TRUE(until_known({"a", "b", "c"}));
  const std::string text = pool({"a", "b", "c", "d"});
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  for (std::size_t at = 0; at < text.size(); at += 7) {
    file << text.substr(at, 7) << std::flush;
    context.restart();
    context.run_for(milliseconds(2));
    ASSERT_GE(known.size(), 3u);
  }
  file.close();
  ASSERT_TRUE(until_known({"a", "b", "c", "d"}));
  EXPECT_EQ(puts, 2);
}

// A change that comes while the last one is still being parsed is not forgotten.
TEST_F(FileSourceTest, LooksAgainAfterAChangeThatCameMeanwhile) {
  write(path, pool({"a"}));
  start();
  std::promise<void> has_read;
  helper.post([&] { has_read.set_value(); });
  has_read.get_future().wait();
  std::promise<void> may_parse;
  helper.post([gate = may_parse.get_future().share()] { gate.wait(); });
  replace(pool({"b"}));
  settle();
  EXPECT_EQ(puts, 0);
  may_parse.set_value();
  ASSERT_TRUE(until_known({"b"}));
}

TEST_F(FileSourceTest, ReadsOnceWhereItIsNotToWatch) {
  write(path, pool({"a"}));
  start(milliseconds(10), false);
  ASSERT_TRUE(until_known({"a"}));
  replace(pool({"b"}));
  settle();
  EXPECT_THAT(known, ElementsAre("a"));
}

TEST_F(FileSourceTest, ReadsNoPipe) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  start();
  ASSERT_TRUE(until([&] { return source->status().failures == 1; }));
  EXPECT_EQ(source->status().problem, "it is not a file");
}

TEST_F(FileSourceTest, ReadsNothingHuge) {
  write(path, std::string(kMaximumDiscoveryBytes + 1, '#'));
  start();
  ASSERT_TRUE(until([&] { return source->status().failures == 1; }));
  EXPECT_THAT(source->status().problem, HasSubstr("1048577 bytes"));
}

TEST_F(FileSourceTest, MayGoAtAnyTime) {
  write(path, pool({"a"}));
  for (int round = 0; round < 20; ++round) {
    start();
    context.restart();
    context.run_for(milliseconds(round % 4));
    source.reset();
    replace(pool({"a", "b"}));
  }
  context.restart();
  context.run_for(milliseconds(50));
  EXPECT_THAT(counts.sources(), ::testing::SizeIs(1));
}

}  // namespace
