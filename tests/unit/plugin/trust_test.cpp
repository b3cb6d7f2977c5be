// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <shunt/framework/trust.hpp>

#include "support.hpp"

namespace shunt {
namespace {

using test::install;
using test::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string in_quotes(const std::filesystem::path& path) { return '"' + path.string() + '"'; }

Error trust_error(const std::filesystem::path& path, const TrustOptions& options = {}) {
  const Result<OpenLibrary> file = open_library(path);
  if (!file) return file.error();
  const Result<void> trusted = check_trust(*file, options);
  return trusted ? Error{} : trusted.error();
}

TEST(Trust, AcceptsAPrivateFileBelowAStickyDirectory) {
  TemporaryDirectory directory;  // below /tmp, which everybody may write to
  EXPECT_EQ(trust_error(install("good.so", directory.path())).message, "");
}

TEST(Trust, MakesRelativePathsAbsolute) {
  TemporaryDirectory directory;
  install("good.so", directory.path());
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const Result<OpenLibrary> file = open_library("good.so");
  std::filesystem::current_path(before);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->path(), directory.path() / "good.so");
}

TEST(Trust, RefusesASymbolicLinkAndNamesItsTarget) {
  TemporaryDirectory directory;
  const auto target = install("good.so", directory.path());
  const auto link = directory.path() / "link.so";
  std::filesystem::create_symlink("good.so", link);
  const Error failure = trust_error(link);
  EXPECT_EQ(failure.code, "P110");
  EXPECT_THAT(failure.message, AllOf(StartsWith(in_quotes(link) + " is a symbolic link"),
                                     HasSubstr("name " + in_quotes(std::filesystem::canonical(target)) + " instead")));
}

TEST(Trust, RefusesWhatIsNoRegularFile) {
  TemporaryDirectory directory;
  EXPECT_THAT(trust_error(directory.path()).message, HasSubstr("is a directory, not a regular file"));
  const auto pipe = directory.path() / "pipe.so";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(trust_error(pipe).message, HasSubstr("is a pipe"));
  EXPECT_THAT(trust_error("/dev/null").message, HasSubstr("is a device"));
  const auto name = directory.path() / "socket.so";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(trust_error(name).code, "P111");
  close(descriptor);
}

TEST(Trust, RefusesFilesThatOthersMayWrite) {
  TemporaryDirectory directory;
  const auto path = install("good.so", directory.path());
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  const Error everybody = trust_error(path);
  EXPECT_EQ(everybody.code, "P113");
  EXPECT_THAT(everybody.message, AllOf(StartsWith(in_quotes(path)), HasSubstr("by its group and by everybody"),
                                       HasSubstr("chmod go-w " + path.string())));
  ASSERT_EQ(chmod(path.c_str(), 0664), 0);
  EXPECT_THAT(trust_error(path).message, HasSubstr("may be written by its group"));
  ASSERT_EQ(chmod(path.c_str(), 0646), 0);
  EXPECT_THAT(trust_error(path).message, HasSubstr("may be written by everybody"));
}

TEST(Trust, RefusesForeignOwners) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  TemporaryDirectory directory;
  const auto path = install("good.so", directory.path());
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  const Error failure = trust_error(path);
  EXPECT_EQ(failure.code, "P112");
  EXPECT_THAT(failure.message, AllOf(HasSubstr("belongs to user 12345"), HasSubstr("chown root " + path.string())));
}

TEST(Trust, RefusesDirectoriesThatOthersMayWriteUnlessSticky) {
  TemporaryDirectory directory;
  const auto open = directory.path() / "open";
  const auto inner = open / "inner";
  std::filesystem::create_directories(inner);
  const auto path = install("good.so", inner);
  ASSERT_EQ(chmod(inner.c_str(), 0755), 0);
  ASSERT_EQ(chmod(open.c_str(), 0777), 0);
  const Error failure = trust_error(path);
  EXPECT_EQ(failure.code, "P114");
  EXPECT_THAT(failure.message,
              AllOf(StartsWith(in_quotes(path)), HasSubstr("lies below the directory " + in_quotes(open)),
                    HasSubstr("chmod go-w " + open.string())));
  ASSERT_EQ(chmod(open.c_str(), 01777), 0);
  EXPECT_EQ(trust_error(path).message, "");
}

TEST(Trust, LooksAtTheDirectoriesOfLinksToo) {
  TemporaryDirectory directory;
  const auto real = directory.path() / "real";
  const auto open = directory.path() / "open";
  std::filesystem::create_directories(real);
  std::filesystem::create_directories(open);
  ASSERT_EQ(chmod(real.c_str(), 0755), 0);
  install("good.so", real);
  std::filesystem::create_directory_symlink(real, directory.path() / "link");
  EXPECT_EQ(trust_error(directory.path() / "link" / "good.so").message, "");
  // Whoever may write to `open` decides where the link in it leads.
  std::filesystem::create_directory_symlink(real, open / "link");
  ASSERT_EQ(chmod(open.c_str(), 0777), 0);
  EXPECT_EQ(trust_error(open / "link" / "good.so").code, "P114");
}

TEST(Trust, TakesTheProgramsOwnFolderAsItIs) {
  TemporaryDirectory directory;
  const auto path = install("good.so", directory.path());
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(trust_error(path, {{directory.path() / "."}}).message, "");
  EXPECT_EQ(trust_error(path, {{directory.path().parent_path()}}).code, "P113") << "directly in it, not below it";
  EXPECT_EQ(trust_error(path, {{"/does/not/exist"}}).code, "P113");
}

TEST(Trust, SaysWhatIsMissingOrForbidden) {
  TemporaryDirectory directory;
  const auto absent = directory.path() / "absent.so";
  EXPECT_EQ(trust_error(absent).code, "P101");
  EXPECT_THAT(trust_error(absent).message, StartsWith(in_quotes(absent) + " does not exist"));
  EXPECT_EQ(trust_error("").code, "P101");
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const auto path = install("good.so", directory.path());
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  EXPECT_EQ(trust_error(path).code, "P102");
  EXPECT_THAT(trust_error(path).message, HasSubstr("chmod a+r"));
}

TEST(Trust, QuotesNamesThatCouldDisturb) {
  const Error failure = trust_error("/does/not\n/exist \"x\".so");
  EXPECT_THAT(failure.message, HasSubstr("not\\x0a/exist"));
  TemporaryDirectory directory;
  const auto path = install("good.so", directory.path(), "it's.so");
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  EXPECT_THAT(trust_error(path).message, HasSubstr("chmod go-w '" + (directory.path() / "it'\\''s.so'").string()));
}

TEST(Pin, ComparesHexInEitherCase) {
  const std::string sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  const std::string upper = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";
  EXPECT_TRUE(check_pin("x.so", sha256, sha256));
  EXPECT_TRUE(check_pin("x.so", sha256, upper));
  const std::string other(64, '0');
  const Result<void> mismatch = check_pin("x.so", sha256, other);
  ASSERT_FALSE(mismatch);
  EXPECT_EQ(mismatch.error().code, "P115");
  EXPECT_THAT(mismatch.error().message,
              AllOf(HasSubstr("has SHA-256 " + sha256), HasSubstr("the config pins " + other)));
  EXPECT_EQ(check_pin("x.so", sha256, "9f86").error().code, "P116");
  EXPECT_EQ(check_pin("x.so", sha256, std::string(64, 'g')).error().code, "P116");
}

}  // namespace
}  // namespace shunt
