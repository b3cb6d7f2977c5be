// SPDX-License-Identifier: Apache-2.0
// What the store promises when all goes well, and the traps that replacing files on a live host holds.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <shunt/framework/audit.hpp>
#include <shunt/framework/library_store.hpp>

#include "plugin/library_image.hpp"
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
using ::testing::StartsWith;

class LibraryStoreTest : public ::testing::Test {
 protected:
  LibraryStoreOptions options() const {
    LibraryStoreOptions made;
    made.staging_parent = staging_.path();
    return made;
  }

  TemporaryDirectory directory_;
  TemporaryDirectory staging_;
};

TEST_F(LibraryStoreTest, RefusesWhatItIsToldToBeforeAnyOfItRuns) {
  const auto path = install("good.so", directory_.path());
  const std::string sha256 = audit_library(path)->sha256;
  LibraryStoreOptions with = options();
  with.refuse = [&](const std::string& asked) {
    return asked == sha256 ? std::optional<std::string>("is not wanted") : std::nullopt;
  };
  LibraryStore store(with);
  const auto refused = store.load(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "P169");
  EXPECT_THAT(refused.error().message, HasSubstr("good.so\" is not wanted"));
  EXPECT_EQ(store.distinct(), 0U);
  EXPECT_TRUE(store.load(install("good_2.so", directory_.path()))) << "other bytes";
}

TEST_F(LibraryStoreTest, LoadsKeptBytesUnderTheNameThatTheyHad) {
  const auto copy = install("good.so", directory_.path());
  const std::string sha256 = audit_library(copy)->sha256;
  const std::filesystem::path gone = directory_.path() / "gone.so";
  LibraryStore store(options());
  const auto library = store.load_copy(copy, gone, sha256);
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_EQ((*library)->path(), gone);
  EXPECT_EQ((*library)->sha256(), sha256);
  EXPECT_TRUE(std::filesystem::equivalent((*library)->staged_path(), copy)) << "no space is taken for what is there";
  const auto other = store.load_copy(install("good_2.so", directory_.path()), gone, sha256);
  ASSERT_FALSE(other) << "bytes that are not those that were kept";
  EXPECT_EQ(other.error().code, "P115");
}

TEST_F(LibraryStoreTest, LoadsALibrary) {
  LibraryStore store(options());
  EXPECT_TRUE(store.staging_directory().empty());
  const auto path = install("good.so", directory_.path());
  const auto library = store.load(path);
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_EQ((*library)->path(), path);
  EXPECT_EQ((*library)->file_name(), "good.so");
  EXPECT_EQ((*library)->manifest().name, "good");
  EXPECT_EQ((*library)->sha256(), audit_library(path)->sha256);
  ASSERT_EQ((*library)->plugins().size(), 2U);
  EXPECT_EQ((*library)->plugins()[0].library, "good.so");
  EXPECT_EQ((*library)->plugins()[1].parameters_schema,
            R"({"type": "object", "properties": {"limit": {"type": "number", "default": 1.0}}})")
      << "as its author wrote it";
  void* self = nullptr;
  EXPECT_EQ((*library)->plugin("fixture-second")->create(nullptr, &self), SHUNT_OK);
  EXPECT_NE(self, nullptr);
  (*library)->plugin("fixture-second")->destroy(self);
  EXPECT_EQ(store.distinct(), 1U);
}

TEST_F(LibraryStoreTest, MapsAPrivateCopy) {
  LibraryStore store(options());
  const auto library = store.load(install("good.so", directory_.path()));
  ASSERT_TRUE(library);
  const std::filesystem::path staged = (*library)->staged_path();
  EXPECT_EQ(staged.parent_path(), store.staging_directory());
  EXPECT_EQ(staged.filename(), (*library)->sha256().substr(0, 12) + "-1-good.so");
  struct stat status {};
  ASSERT_EQ(stat(staged.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0500U);
  ASSERT_EQ(stat(store.staging_directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(LibraryStoreTest, RemovesItsCopiesButKeepsTheCode) {
  std::shared_ptr<const Library> library;
  {
    LibraryStore store(options());
    library = *store.load(install("good.so", directory_.path()));
    ASSERT_TRUE(std::filesystem::exists(library->staged_path()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(staging_.path()));
  void* self = nullptr;
  EXPECT_EQ(library->plugin("fixture-good")->create(nullptr, &self), SHUNT_OK);
  const shunt_plugin* plugin = library->plugin("fixture-good");
  library.reset();
  plugin->destroy(self);
}

TEST_F(LibraryStoreTest, LeavesTheCopiesOfItsParentAlone) {
  LibraryStore store(options());
  const auto library = store.load(install("good.so", directory_.path()));
  ASSERT_TRUE(library);
  const pid_t child = fork();
  if (child == 0) {
    store.~LibraryStore();
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(std::filesystem::exists((*library)->staged_path()));
}

TEST_F(LibraryStoreTest, RemovesTheCopiesOfAProcessThatWasKilled) {
  const auto path = install("good.so", directory_.path());
  const pid_t child = fork();
  if (child == 0) {
    LibraryStore store(options());
    if (store.load(path)) kill(getpid(), SIGKILL);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_FALSE(std::filesystem::is_empty(staging_.path()));
  {
    LibraryStore store(options());
    ASSERT_TRUE(store.load(path));
    LibraryStore another(options());
    ASSERT_TRUE(another.load(path));
    EXPECT_FALSE(std::filesystem::is_empty(store.staging_directory())) << "it is in use";
  }
  EXPECT_TRUE(std::filesystem::is_empty(staging_.path()));
}

TEST_F(LibraryStoreTest, MapsEqualBytesOnce) {
  LibraryStore store(options());
  const auto first = store.load(install("good.so", directory_.path(), "first.so"));
  const auto second = store.load(install("good.so", directory_.path(), "second.so"));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(store.distinct(), 1U);
  EXPECT_TRUE((*first)->same_mapping(**second));
  EXPECT_EQ(&(*first)->table(), &(*second)->table());
  EXPECT_EQ((*second)->file_name(), "second.so") << "each keeps its own name";
  EXPECT_EQ((*second)->plugins()[0].library, "second.so");
  EXPECT_EQ(*store.load(directory_.path() / "first.so"), *first) << "the very same object";
  EXPECT_TRUE((*first)->initialize(nullptr));
  EXPECT_TRUE((*second)->initialized());
}

TEST_F(LibraryStoreTest, SeesANewFileThatWasRenamedOverTheOldOne) {
  LibraryStore store(options());
  const auto path = install("good.so", directory_.path());
  const auto before = store.load(path);
  std::filesystem::rename(install("good_2.so", directory_.path(), "good.so.new"), path);
  const auto after = store.load(path);
  ASSERT_TRUE(before && after);
  EXPECT_EQ((*before)->manifest().version, "1.0.0");
  EXPECT_EQ((*after)->manifest().version, "2.0.0");
  EXPECT_FALSE((*before)->same_mapping(**after));
  EXPECT_EQ(store.distinct(), 2U);
}

TEST_F(LibraryStoreTest, IsNotHurtByAFileThatIsOverwrittenInPlace) {
  LibraryStore store(options());
  const auto path = install("good.so", directory_.path());
  const auto before = store.load(path);
  ASSERT_TRUE(before);
  write_file(path, "");  // mapped itself, its pages would be gone now
  write_file(path, read_file(fixture("good_2.so")));
  void* self = nullptr;
  EXPECT_EQ((*before)->plugin("fixture-good")->create(nullptr, &self), SHUNT_OK);
  EXPECT_EQ(std::string((*before)->table().version.data, (*before)->table().version.len), "1.0.0");
  const auto after = store.load(path);
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)->manifest().version, "2.0.0");
}

TEST_F(LibraryStoreTest, RefusesMoreThanItMayMap) {
  LibraryStoreOptions limited = options();
  limited.maximum_libraries = 1;
  LibraryStore store(limited);
  ASSERT_TRUE(store.load(install("good.so", directory_.path())));
  const auto path = install("good_2.so", directory_.path());
  const auto refused = store.load(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "P167");
  EXPECT_THAT(refused.error().message, AllOf(StartsWith('"' + path.string() + '"'), HasSubstr("the limit is 1"),
                                             HasSubstr("hand over to a fresh worker process")));
  EXPECT_TRUE(store.load(directory_.path() / "good.so")) << "what is mapped stays usable";
  EXPECT_EQ(store.maximum(), 1U);
}

TEST_F(LibraryStoreTest, HonoursAPin) {
  LibraryStore store(options());
  const auto path = install("good.so", directory_.path());
  const std::string sha256 = audit_library(path)->sha256;
  EXPECT_TRUE(store.load(path, sha256));
  const std::string other(64, 'a');
  const auto refused = store.load(path, other);
  ASSERT_FALSE(refused) << "also when the content is mapped already";
  EXPECT_EQ(refused.error().code, "P115");
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr(sha256), HasSubstr(other)));
}

TEST_F(LibraryStoreTest, RunsNoCodeOfAFileThatItDoesNotTrust) {
  const std::filesystem::path marker = directory_.path() / "ran";
  setenv("SHUNT_FIXTURE_MARKER", marker.c_str(), 1);
  LibraryStore store(options());
  const auto path = install("constructor.so", directory_.path());
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(store.load(path).error().code, "P113");
  EXPECT_EQ(store.load(path, std::string(64, '0')).error().code, "P113");
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(store.load(path, std::string(64, '0')).error().code, "P115");
  EXPECT_FALSE(std::filesystem::exists(marker));
  EXPECT_TRUE(store.load(path));
  EXPECT_TRUE(std::filesystem::exists(marker)) << "the fixture would have told";
  unsetenv("SHUNT_FIXTURE_MARKER");
}

TEST_F(LibraryStoreTest, ChecksTrustOfEveryPathAlsoOfKnownContent) {
  LibraryStore store(options());
  ASSERT_TRUE(store.load(install("good.so", directory_.path())));
  const auto path = install("good.so", directory_.path(), "open.so");
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(store.load(path).error().code, "P113");
  const auto link = directory_.path() / "link.so";
  std::filesystem::create_symlink("good.so", link);
  EXPECT_EQ(store.load(link).error().code, "P110");

  LibraryStoreOptions trusting = options();
  trusting.trusted_directories = {directory_.path()};
  EXPECT_TRUE(LibraryStore(trusting).load(path));
  LibraryStoreOptions careless = options();
  careless.check_trust = false;
  LibraryStore careless_store(careless);
  EXPECT_TRUE(careless_store.load(path));
  EXPECT_EQ(careless_store.load(link).error().code, "P110");
}

TEST_F(LibraryStoreTest, SaysThatItCannotCopy) {
  LibraryStoreOptions nowhere = options();
  nowhere.staging_parent = staging_.path() / "absent";
  LibraryStore store(nowhere);
  const auto refused = store.load(install("good.so", directory_.path()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "P168");
  EXPECT_THAT(refused.error().message, HasSubstr("absent"));
}

TEST_F(LibraryStoreTest, FindsAStagingDirectoryByItself) {
  LibraryStore store;
  ASSERT_TRUE(store.load(install("good.so", directory_.path())));
  EXPECT_FALSE(store.staging_directory().empty());
}

TEST_F(LibraryStoreTest, ReadsAFileAgainThatChangedMeanwhile) {
  const auto path = install("good.so", directory_.path());
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int readings = 0;
  const auto once = [&] {
    if (++readings == 1) write_file(path, read_file(fixture("good_2.so")) + "x");
  };
  const Result<detail::LibraryImage> image = detail::read_image(descriptor, "good.so", once);
  ASSERT_TRUE(image);
  EXPECT_EQ(readings, 2);
  EXPECT_EQ(image->bytes().size(), read_file(fixture("good_2.so")).size() + 1);

  const auto always = [&] { write_file(path, std::string(static_cast<std::size_t>(++readings), 'x')); };
  const Result<detail::LibraryImage> never = detail::read_image(descriptor, "good.so", always);
  close(descriptor);
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, "P103");
  EXPECT_THAT(never.error().message, HasSubstr("file changed while being read"));
}

}  // namespace
}  // namespace shunt
