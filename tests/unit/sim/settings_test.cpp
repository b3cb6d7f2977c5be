// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "command_line.hpp"

namespace shunt::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SimSettings read(const std::string& text, Problems& problems) {
  SimSettings settings;
  read_config({"sim.jsonc", text}, settings, problems);
  return settings;
}

// A value as a flag would be given it.
std::string text_of(Target target) {
  struct Printer {
    std::string operator()(const double* number) const {
      std::string text;
      append_decimal(text, *number);
      return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
    }
    std::string operator()(const std::uint64_t* number) const { return std::to_string(*number); }
    std::string operator()(const bool* on) const { return *on ? "on" : ""; }
    std::string operator()(const std::string* text) const { return *text; }
    std::string operator()(const std::vector<std::string>* names) const {
      return names->empty() ? "none" : names->front();
    }
  };
  return std::visit(Printer(), target);
}

TEST(Settings, TheHelpTellsTheDefaults) {
  ServerSettings settings;
  for (const Field& field : server_fields()) {
    const std::string wanted = text_of(field.at(settings));
    const std::size_t at = field.help.find("; default: ");
    EXPECT_EQ(at == std::string_view::npos ? "" : std::string(field.help.substr(at + 11)), wanted) << field.flag;
  }
}

TEST(Settings, KeysAreTheFlagsInCamelCase) {
  std::vector<std::string> keys;
  for (const Field& field : server_fields().subspan(3, 3)) keys.push_back(key_of(field));
  EXPECT_THAT(keys, ElementsAre("maxModelLen", "maxNumSeqs", "maxNumBatchedTokens"));
}

TEST(Settings, GroupsStartFromWhatAllHave) {
  Problems problems;
  const SimSettings settings = read(R"({ "blockSize": 32, "errorRate": 0.25, "seed": 5, /* all */
      "groups": [ { "count": 2, "name": "a" }, { "blockSize": 8, "adapters": ["x", "y"] } ] })",
                                    problems);
  EXPECT_THAT(problems, IsEmpty());
  ASSERT_EQ(settings.servers.size(), 3u);
  EXPECT_EQ(settings.servers[1].name, "a-1");
  EXPECT_EQ(settings.servers[1].block_size, 32u);
  EXPECT_EQ(settings.servers[2].name, "sim-0");
  EXPECT_EQ(settings.servers[2].block_size, 8u);
  EXPECT_EQ(settings.servers[2].faults.error_rate, 0.25);
  EXPECT_THAT(settings.servers[2].adapters, ElementsAre("x", "y"));
  EXPECT_EQ(settings.seed, 5u);
}

TEST(Settings, EveryProblemOfAConfigIsTold) {
  Problems problems;
  read(R"({ "servers": 0, "errorRate": 2, "models": [], "labels": {"a": 1}, "nam": 1, "hold": "yes", "listen": "x" })",
       problems);
  EXPECT_THAT(problems,
              ElementsAre(HasSubstr("/servers must be a whole number from 1 to 10000"), HasSubstr("/listen must be"),
                          HasSubstr("/labels must be"), HasSubstr("/errorRate must be a number from 0 to 1"),
                          HasSubstr("/nam: there is no such key"), HasSubstr("/hold must be true or false"),
                          HasSubstr("needs the name of a model")));
}

TEST(Settings, SyntaxErrorsHaveAPlace) {
  Problems problems;
  read("{\n  \"servers\" 3\n}", problems);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("sim.jsonc:2:13: this is not JSON")));
}

TEST(Settings, FaultsAloneArePickedFromAnObject) {
  ServerSettings settings;
  Problems problems;
  set_from_object(boost::json::parse(R"({"hold": true, "models": ["x"]})").as_object(), true, {}, settings, "",
                  problems);
  EXPECT_THAT(problems, ElementsAre("/models: there is no such key"));
  EXPECT_TRUE(settings.faults.hold);
  EXPECT_EQ(faults_object(settings).at("hold"), true);
  EXPECT_FALSE(faults_object(settings).contains("models"));
}

TEST(Settings, Addresses) {
  std::string host;
  std::uint16_t port = 0;
  EXPECT_EQ(read_address("[::1]:81", host, port), "");
  EXPECT_EQ(host + " " + std::to_string(port), "::1 81");
  for (const char* wrong : {"", "1.2.3.4", "localhost:1", "1.2.3.4:x", "1.2.3.4:70000", ":80"}) {
    EXPECT_NE(read_address(wrong, host, port), "") << wrong;
  }
}

TEST(Settings, EngineDurationsAreScaled) {
  ServerSettings settings;
  settings.prefill_ms = 10;
  settings.prefill_tokens_per_second = 1000;
  const EngineSettings scaled = engine_settings(settings, 0, 0.5);
  EXPECT_EQ(scaled.prefill_fixed, 5e6);
  EXPECT_EQ(scaled.prefill_per_token, 5e5);
}

}  // namespace
}  // namespace shunt::sim
