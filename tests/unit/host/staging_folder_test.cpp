// SPDX-License-Identifier: Apache-2.0
#include "core/staging_folder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace shunt::host {
namespace {

namespace fs = std::filesystem;

class Staging : public ::testing::Test {
 protected:
  Staging() {
    std::string name = (fs::temp_directory_path() / "shunt-parent-XXXXXX").string();
    parent_ = mkdtemp(name.data());
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    setenv("TMPDIR", parent_.c_str(), 1);
  }
  ~Staging() override {
    before_ ? setenv("TMPDIR", before_->c_str(), 1) : unsetenv("TMPDIR");
    fs::remove_all(parent_);
  }

  fs::path parent_;
  std::optional<std::string> before_;
};

TEST_F(Staging, IsGoneWithItsOwner) {
  {
    const StagingFolder staging;
    EXPECT_EQ(staging.path().parent_path(), parent_);
    std::ofstream(staging.path() / "copy.so") << "text";
  }
  EXPECT_TRUE(fs::is_empty(parent_));
}

TEST_F(Staging, WhatAKilledProcessLeftIsRemovedByTheNext) {
  fs::create_directories(parent_ / "shunt-staging-killed/shunt-copies");
  std::ofstream(parent_ / "shunt-staging-killed/shunt-copies/copy.so") << "text";
  fs::create_directory(parent_ / "somebody-else");
  const StagingFolder staging;
  EXPECT_FALSE(fs::exists(parent_ / "shunt-staging-killed"));
  EXPECT_TRUE(fs::exists(parent_ / "somebody-else"));
}

TEST_F(Staging, WhatIsInUseStays) {
  const StagingFolder first;
  const StagingFolder second;
  EXPECT_NE(first.path(), second.path());
  EXPECT_TRUE(fs::exists(first.path()));
  EXPECT_TRUE(fs::exists(second.path()));
}

}  // namespace
}  // namespace shunt::host
