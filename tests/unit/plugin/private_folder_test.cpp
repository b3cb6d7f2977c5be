// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <shunt/framework/private_folder.hpp>

#include "support.hpp"

namespace shunt {
namespace {

using test::TemporaryDirectory;
using test::write_file;

constexpr const char* kPrefix = "shunt-copies-";

class PrivateFolderTest : public ::testing::Test {
 protected:
  // What a process left that no longer is.
  std::filesystem::path abandon(const char* name) {
    std::filesystem::create_directories(parent() / name / "inner");
    write_file(parent() / name / "inner" / "file", "text");
    return parent() / name;
  }
  std::filesystem::path parent() const { return place_.path(); }

 private:
  TemporaryDirectory place_;
};

TEST_F(PrivateFolderTest, IsForItsUserAloneAndGoneInTheEnd) {
  {
    PrivateFolder folder;
    ASSERT_FALSE(folder.make(parent(), kPrefix));
    EXPECT_EQ(folder.path().parent_path(), parent());
    EXPECT_TRUE(folder.path().filename().native().starts_with(kPrefix));
    struct stat status {};
    ASSERT_EQ(stat(folder.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
    write_file(folder.path() / "file", "text");
  }
  EXPECT_TRUE(std::filesystem::is_empty(parent()));
}

TEST_F(PrivateFolderTest, SaysWhyThereIsNone) {
  PrivateFolder folder;
  EXPECT_EQ(folder.make(parent() / "absent", kPrefix), std::errc::no_such_file_or_directory);
  EXPECT_TRUE(folder.path().empty());
}

TEST_F(PrivateFolderTest, RemovesWhatWasAbandonedAndNothingElse) {
  const auto abandoned = abandon("shunt-copies-123456");
  const auto other_kind = abandon("shunt-other-123456");
  const auto somewhere = abandon("somewhere");
  std::filesystem::create_directory_symlink(somewhere, parent() / "shunt-copies-link");
  write_file(parent() / "shunt-copies-file", "text");
  PrivateFolder folder;
  ASSERT_FALSE(folder.make(parent(), kPrefix));
  EXPECT_FALSE(std::filesystem::exists(abandoned));
  EXPECT_TRUE(std::filesystem::exists(other_kind / "inner/file"));
  EXPECT_TRUE(std::filesystem::exists(somewhere / "inner/file"));
  EXPECT_TRUE(std::filesystem::exists(parent() / "shunt-copies-file"));
}

TEST_F(PrivateFolderTest, LeavesTheFoldersOfOthersAlone) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  const auto foreign = abandon("shunt-copies-123456");
  ASSERT_EQ(chown(foreign.c_str(), 12345, 12345), 0);
  PrivateFolder folder;
  ASSERT_FALSE(folder.make(parent(), kPrefix));
  EXPECT_TRUE(std::filesystem::exists(foreign / "inner/file"));
}

TEST_F(PrivateFolderTest, LeavesWhatIsInUseAlone) {
  PrivateFolder first;
  ASSERT_FALSE(first.make(parent(), kPrefix));
  write_file(first.path() / "file", "text");
  PrivateFolder second;
  ASSERT_FALSE(second.make(parent(), kPrefix));
  EXPECT_TRUE(std::filesystem::exists(first.path() / "file"));
  // The end of a forked child is not the end of the folder.
  const pid_t child = fork();
  if (child == 0) {
    first.~PrivateFolder();
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  PrivateFolder third;
  ASSERT_FALSE(third.make(parent(), kPrefix));
  EXPECT_TRUE(std::filesystem::exists(first.path() / "file"));
}

}  // namespace
}  // namespace shunt
