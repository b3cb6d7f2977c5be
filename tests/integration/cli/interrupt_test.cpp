// SPDX-License-Identifier: Apache-2.0
// Ctrl-C while a plugin runs: what was copied to the folder for temporary files goes, and so do all processes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>

#include "program.hpp"

namespace shunt::testing {
namespace {

namespace fs = std::filesystem;

// What is in a folder first; waits until there is something.
fs::path first_in(const fs::path& folder) {
  const int watch = inotify_init1(IN_CLOEXEC);
  EXPECT_NE(inotify_add_watch(watch, folder.c_str(), IN_CREATE), -1);
  fs::path found;
  if (const fs::directory_iterator entries(folder); entries != fs::directory_iterator()) {
    found = entries->path();
  } else {
    alignas(inotify_event) std::array<char, 4096> event;
    EXPECT_GT(read(watch, event.data(), event.size()), 0);
    found = folder / (event.data() + offsetof(inotify_event, name));
  }
  close(watch);
  return found;
}

class Interrupt : public ::testing::Test {
 protected:
  Interrupt() { fs::create_directory(temporary()); }

  fs::path temporary() const { return folder_.path() / "tmp"; }
  // Interrupted once something lies so many folders deep.
  void expect_tidy(const std::vector<std::string>& words, int depth, int signal) {
    const pid_t child = folder_.start(words, {{"TMPDIR", temporary().string()}});
    fs::path copies = temporary();
    for (int i = 0; i < depth; ++i) copies = first_in(copies);
    first_in(copies);
    EXPECT_EQ(kill(child, signal), 0);
    const Ran ran = folder_.finish(child);
    EXPECT_EQ(ran.code, 128 + signal) << ran.out << ran.err;
    EXPECT_TRUE(fs::is_empty(temporary())) << *fs::directory_iterator(temporary());
  }

  Folder folder_;
};

TEST_F(Interrupt, ValidateLeavesNothing) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    expect_tidy({"plugin", "validate", mutant("scorer_score_hangs_on_nothing"), "--only", "sizes"}, 2, signal);
  }
}

TEST_F(Interrupt, BenchLeavesNothing) {
  std::string sizes = "1";
  for (int i = 2; i < 1000; ++i) sizes += "," + std::to_string(i);
  expect_tidy({"plugin", "bench", "queue_scorer.so", "--endpoints", sizes}, 2, SIGINT);
}

TEST_F(Interrupt, DevLeavesNothing) {
  // Its validator has a folder in its own, and each case one in that, but not for long.
  fs::create_directory(folder_.path() / "made");
  fs::copy_file(mutant("scorer_score_hangs_on_nothing"), folder_.path() / "made/plugin.so");
  folder_.write("project/sample/shunt.jsonc", "{}");
  const std::string made = (folder_.path() / "made").string();
  expect_tidy({"plugin", "dev", "project", "--build", "true", "--output", made}, 2, SIGINT);
}

}  // namespace
}  // namespace shunt::testing
