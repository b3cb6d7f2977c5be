// SPDX-License-Identifier: Apache-2.0
// Second pass: what is completed, and what is not an error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/value.hpp>

#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "name*weight" of every reference of a profile; injected ones in brackets.
std::vector<std::string> members(const Config& config, std::size_t profile = 0) {
  std::vector<std::string> out;
  for (const PluginReference& reference : config.profiles.at(profile).plugins) {
    std::string text = reference.plugin + "*" + std::to_string(static_cast<int>(reference.weight));
    out.push_back(reference.injected ? "[" + text + "]" : text);
  }
  return out;
}

TEST(ResolveConfig, NothingConfiguredIsThePeersDefault) {
  for (const char* text : {"", "{}", R"({"plugins": [], "limits": {"handlerRounds": 2}})"}) {
    const Loaded loaded = load(text);
    ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.text();
    EXPECT_THAT(members(*loaded.config), ElementsAre("[queue-scorer*2]", "[kv-cache-utilization-scorer*2]",
                                                     "[prefix-cache-scorer*3]", "[max-score-picker*1]"));
    EXPECT_EQ(loaded.config->profiles[0].name, "default");
    EXPECT_EQ(loaded.config->handler, "single-profile-handler");
    for (const PluginConfig& plugin : loaded.config->plugins) EXPECT_TRUE(plugin.injected);
    EXPECT_EQ(loaded.config->find_plugin("max-score-picker")->why, "because profile \"default\" has no picker");
  }
}

TEST(ResolveConfig, WithoutProfilesEverythingThatFitsIsOne) {
  const Loaded loaded = load(R"({"plugins": [{"type": "token-producer"}, {"type": "random-picker"},
    {"type": "queue-scorer", "name": "q"}, {"type": "disagg-profile-handler"}]})");
  ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.text();
  EXPECT_THAT(members(*loaded.config), ElementsAre("[random-picker*1]", "[q*1]"));
  EXPECT_EQ(loaded.config->handler, "disagg-profile-handler");
}

TEST(ResolveConfig, SwapperAloneNeedsNoProfile) {
  const Loaded loaded = load(R"({"plugins": [{"type": "group"}], "models": {"a": {}},
    "routing": {"swapper": {"pluginRef": "group"}}})");
  ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.text();
  EXPECT_THAT(loaded.config->profiles, IsEmpty());
  EXPECT_EQ(loaded.config->plugins.size(), 1U);
  EXPECT_EQ(loaded.config->handler, "");
  EXPECT_THAT(load(R"({"models": {"a": {}}})").config->plugins, IsEmpty()) << "something is configured";
}

TEST(ResolveConfig, PickerIsSharedOrTheConfiguredOne) {
  const char* profiles = R"("schedulingProfiles": [{"name": "a", "plugins": [{"pluginRef": "queue-scorer"}]},
                                                   {"name": "b", "plugins": [{"pluginRef": "queue-scorer"}]}])";
  const Loaded injected = load(
      std::string(R"({"plugins": [{"type": "queue-scorer"}, {"type": "disagg-profile-handler"}], )") + profiles + "}");
  ASSERT_TRUE(injected.diagnostics.empty()) << injected.text();
  EXPECT_THAT(members(*injected.config, 1), ElementsAre("queue-scorer*1", "[max-score-picker*1]"));
  EXPECT_EQ(injected.config->plugins.size(), 3U);

  const Loaded configured =
      load(std::string(R"({"plugins": [{"type": "queue-scorer"}, {"type": "disagg-profile-handler"},
                           {"type": "max-score-picker", "name": "mine", "parameters": {"ties": "first"}}], )") +
           profiles + "}");
  ASSERT_TRUE(configured.diagnostics.empty()) << configured.text();
  EXPECT_THAT(members(*configured.config, 0), ElementsAre("queue-scorer*1", "[mine*1]"));

  const Loaded other = load(std::string(R"({"plugins": [{"type": "queue-scorer"}, {"type": "disagg-profile-handler"},
                           {"type": "random-picker"}, {"type": "max-score-picker"}], )") +
                            profiles + "}");
  EXPECT_THAT(members(*other.config, 1), ElementsAre("queue-scorer*1", "[random-picker*1]")) << "the first one counts";
}

TEST(ResolveConfig, DefaultsOfParametersAreFilledIn) {
  const Loaded loaded = load(R"({"plugins": [{"type": "queue-scorer", "parameters": {"window": 9.0}}]})");
  ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.text();
  EXPECT_EQ(json_text(loaded.config->plugins[0].parameters), R"({"window":9E0})");
  EXPECT_EQ(json_text(loaded.config->plugins[0].effective_parameters),
            R"({"window":9,"threshold":128,"mode":"linear","smoothing":{"factor":5E-1,"warm":false}})");
  EXPECT_EQ(json_text(loaded.config->find_plugin("max-score-picker")->effective_parameters), R"({"ties":"random"})")
      << "of injected ones too";
}

TEST(ResolveConfig, NameOfAnInjectedInstanceIsFree) {
  const Loaded loaded = load(R"({"plugins": [{"type": "queue-scorer", "name": "max-score-picker"}]})");
  ASSERT_TRUE(loaded.diagnostics.empty()) << loaded.text();
  EXPECT_THAT(members(*loaded.config), ElementsAre("[max-score-picker*1]", "[max-score-picker-2*1]"));
  EXPECT_EQ(loaded.config->find_plugin("max-score-picker-2")->type, "max-score-picker");
}

TEST(ResolveConfig, MissingDefaultIsAnErrorThatSaysWhatItIsFor) {
  FakeCatalog catalog;
  catalog.remove("max-score-picker");
  const Loaded loaded = load(R"({"plugins": [{"type": "queue-scorer"}],
    "schedulingProfiles": [{"name": "p", "plugins": [{"pluginRef": "queue-scorer"}]}]})",
                             "a.jsonc", catalog);
  ASSERT_THAT(loaded.codes(), ElementsAre("C211"));
  EXPECT_EQ(loaded.diagnostics.all()[0].message,
            "plugin type \"max-score-picker\" is needed because profile \"p\" has no picker, but no library offers it");
  EXPECT_EQ(loaded.diagnostics.all()[0].pointer, "/schedulingProfiles/0");

  catalog.remove("queue-scorer");
  EXPECT_THAT(load("", "a.jsonc", catalog).codes(), ElementsAre("C211"))
      << "whether a picker is missing cannot be said";
}

TEST(ResolveConfig, AMissingDefaultOfTheWholeFileIsPlacedAtItsBegin) {
  FakeCatalog catalog;
  catalog.remove("max-score-picker");
  EXPECT_EQ(
      load("// nothing is said about profiles\n{ \"plugins\": [ { \"type\": \"queue-scorer\" } ] }", "a.jsonc", catalog)
          .text(),
      R"(a.jsonc:2:1: error[C211]: plugin type "max-score-picker" is needed because profile "default" has no picker, but no library offers it
    2 | { "plugins": [ { "type": "queue-scorer" } ] }
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
  note: put the library that offers it on the plugin path, or configure another plugin in its place
)");
}

TEST(ResolveConfig, NoCatalogAtAllNamesThePath) {
  class Empty : public PluginCatalog {
    const PluginDescription* find(std::string_view) const override { return nullptr; }
    std::vector<std::string> types() const override { return {}; }
  };
  const Loaded loaded = load(R"({"plugins": [{"type": "queue-scorer"}]})", "a.jsonc", Empty());
  ASSERT_THAT(loaded.codes(), ElementsAre("C203"));
  EXPECT_THAT(loaded.text(), testing::HasSubstr("SHUNT_PLUGIN_PATH"));
}

TEST(ResolveConfig, ConsequencesOfOneMistakeAreNotReported) {
  EXPECT_THAT(load(R"({"plugins": [{"typ": "queue-scorer", "name": "q"}],
    "schedulingProfiles": [{"name": "p", "plugins": [{"pluginRef": "q"}]}]})")
                  .codes(),
              ElementsAre("C104"));
  EXPECT_THAT(load(R"({"plugins": {"type": "queue-scorer"},
    "schedulingProfiles": [{"name": "p", "plugins": [{"pluginRef": "queue-scorer"}]}]})")
                  .codes(),
              ElementsAre("C105"));
  EXPECT_THAT(load(R"({"plugins": [{"type": "disagg-profil-handler"}, {"type": "queue-scorer"}], "schedulingProfiles": [
    {"name": "p", "plugins": [{"pluginRef": "queue-scorer"}]},
    {"name": "q", "plugins": [{"pluginRef": "queue-scorer"}]}]})")
                  .codes(),
              ElementsAre("C203"));
}

TEST(ResolveConfig, ProducerNeedsNoReference) {
  EXPECT_THAT(load(R"({"plugins": [{"type": "prefix-cache"}, {"type": "queue-scorer"}],
    "schedulingProfiles": [{"name": "p", "plugins": [{"pluginRef": "queue-scorer"}]}]})")
                  .codes(),
              IsEmpty());
}

TEST(ResolveConfig, WorksWithoutDocument) {
  Config config;
  PluginConfig plugin;
  plugin.type = plugin.name = "queue-scorer";
  plugin.parameters = boost::json::object{{"window", 99}};
  config.plugins.push_back(plugin);
  Diagnostics diagnostics;
  EXPECT_FALSE(resolve_config(config, FakeCatalog(), diagnostics));
  ASSERT_EQ(diagnostics.errors(), 1U);
  EXPECT_EQ(diagnostics.all()[0].code, "C305");
  EXPECT_EQ(diagnostics.all()[0].position, SourcePosition{});
  EXPECT_EQ(config.handler, "single-profile-handler");
}

TEST(InjectPlugin, MayBeResolvedOnItsOwn) {
  Loaded loaded = load("{}");
  PluginConfig& plugin = loaded.config->inject_plugin("role-filter", "because of a test");
  EXPECT_FALSE(resolve_plugin(*loaded.config, plugin, FakeCatalog(), loaded.diagnostics));
  EXPECT_THAT(loaded.codes(), ElementsAre("C303"));
  EXPECT_EQ(plugin.name, "role-filter");
  EXPECT_TRUE(plugin.injected);
}

}  // namespace
}  // namespace shunt::config_test
