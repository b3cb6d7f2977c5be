// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <shunt/framework/library.hpp>
#include <shunt/framework/library_search.hpp>
#include <shunt/framework/library_store.hpp>

#include "support.hpp"

namespace shunt {
namespace {

using test::install;
using test::TemporaryDirectory;
using test::write_file;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LibrarySearch : public ::testing::Test {
 protected:
  TemporaryDirectory first_;
  TemporaryDirectory second_;
  TemporaryDirectory staging_;
  std::vector<std::filesystem::path> path_ = {first_.path(), "/does/not/exist", second_.path()};
};

TEST_F(LibrarySearch, ListsByDirectoryAndName) {
  for (const char* name : {"b.so", "a.so", ".hidden.so", "notes.txt", "c.so.bak"}) write_file(first_.path() / name, "");
  for (const char* name : {"c.so", "a.so"}) write_file(second_.path() / name, "");
  std::filesystem::create_directory(second_.path() / "directory.so");
  const auto found = find_libraries(path_);
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, ElementsAre(first_.path() / "a.so", first_.path() / "b.so", second_.path() / "c.so"));
}

TEST_F(LibrarySearch, ReportsAPlaceThatCannotBeListed) {
  write_file(first_.path() / "file", "");
  const auto found = find_libraries({first_.path() / "file"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "P105");
}

TEST_F(LibrarySearch, ResolvesInOrder) {
  write_file(second_.path() / "a.so", "");
  EXPECT_EQ(*resolve_library("a.so", path_), second_.path() / "a.so");
  write_file(first_.path() / "a.so", "");
  EXPECT_EQ(*resolve_library("a.so", path_), first_.path() / "a.so");
  EXPECT_EQ(*resolve_library((second_.path() / "a.so").string(), {}), second_.path() / "a.so");
}

TEST_F(LibrarySearch, ListsEveryPathTriedAndWhatWasMeant) {
  write_file(second_.path() / "queue_scorer.so", "");
  const auto failed = resolve_library("queu_scorer.so", path_);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "P101");
  EXPECT_THAT(
      failed.error().message,
      AllOf(testing::StartsWith("\"queu_scorer.so\" was not found: tried "),
            HasSubstr((first_.path() / "queu_scorer.so").string()), HasSubstr("\"/does/not/exist/queu_scorer.so\""),
            HasSubstr((second_.path() / "queu_scorer.so").string()), HasSubstr("did you mean \"queue_scorer.so\"?")));
  EXPECT_THAT(resolve_library("a.so", {}).error().message, HasSubstr("the plugin path is empty"));
  EXPECT_EQ(resolve_library("", path_).error().code, "P101");
  EXPECT_EQ(resolve_library("/does/not/exist.so", path_).error().code, "P101");
}

TEST_F(LibrarySearch, AnswersWithTheFirstFileEvenIfItDoesNotLoad) {
  LibraryStore store({.staging_parent = staging_.path(), .trusted_directories = {}});
  write_file(first_.path() / "good.so", "broken");
  install("good.so", second_.path());
  const auto broken = load_library(store, "good.so", path_);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, "P120");
  EXPECT_THAT(broken.error().message, HasSubstr(first_.path().string()));
  std::filesystem::remove(first_.path() / "good.so");
  std::filesystem::create_symlink("gone", first_.path() / "good.so");
  EXPECT_EQ(load_library(store, "good.so", path_).error().code, "P110");
  std::filesystem::remove(first_.path() / "good.so");
  EXPECT_TRUE(load_library(store, "good.so", path_));
}

}  // namespace
}  // namespace shunt
