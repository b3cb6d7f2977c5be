// SPDX-License-Identifier: Apache-2.0
#include "live/file_watch.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace shunt::host {
namespace {

namespace fs = std::filesystem;

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    std::string name = (fs::temp_directory_path() / "shunt-watch-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~FileWatchTest() override { fs::remove_all(root_); }

  fs::path file_in(const char* folder) {
    fs::create_directories(root_ / folder);
    std::ofstream(root_ / folder / "file") << "text";
    return root_ / folder / "file";
  }

  boost::asio::io_context context_;
  FileWatch watch_{context_};

 private:
  fs::path root_;
};

TEST_F(FileWatchTest, TellsOfTheFolderInWhichSomethingHappened) {
  const fs::path first = file_in("first");
  const fs::path second = file_in("second");
  int firsts = 0;
  int seconds = 0;
  ASSERT_TRUE(watch_.watch(first, [&] { ++firsts; }));
  ASSERT_TRUE(watch_.watch(second, [&] { ++seconds; }));
  std::ofstream(second) << "other text";
  context_.poll();
  EXPECT_EQ(firsts, 0);
  EXPECT_EQ(seconds, 1);
}

TEST_F(FileWatchTest, WhatTheKernelLostMayHaveHappenedEverywhere) {
  const fs::path busy = file_in("busy");
  const fs::path quiet = file_in("quiet");
  std::size_t most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  if (most == 0 || most > 200'000) GTEST_SKIP() << "the queue of the kernel is too long to be filled";
  int told = 0;
  ASSERT_TRUE(watch_.watch(busy, [] {}));
  ASSERT_TRUE(watch_.watch(quiet, [&] { ++told; }));
  const std::string here = (busy.parent_path() / "here").string();
  const std::string there = (busy.parent_path() / "there").string();
  std::ofstream(here) << "text";
  for (std::size_t events = 0; events <= most; events += 4) {
    ASSERT_EQ(std::rename(here.c_str(), there.c_str()), 0);
    ASSERT_EQ(std::rename(there.c_str(), here.c_str()), 0);
  }
  std::ofstream(quiet) << "other text";  // nobody is told of it any more
  context_.poll();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace shunt::host
