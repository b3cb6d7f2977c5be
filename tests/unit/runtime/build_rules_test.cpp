// SPDX-License-Identifier: Apache-2.0
// What a generation depends on, and what it must not depend on.
#include "building.hpp"

#include <gmock/gmock.h>

namespace shunt::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class BuildRules : public ::testing::Test, public Workbench {
 protected:
  void SetUp() override {
    library.add("optional", {SHUNT_SCORER_ID},
                [](Scripted& self) { return self.read("quene", SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL); });
    library.add("required", {SHUNT_SCORER_ID},
                [](Scripted& self) { return self.read("quene", SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED); });
    library.add("refuses", {SHUNT_SCORER_ID}, [](Scripted&) { return SHUNT_ERROR; });
  }
};

TEST_F(BuildRules, AnOptionalReadDeclaresNothing) {
  for (const bool optional_first : {false, true}) {
    const std::string first = optional_first ? "optional" : "required";
    const std::string second = optional_first ? "required" : "optional";
    const Built built = build(config_text("{\"type\": \"" + first + "\"}, {\"type\": \"" + second + "\"},",
                                          "{\"pluginRef\": \"required\"}, {\"pluginRef\": \"optional\"},"),
                              std::make_shared<AttributeTable>());
    EXPECT_EQ(built.generation, nullptr);
    EXPECT_THAT(built.text, AllOf(HasSubstr("C505"), HasSubstr("did you mean \"queue\"?")));
  }
}

TEST_F(BuildRules, NorDoesOneOfAnEarlierGeneration) {
  const auto earlier = build(config_text("{\"type\": \"optional\"},", "{\"pluginRef\": \"optional\"},"));
  ASSERT_NE(earlier.generation, nullptr) << earlier.text;
  const Built built = build(config_text("{\"type\": \"required\"},", "{\"pluginRef\": \"required\"},"));
  EXPECT_EQ(built.generation, nullptr);
  EXPECT_THAT(built.text, AllOf(HasSubstr("C505"), HasSubstr("\"queue\""), Not(HasSubstr("mean \"quene\""))));
}

TEST_F(BuildRules, WhatEndpointsOrTheConfigBringIsDeclared) {
  const std::string references = "{\"pluginRef\": \"required\"},";
  const Built declared =
      build(config_text("{\"type\": \"required\"},", references, "  \"attributes\": {\"quene\": \"number\"},\n"));
  EXPECT_NE(declared.generation, nullptr) << declared.text;
  const auto brought = std::make_shared<AttributeTable>();
  brought->add("quene", AttributeType::Number).value();
  EXPECT_NE(build(config_text("{\"type\": \"required\"},", references), brought).generation, nullptr);
}

TEST_F(BuildRules, ARefusedConfigLeavesNoAttributes) {
  const std::size_t before = attributes->size();
  const Built refused = build(config_text("{\"type\": \"optional\"}, {\"type\": \"refuses\"},",
                                          "{\"pluginRef\": \"optional\"}, {\"pluginRef\": \"refuses\"},",
                                          "  \"attributes\": {\"mine\": \"number\"},\n"));
  ASSERT_EQ(refused.generation, nullptr);
  EXPECT_EQ(attributes->size(), before);
  const Built mended = build(config_text("", "", "  \"attributes\": {\"mine\": \"flag\"},\n"));
  EXPECT_NE(mended.generation, nullptr) << mended.text;
  EXPECT_EQ(attributes->type(*attributes->find("mine")), AttributeType::Flag);
}

TEST_F(BuildRules, StagedColumnsHaveTheTablesIdsInTheEnd) {
  library.add("publishes", {SHUNT_EXTRACTOR_ID},
              [](Scripted& self) { return self.write("brand_new", SHUNT_COLUMN_FLAG, SHUNT_SCOPE_ENDPOINT); });
  library.add("reads", {SHUNT_SCORER_ID},
              [](Scripted& self) { return self.read("brand_new", SHUNT_COLUMN_FLAG, SHUNT_REQUIRED); });
  const Built built =
      build(config_text("{\"type\": \"publishes\"}, {\"type\": \"reads\"},", "{\"pluginRef\": \"reads\"},"));
  ASSERT_NE(built.generation, nullptr) << built.text;
  const auto& ids = built.generation->find_instance("publishes")->endpoint_output_ids;
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_EQ(ids[0], *attributes->find("brand_new"));
}

// The first reader of a value that nobody writes must not look like a writer to the second.
TEST_F(BuildRules, EveryReaderOfAMissingValueIsNamed) {
  for (const char* name : {"v1", "v2"}) {
    library.add(name, {SHUNT_SCORER_ID},
                [](Scripted& self) { return self.read_value("estimate", SHUNT_VALUE_NUMBER, SHUNT_REQUIRED); });
  }
  library.add("v3", {SHUNT_SCORER_ID},
              [](Scripted& self) { return self.read_value("estimate", SHUNT_VALUE_TEXT, SHUNT_OPTIONAL); });
  const Built built = build(config_text("{\"type\": \"v1\"}, {\"type\": \"v2\"}, {\"type\": \"v3\"},",
                                        "{\"pluginRef\": \"v1\"}, {\"pluginRef\": \"v2\"}, {\"pluginRef\": \"v3\"},"));
  EXPECT_EQ(built.generation, nullptr);
  EXPECT_THAT(built.text,
              AllOf(HasSubstr("\"v1\" requires the value estimate, which nobody writes"),
                    HasSubstr("\"v2\" requires the value estimate, which nobody writes"), Not(HasSubstr("C506"))));
}

// A caller that goes on although the config could not be resolved is told, too.
TEST_F(BuildRules, AnUnresolvedConfigIsRefused) {
  Diagnostics diagnostics;
  const std::string text = config_text("{\"type\": \"unknown\"},", "{\"pluginRef\": \"nobody\"},");
  auto document = Document::parse("c.json", text, DocumentFormat::Json, diagnostics);
  ASSERT_TRUE(document);
  auto config = read_config(std::make_shared<const Document>(std::move(*document)), diagnostics);
  ASSERT_TRUE(config);
  Registry registry;
  loaded = library.load();
  registry.add(loaded).value();
  Diagnostics fresh;
  (void)resolve_config(*config, RegistryCatalog(registry), diagnostics);
  ASSERT_TRUE(diagnostics.has_errors());
  EXPECT_EQ(build_generation(std::move(*config), registry, attributes, fresh), nullptr);
  EXPECT_EQ(render_text(fresh, false),
            R"(c.json:3:1: error[C203]: plugin type "unknown" is not registered
    3 | {"type": "unknown"},
      | ^~~~~~~~~~~~~~~~~~~
c.json:6:5: error[C204]: there is no plugin "nobody" in the config
    6 |     {"pluginRef": "nobody"}, { "pluginRef": "picker" } ] } ] }
      |     ^~~~~~~~~~~~~~~~~~~~~~~
)");
}

}  // namespace
}  // namespace shunt::testing
