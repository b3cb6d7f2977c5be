// SPDX-License-Identifier: Apache-2.0
// Every way in which a library can be unfit for loading, and the words that its author then reads.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <shunt/framework/library_store.hpp>

#include "support.hpp"

namespace shunt {
namespace {

using test::fixture;
using test::install;
using test::read_file;
using test::TemporaryDirectory;
using test::write_file;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LoadingFailure : public ::testing::Test {
 protected:
  LoadingFailure() : store_(options()) {}

  LibraryStoreOptions options() const {
    LibraryStoreOptions made;
    made.staging_parent = staging_.path();
    return made;
  }

  // The error of loading a file, after the checks that hold for all of them.
  Error failure(const std::filesystem::path& path) {
    const auto library = store_.load(path);
    EXPECT_FALSE(library) << path;
    if (library) return {};
    EXPECT_EQ(library.error().kind, ErrorKind::Plugin);
    EXPECT_THAT(library.error().message, StartsWith('"' + path.string() + '"'));
    EXPECT_THAT(library.error().message, Not(HasSubstr(staging_.path().string()))) << "nobody knows that place";
    return library.error();
  }

  Error failure_of_fixture(std::string_view name) { return failure(install(name, directory_.path())); }

  std::size_t staged_files() const {
    if (store_.staging_directory().empty()) return 0;
    const std::filesystem::directory_iterator files(store_.staging_directory());
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

  TemporaryDirectory directory_;
  TemporaryDirectory staging_;
  LibraryStore store_;
};

TEST_F(LoadingFailure, OfAFileLargerThanAnyLibrary) {
  const std::filesystem::path path = install("good.so", directory_.path());
  std::filesystem::resize_file(path, (std::uintmax_t{512} << 20) + 1);  // sparse: it takes no room on the disk
  const Error error = failure(path);
  EXPECT_EQ(error.code, "P104");
  EXPECT_EQ(error.message, '"' + path.string() +
                               "\" has 536870913 bytes, more than the 536870912 that a library may have: strip its "
                               "debug sections");
}

TEST_F(LoadingFailure, BeforeAnythingIsMapped) {
  EXPECT_EQ(failure_of_fixture("no_entry.so").code, "P162");
  EXPECT_EQ(failure_of_fixture("no_manifest.so").code, "P140");
  EXPECT_EQ(failure_of_fixture("runpath.so").code, "P130");
  EXPECT_EQ(failure_of_fixture("rpath.so").code, "P130");
  EXPECT_EQ(failure_of_fixture("executable_stack.so").code, "P131");
#ifndef __clang__
  EXPECT_EQ(failure_of_fixture("unique_sdk.so").code, "P132");
#endif
  EXPECT_EQ(store_.distinct(), 0U);
  EXPECT_EQ(staged_files(), 0U);
}

TEST_F(LoadingFailure, OfAnotherAbi) {
  const Error major = failure_of_fixture("other_major.so");
  EXPECT_EQ(major.code, "P150");
  EXPECT_THAT(major.message, AllOf(HasSubstr("is built for ABI 2.0-rc2, this host speaks 1.0-rc2"),
                                   HasSubstr("rebuild it against SDK 1.x")));
  const Error minor = failure_of_fixture("newer_minor.so");
  EXPECT_EQ(minor.code, "P152");
  EXPECT_THAT(minor.message, AllOf(HasSubstr("1.0-rc3"), HasSubstr("1.0-rc2"), HasSubstr("upgrade the host")));
}

TEST_F(LoadingFailure, OfAManifestWithProblems) {
  const Error error = failure_of_fixture("bad_manifest.so");
  EXPECT_EQ(error.code, "P141");
  EXPECT_THAT(error.message, HasSubstr("library.version is a number, not a text"));
}

TEST_F(LoadingFailure, OfWhatIsNoSharedObjectOfThisMachine) {
  const auto text = directory_.path() / "text.so";
  write_file(text, "not a library\n");
  EXPECT_EQ(failure(text).code, "P120");
  const std::string whole = read_file(fixture("good.so"));
  const auto cut = directory_.path() / "cut.so";
  write_file(cut, whole.substr(0, whole.size() / 2));
  EXPECT_EQ(failure(cut).code, "P124");
  std::string foreign = whole;
  const std::uint16_t machine = EM_S390;
  std::memcpy(foreign.data() + offsetof(Elf64_Ehdr, e_machine), &machine, sizeof(machine));
  const auto other = directory_.path() / "other.so";
  write_file(other, foreign);
  EXPECT_THAT(failure(other).message, HasSubstr("is built for IBM Z"));
}

TEST_F(LoadingFailure, OfAnUndefinedSymbolComesAtOnceAndNamesIt) {
  const Error error = failure_of_fixture("undefined.so");
  EXPECT_EQ(error.code, "P161");
  EXPECT_THAT(error.message, AllOf(HasSubstr("undefined symbol: fixture_function_that_nobody_defines"),
                                   HasSubstr("built without -z defs?"), Not(HasSubstr("Bad file descriptor"))));
  EXPECT_EQ(store_.distinct(), 0U);
  EXPECT_EQ(staged_files(), 0U) << "a copy that is not mapped is of no use";
}

TEST_F(LoadingFailure, OfAPrivateDependency) {
  const Error error = failure_of_fixture("private_dependency.so");
  EXPECT_EQ(error.code, "P160");
  EXPECT_THAT(error.message, AllOf(HasSubstr("libshunt_fixture_private.so: cannot open shared object file"),
                                   HasSubstr("link private dependencies statically")));
}

TEST_F(LoadingFailure, ListsEveryDifferenceOfManifestAndTable) {
  const Error error = failure_of_fixture("unlike_manifest.so");
  EXPECT_EQ(error.code, "P165");
  for (const char* difference : {"differ in 7 points", "library version: manifest \"1.0.0\", table \"1.0.1\"",
                                 "abi min_minor: manifest 7, table 2147483650",
                                 "plugin \"fixture-unlike\" version: manifest \"1.0.0\", table \"1.1.0\"",
                                 "plugin \"fixture-unlike\" stability: manifest \"stable\", table \"beta\"",
                                 "plugin \"fixture-unlike\" interfaces: manifest \"shunt.scorer/1\", table "
                                 "\"shunt.scorer/1 and shunt.filter/1\"",
                                 "plugin \"fixture-unlike\" parameters schema: manifest",
                                 "plugin \"fixture-promised\" is only in the manifest"}) {
    EXPECT_THAT(error.message, HasSubstr(difference));
  }
}

TEST_F(LoadingFailure, OfLyingSizes) {
  const Error error = failure_of_fixture("lying_sizes.so");
  EXPECT_EQ(error.code, "P164");
  EXPECT_THAT(error.message, HasSubstr("says that its library table has 48 bytes"));
}

TEST_F(LoadingFailure, AfterMappingIsRememberedByContent) {
  const Error first = failure_of_fixture("unlike_manifest.so");
  const auto renamed = install("unlike_manifest.so", directory_.path(), "under another name.so");
  const Error second = failure(renamed);
  EXPECT_EQ(second.code, first.code);
  EXPECT_EQ(store_.distinct(), 1U) << "mapped once, and counted, since it stays";
  EXPECT_EQ(staged_files(), 1U);
}

TEST_F(LoadingFailure, GivesSeveralReasonsAtOnce) {
  const auto path = directory_.path() / "private.so";
  write_file(path, read_file(std::filesystem::path(SHUNT_FIXTURE_DIRECTORY) / "private/libshunt_fixture_private.so"));
  const Error error = failure(path);
  EXPECT_EQ(error.code, "P140");
  EXPECT_THAT(error.message, AllOf(HasSubstr("is refused for 2 reasons"), HasSubstr("\n  - has no manifest"),
                                   HasSubstr("\n  - does not export the function shunt_library_entry_v1")));
}

TEST_F(LoadingFailure, WarningsDoNotPreventLoading) {
  for (const char* name : {"extra_export.so", "unique_symbol.so", "suspicious.so", "no_build_id.so"}) {
    const auto library = store_.load(install(name, directory_.path()));
    EXPECT_TRUE(library) << library.error().message;
  }
}

}  // namespace
}  // namespace shunt
