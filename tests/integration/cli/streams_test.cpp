// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "program.hpp"

namespace shunt::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void write_inputs(const Folder& folder, int requests) {
  folder.write("pool.jsonc", R"({"endpoints":[{"name":"a"},{"name":"b"}]})");
  std::string text;
  for (int i = 0; i < requests; ++i) text += "{\"id\":\"r" + std::to_string(i) + "\"}\n";
  folder.write("r.jsonl", text);
}

TEST(Streams, DataAndMessagesDoNotMix) {
  Folder folder;
  write_inputs(folder, 1);
  folder.write("pool.jsonc", R"({"endpoints":[{"name":"a","attributes":{"queeu":1}}]})");
  const Ran ran = folder.run({"schedule", "--endpoints", "pool.jsonc", "--requests", "r.jsonl"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(lines(ran.out).size(), 1U);
  EXPECT_THAT(ran.err, HasSubstr("warning[E202]"));
}

TEST(Streams, FullDiskIsAFailure) {
  Folder folder;
  write_inputs(folder, 2000);
  const Ran ran = folder.run({"schedule", "--endpoints", "pool.jsonc", "--requests", "r.jsonl"}, "", {}, "/dev/full");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("No space left on device"));
  EXPECT_EQ(folder.run({"version"}, "", {}, "/dev/full").code, 1);
}

TEST(Streams, AReaderThatHasSeenEnoughIsNoFailure) {
  Folder folder;
  write_inputs(folder, 5000);
  const std::string program = SHUNT_PROGRAM;
  const std::string script =
      "cd '" + folder.path().string() + "' && { '" + program +
      "' schedule --endpoints pool.jsonc --requests r.jsonl 2>err; echo $? >code; } | head -n 1 >out";
  ASSERT_EQ(std::system(("bash -c \"" + script + "\"").c_str()), 0);
  EXPECT_EQ(folder.read("code"), "0\n");
  EXPECT_EQ(folder.read("err"), "");
  EXPECT_EQ(lines(folder.read("out")).size(), 1U);
}

TEST(Usage, UnknownWordsGetTheRightCommand) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "lst"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "shunt: error: unknown command \"shunt plugin lst\"; did you mean \"list\"?\n"
            "  run: shunt plugin list\n  help: shunt plugin --help\n");
}

TEST(Usage, JsonWhenAskedFor) {
  Folder folder;
  const Ran ran = folder.run({"schedule", "-o", "json"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("{\"schema\":1,\"errors\":[{"));
}

TEST(Colour, OnlyWhenAskedForHere) {
  Folder folder;
  folder.write("c.jsonc", "{ \"colour\": 1 }");
  EXPECT_THAT(folder.run({"config", "print", "-c", "c.jsonc"}).err, Not(HasSubstr("\x1b["))) << "no terminal";
  EXPECT_THAT(folder.run({"config", "print", "-c", "c.jsonc", "--color=always"}).err, HasSubstr("\x1b["));
  EXPECT_THAT(folder.run({"config", "print", "-c", "c.jsonc", "--color=never"}).err, Not(HasSubstr("\x1b[")));
}

TEST(Help, GoesToStandardOutput) {
  Folder folder;
  const Ran ran = folder.run({"schedule", "--help"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("Examples"));
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(folder.run({"help", "C104"}).out, HasSubstr("C104: unknown key"));
  EXPECT_EQ(folder.run({}).code, 2);
}

}  // namespace
}  // namespace shunt::testing
