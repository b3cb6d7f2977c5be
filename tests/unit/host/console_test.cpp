// SPDX-License-Identifier: Apache-2.0
#include "core/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <sstream>
#include <streambuf>

namespace shunt::host {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Fails as a file does.
class FailingBuffer : public std::streambuf {
 public:
  explicit FailingBuffer(int error) : error_(error) {}

 protected:
  std::streamsize xsputn(const char*, std::streamsize) override {
    errno = error_;
    return 0;
  }
  int_type overflow(int_type) override {
    errno = error_;
    return traits_type::eof();
  }

 private:
  int error_;
};

TEST(Console, FullDiskIsAFailure) {
  FailingBuffer buffer(ENOSPC);
  std::ostream out(&buffer);
  std::ostringstream err;
  Console console(out, err, false);
  EXPECT_FALSE(console.line("data"));
  EXPECT_EQ(console.finish(ExitCode::Ok), ExitCode::Failed);
  EXPECT_THAT(err.str(), HasSubstr("No space left"));
}

TEST(Console, ReaderThatLeavesIsNone) {
  FailingBuffer buffer(EPIPE);
  std::ostream out(&buffer);
  std::ostringstream err;
  Console console(out, err, false);
  EXPECT_FALSE(console.line("data"));
  EXPECT_EQ(console.finish(ExitCode::Ok), ExitCode::Ok);
  EXPECT_THAT(err.str(), IsEmpty());
}

TEST(Console, ColourDependsOnTerminalEnvironmentAndFlag) {
  std::ostringstream out;
  std::ostringstream err;
  Console terminal(out, err, true);
  terminal.set_color(ColorMode::Auto, false);
  EXPECT_TRUE(terminal.color());
  terminal.set_color(ColorMode::Auto, true);
  EXPECT_FALSE(terminal.color());
  terminal.set_color(ColorMode::Always, true);
  EXPECT_TRUE(terminal.color());
  terminal.set_color(ColorMode::Never, false);
  EXPECT_FALSE(terminal.color());
  Console pipe(out, err, false);
  pipe.set_color(ColorMode::Auto, false);
  EXPECT_FALSE(pipe.color());
}

TEST(Console, ErrorsAreJsonWhenAskedFor) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(out, err, false);
  console.set_json_errors(true);
  console.error("P101", "\"a.so\" was not found; did you mean \"b.so\"?", "a.so", {"help: shunt --help"});
  EXPECT_EQ(err.str(),
            "{\"schema\":1,\"errors\":[{\"file\":\"a.so\",\"line\":0,\"column\":0,\"pointer\":\"\",\"code\":\"P101\","
            "\"severity\":\"error\",\"message\":\"\\\"a.so\\\" was not found\",\"suggestion\":\"did you mean "
            "\\\"b.so\\\"?\",\"notes\":[\"help: shunt --help\"]}]}\n");
  EXPECT_THAT(out.str(), IsEmpty());
}

TEST(Console, ErrorsAsTextHaveTheirAdviceBelow) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(out, err, false);
  console.error("", "no such word; did you mean \"it\"?", "", {"run: it", "help: them"});
  EXPECT_EQ(err.str(), "shunt: error: no such word; did you mean \"it\"?\n  run: it\n  help: them\n");
}

}  // namespace
}  // namespace shunt::host
