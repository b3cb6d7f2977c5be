// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <shunt/abi/base.h>

#include <shunt/framework/elf_file.hpp>
#include <shunt/framework/manifest.hpp>

#include "support.hpp"

namespace shunt {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kPlugin =
    R"({"type":"a-scorer","version":"1.0.0","summary":"Scores","stability":"beta","interfaces":["shunt.scorer/1"],)"
    R"("parameters":{"type":"object"},"flags":["single-instance"],"reads":["queue"],"writes":["w"],)"
    R"("default_producer_of":["w"]})";

std::string abi_text(std::uint64_t major, std::uint64_t minor, std::uint64_t min_minor) {
  return R"({"major":)" + std::to_string(major) + R"(,"minor":)" + std::to_string(minor) + R"(,"min_minor":)" +
         std::to_string(min_minor) + "}";
}

std::string text_of(const std::string& plugins = kPlugin,
                    const std::string& abi = abi_text(SHUNT_ABI_MAJOR, SHUNT_ABI_MINOR_CURRENT,
                                                      SHUNT_ABI_MINOR_CURRENT)) {
  return R"({"manifest":1,"library":{"name":"lib","version":"0.1"},"abi":)" + abi + R"(,"plugins":[)" + plugins + "]}";
}

std::string problems_of(const std::string& text) {
  const Result<Manifest> manifest = parse_manifest(text, "/x/lib.so");
  if (manifest) return "no problem";
  EXPECT_EQ(manifest.error().code, "P141");
  EXPECT_THAT(manifest.error().message, StartsWith("\"/x/lib.so\" has a manifest "));
  return manifest.error().message;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Manifest, IsReadCompletely) {
  const Result<Manifest> manifest = parse_manifest(text_of() + std::string(3, '\0'), "/x/lib.so");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->name, "lib");
  EXPECT_EQ(manifest->version, "0.1");
  EXPECT_EQ(manifest->abi_major, 1U);
  EXPECT_EQ(manifest->abi_minor, SHUNT_ABI_MINOR_CURRENT);
  ASSERT_EQ(manifest->plugins.size(), 1U);
  const PluginDescription& plugin = manifest->plugins.front();
  EXPECT_EQ(plugin.type, "a-scorer");
  EXPECT_EQ(plugin.stability, "beta");
  EXPECT_EQ(plugin.parameters_schema, R"({"type":"object"})");
  EXPECT_EQ(plugin.library, "lib.so");
  EXPECT_THAT(plugin.interfaces, ElementsAre("shunt.scorer/1"));
  EXPECT_TRUE(plugin.single_instance);
  EXPECT_THAT(plugin.reads, ElementsAre("queue"));
  EXPECT_THAT(plugin.default_producer_of, ElementsAre("w"));
}

TEST(Manifest, OfAFixtureIsWhatItsMacrosSay) {
  const std::string bytes = test::read_file(test::fixture("good.so"));
  const Result<ElfFile> elf = read_elf(test::bytes_of(bytes), "good.so");
  ASSERT_TRUE(elf);
  const Result<Manifest> manifest = manifest_of(*elf, "good.so");
  ASSERT_TRUE(manifest) << manifest.error().message;
  ASSERT_EQ(manifest->plugins.size(), 2U);
  EXPECT_EQ(manifest->plugins[1].type, "fixture-second");
  EXPECT_THAT(manifest->plugins[1].interfaces, ElementsAre("shunt.filter/1", "shunt.scorer/1"));
}

TEST(Manifest, ListsEveryProblemAtOnce) {
  const std::string message = problems_of(
      R"({"manifest":2,"library":{"version":"1\n"},"abi":{"major":1,"minor":-1,"min_minor":"x"},"extra":0,"plugins":[)"
      R"({"type":"Not_Kebab","version":"","stability":"ripe","interfaces":["scorer"],"parameters":[],"typo":1},7]})");
  EXPECT_THAT(message, HasSubstr("problems; correct it"));
  for (const char* problem : {"manifest is not 1", "library.name is missing",
                              "library.version contains control characters", "abi.minor is not a whole number",
                              "abi.min_minor is not a whole number", "extra is not a member of a manifest"}) {
    EXPECT_THAT(message, HasSubstr(problem));
  }
  const std::string plugins = problems_of(text_of(
      R"({"type":"Not_Kebab","version":"","stability":"ripe","interfaces":["scorer"],"parameters":[],"typo":1},7)"));
  for (const char* problem :
       {"plugins[0].type \"Not_Kebab\" is not kebab-case", "plugins[0].version is empty",
        "plugins[0].summary is missing", "plugins[0].stability \"ripe\" is none of alpha, beta, stable, deprecated",
        "plugins[0].interfaces[0] \"scorer\" is no interface id", "plugins[0].parameters is a list, not an object",
        "plugins[0].typo is not a member of a manifest", "plugins[1] is a number, not an object"}) {
    EXPECT_THAT(plugins, HasSubstr(problem));
  }
}

TEST(Manifest, RefusesWhatAParserWouldSwallow) {
  EXPECT_THAT(problems_of(text_of() + "x"), HasSubstr("is not valid JSON"));
  EXPECT_THAT(problems_of("[]"), HasSubstr("is a list, not an object"));
  EXPECT_THAT(problems_of(""), HasSubstr("is not valid JSON"));
  EXPECT_THAT(problems_of(replaced(text_of(), R"("version":"0.1")", R"("version":"0.1","version":"9")")),
              HasSubstr("\"version\" is written twice"));
  EXPECT_THAT(problems_of(text_of(kPlugin + "," + kPlugin)), HasSubstr("plugin type \"a-scorer\" is offered twice"));
  EXPECT_THAT(problems_of(text_of("")), HasSubstr("plugins is not a list of 1 to 256 plugins"));
  EXPECT_THAT(problems_of(text_of(replaced(kPlugin, "[\"shunt.scorer/1\"]", "[]"))), HasSubstr("names no interface"));
  EXPECT_THAT(problems_of(text_of(replaced(kPlugin, "single-instance", "sturdy"))),
              HasSubstr("plugins[0].flags \"sturdy\" is none of single-instance"));
  EXPECT_THAT(problems_of(replaced(text_of(), "lib\"", "\xff\"")), HasSubstr("is not valid JSON"));
  EXPECT_THAT(problems_of(text_of(kPlugin, abi_text(1, 3, 4))), HasSubstr("abi.min_minor is higher than abi.minor"));
  EXPECT_THAT(problems_of(std::string(100000, '[')), HasSubstr("is not valid JSON"));
}

TEST(Manifest, IsBounded) {
  EXPECT_THAT(problems_of(std::string(kMaximumManifestBytes + 1, ' ')), HasSubstr("at most 1048576 are allowed"));
  std::string many = kPlugin;
  for (int index = 0; index < 256; ++index) many += ",{}";
  EXPECT_THAT(problems_of(text_of(many)), HasSubstr("1 to 256"));
}

TEST(Manifest, MayKnowMoreWhenItsAbiIsNewer) {
  const std::string text = text_of(replaced(kPlugin, "{", R"({"later":1,)"), abi_text(1, 0x80000005, 0x80000005));
  EXPECT_TRUE(parse_manifest(text, "x.so"));
}

TEST(Manifest, OfAnotherMajorIsNotJudgedByThisOne) {
  const Result<Manifest> manifest = parse_manifest(text_of(R"({"kind":"unheard of"})", abi_text(2, 0, 0)), "x.so");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->abi_major, 2U);
  EXPECT_TRUE(manifest->plugins.empty());
}

std::string abi_message(AbiVersion host, std::uint32_t major, std::uint32_t minor, std::uint32_t min_minor,
                        const std::string& code) {
  Manifest manifest;
  manifest.abi_major = major;
  manifest.abi_minor = minor;
  manifest.abi_min_minor = min_minor;
  const Result<void> answer = check_abi(manifest, "x.so", host);
  EXPECT_EQ(answer ? "" : answer.error().code, code);
  return answer ? "" : answer.error().message;
}

TEST(Abi, AcceptsWhatTheHostCovers) {
  abi_message({1, 4}, 1, 4, 4, "");
  abi_message({1, 4}, 1, 2, 0, "");
  abi_message({1, 4}, 1, 9, 4, "");  // built against newer headers, happy with older hosts
  abi_message({1, 0x80000001}, 1, 0x80000001, 0x80000001, "");
  abi_message({1, 0x80000001}, 1, 0x80000001, 0, "");
}

TEST(Abi, NamesBothNumbersAndTheWayOut) {
  EXPECT_THAT(abi_message({1, 4}, 2, 1, 1, "P150"),
              AllOf(StartsWith("\"x.so\" is built for ABI 2.1, this host speaks 1.4"),
                    HasSubstr("rebuild it against SDK 1.x")));
  EXPECT_EQ(abi_message({1, 4}, 1, 6, 6, "P151"),
            "\"x.so\" needs ABI 1.6, this host offers 1.4: rebuild it against SDK 1.4, or upgrade the host");
}

TEST(Abi, CandidatesFitOnlyThemselves) {
  EXPECT_THAT(abi_message({1, 0x80000001}, 1, 0x80000002, 0x80000002, "P152"),
              AllOf(HasSubstr("built for ABI 1.0-rc2, this host speaks 1.0-rc1"), HasSubstr("or upgrade the host")));
  EXPECT_THAT(abi_message({1, 0x80000002}, 1, 0x80000001, 0, "P152"), HasSubstr("rebuild it against SDK 1.0-rc2"));
  EXPECT_THAT(abi_message({1, 0x80000001}, 1, 0, 0, "P152"), HasSubstr("built for ABI 1.0, this host speaks 1.0-rc1"));
  EXPECT_THAT(abi_message({1, 3}, 1, 0x80000001, 0, "P152"), Not(HasSubstr("upgrade")));
}

}  // namespace
}  // namespace shunt
