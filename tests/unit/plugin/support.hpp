// SPDX-License-Identifier: Apache-2.0
// support.hpp: private directories and copies of the fixture libraries.
//
//   TemporaryDirectory directory;
//   const auto path = install("good.so", directory.path());
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::test {

// A directory of mode 0700 that nobody else may write to; gone at the end of the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "shunt-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::filesystem::path fixture(std::string_view name) {
  return std::filesystem::path(SHUNT_FIXTURE_DIRECTORY) / "libraries" / name;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// Into the same inode where the file exists, as cp does.
inline void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  EXPECT_TRUE(stream) << path;
}

// A copy of a fixture with mode 0644, whatever the umask of the build was.
inline std::filesystem::path install(std::string_view name, const std::filesystem::path& directory,
                                     std::string_view as = {}) {
  std::filesystem::path path = directory / (as.empty() ? name : as);
  write_file(path, read_file(fixture(name)));
  EXPECT_EQ(chmod(path.c_str(), 0644), 0);
  return path;
}

inline std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace shunt::test
