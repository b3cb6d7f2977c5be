// SPDX-License-Identifier: Apache-2.0
// Whole messages about what keeps a generation from being built, as users see them.
#include "building.hpp"

#include <gmock/gmock.h>

namespace shunt::testing {
namespace {

class BuildMessages : public ::testing::Test, public Workbench {
 protected:
  std::string refusal(const std::string& plugins, const std::string& references = "", const std::string& more = "") {
    const Built built = build(config_text(plugins, references, more));
    EXPECT_EQ(built.generation, nullptr);
    return built.text;
  }
  void add(std::string name, std::string id, std::function<std::int32_t(Scripted&)> create) {
    library.add(std::move(name), {std::move(id)}, std::move(create));
  }
};

TEST_F(BuildMessages, C501RefusedByThePlugin) {
  add("moody", SHUNT_SCORER_ID, [](Scripted& self) {
    self.host().set_error(self.info->ctx, SHUNT_INVALID, SHUNT_LITERAL("not today"));
    return SHUNT_INVALID;
  });
  add("silent", SHUNT_SCORER_ID, [](Scripted&) { return SHUNT_ERROR; });
  EXPECT_EQ(refusal("    {\"type\": \"moody\"},\n    {\"type\": \"silent\", \"name\": \"s\"},",
                    "{\"pluginRef\": \"moody\"}, {\"pluginRef\": \"s\"},"),
            R"(c.json:3:5: error[C501]: plugin "moody" could not be created: not today
    3 |     {"type": "moody"},
      |     ^~~~~~~~~~~~~~~~~
c.json:4:5: error[C501]: plugin "s" (silent) could not be created: it gave no reason (status -1)
    4 |     {"type": "silent", "name": "s"},
      |     ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
)");
}

TEST_F(BuildMessages, C502AnInterfaceWithoutTable) {
  library.add("hollow", {SHUNT_SCORER_ID}).tables.clear();
  EXPECT_EQ(refusal("    {\"type\": \"hollow\"},", "{\"pluginRef\": \"hollow\"},"),
            R"(c.json:3:5: error[C502]: plugin "hollow" returned no complete table for its interface shunt.scorer/1
    3 |     {"type": "hollow"},
      |     ^~~~~~~~~~~~~~~~~~
)");
}

TEST_F(BuildMessages, C503ALibraryThatRefusesToStart) {
  library.init = [](const shunt_host*, shunt_ctx*) { return SHUNT_ERROR; };
  EXPECT_THAT(refusal(""), ::testing::StartsWith(
                               "c.json:4:5: error[C503]: \"scripted\" refused to start: its init() returned status "
                               "-1; see its log lines, then start a fresh process\n    4 |     { \"type\": "));
}

TEST_F(BuildMessages, C506AColumnOfTwoTypes) {
  add("producer", SHUNT_PRODUCER_ID,
      [](Scripted& self) { return self.write("hit", SHUNT_COLUMN_FLAG, SHUNT_SCOPE_REQUEST); });
  add("reader", SHUNT_SCORER_ID, [](Scripted& self) {
    (void)self.read("hit", SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED);
    return self.read("queue", SHUNT_COLUMN_FLAG, SHUNT_REQUIRED);
  });
  const std::string place = "\n    4 |     {\"type\": \"reader\"},\n      |     ^~~~~~~~~~~~~~~~~~\n";
  EXPECT_EQ(refusal("    {\"type\": \"producer\"},\n    {\"type\": \"reader\"},", "{\"pluginRef\": \"reader\"},"),
            "c.json:4:5: error[C506]: \"reader\" reads hit as a number, but it is written as a flag" + place +
                "c.json:4:5: error[C506]: \"reader\" reads queue as a flag, but it is a number" + place);
}

TEST_F(BuildMessages, C513ATextColumnThatIsReadAsANumber) {
  add("reader", SHUNT_SCORER_ID,
      [](Scripted& self) { return self.read("label:zone", SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL); });
  EXPECT_EQ(
      refusal("    {\"type\": \"reader\"},", "{\"pluginRef\": \"reader\"},"),
      "c.json:3:5: error[C513]: plugin \"reader\" could not be created: column \"label:zone\" is a text: it is read "
      "as a symbol\n    3 |     {\"type\": \"reader\"},\n      |     ^~~~~~~~~~~~~~~~~~\n");
}

TEST_F(BuildMessages, C506AValueOfTwoTypes) {
  add("producer", SHUNT_PRODUCER_ID, [](Scripted& self) { return self.write_value("cost", SHUNT_VALUE_NUMBER); });
  add("reader", SHUNT_SCORER_ID,
      [](Scripted& self) { return self.read_value("cost", SHUNT_VALUE_TEXT, SHUNT_OPTIONAL); });
  EXPECT_EQ(refusal("    {\"type\": \"producer\"},\n    {\"type\": \"reader\"},", "{\"pluginRef\": \"reader\"},"),
            R"(c.json:4:5: error[C506]: "reader" reads the value cost as another type than it is written
    4 |     {"type": "reader"},
      |     ^~~~~~~~~~~~~~~~~~
)");
}

TEST_F(BuildMessages, C506AnOutputOfAnotherTypeThanItsName) {
  add("extractor", SHUNT_EXTRACTOR_ID,
      [](Scripted& self) { return self.write("queue", SHUNT_COLUMN_FLAG, SHUNT_SCOPE_ENDPOINT); });
  EXPECT_EQ(refusal("    {\"type\": \"extractor\"},"),
            R"(c.json:3:5: error[C506]: "extractor" writes queue: attribute "queue" is a number, not a flag
    3 |     {"type": "extractor"},
      |     ^~~~~~~~~~~~~~~~~~~~~
)");
}

TEST_F(BuildMessages, C507WhatShuntItselfWrites) {
  add("extractor", SHUNT_EXTRACTOR_ID, [](Scripted& self) {
    (void)self.write("in_flight", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT);
    (void)self.write("endpoint:name", SHUNT_COLUMN_SYMBOL, SHUNT_SCOPE_ENDPOINT);
    return self.write("label:zone", SHUNT_COLUMN_SYMBOL, SHUNT_SCOPE_ENDPOINT);
  });
  add("producer", SHUNT_PRODUCER_ID,
      [](Scripted& self) { return self.write("in_flight_tokens", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST); });
  const std::string extractor = "\n    3 |     {\"type\": \"extractor\"},\n      |     ^~~~~~~~~~~~~~~~~~~~~\n";
  EXPECT_EQ(refusal("    {\"type\": \"extractor\"},\n    {\"type\": \"producer\"},"),
            "c.json:3:5: error[C507]: \"extractor\" writes in_flight, which shunt itself writes" + extractor +
                "c.json:3:5: error[C507]: \"extractor\" writes endpoint:name, which shunt itself writes" + extractor +
                "c.json:3:5: error[C507]: \"extractor\" writes label:zone, which shunt itself writes" + extractor +
                "c.json:4:5: error[C507]: \"producer\" writes in_flight_tokens, which shunt itself writes\n"
                "    4 |     {\"type\": \"producer\"},\n      |     ^~~~~~~~~~~~~~~~~~~~\n");
}

TEST_F(BuildMessages, C508ProducersThatWaitForEachOther) {
  add("chicken", SHUNT_PRODUCER_ID, [](Scripted& self) {
    (void)self.read("egg", SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED);
    return self.write("hen", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST);
  });
  add("egg-layer", SHUNT_PRODUCER_ID, [](Scripted& self) {
    (void)self.read("hen", SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED);
    return self.write("egg", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST);
  });
  EXPECT_EQ(refusal("    {\"type\": \"chicken\"},\n    {\"type\": \"egg-layer\"},"),
            R"(c.json:3:5: error[C508]: these producers wait for each other: "chicken", "egg-layer"
    3 |     {"type": "chicken"},
      |     ^~~~~~~~~~~~~~~~~~~
)");
}

TEST_F(BuildMessages, C509SeveralThatMayBeMeant) {
  add("producer", SHUNT_PRODUCER_ID, [](Scripted& self) {
    const std::string name(self.info->name.data, self.info->name.len);
    return self.write(name + "/ratio", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST);
  });
  add("reader", SHUNT_SCORER_ID,
      [](Scripted& self) { return self.read("ratio", SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED); });
  EXPECT_EQ(refusal("    {\"type\": \"producer\", \"name\": \"a\"},\n    {\"type\": \"producer\", \"name\": \"b\"},\n"
                    "    {\"type\": \"reader\"},",
                    "{\"pluginRef\": \"reader\"},"),
            R"(c.json:5:5: error[C509]: "reader" reads ratio, which may be any of a/ratio, b/ratio
    5 |     {"type": "reader"},
      |     ^~~~~~~~~~~~~~~~~~
)");
}

TEST_F(BuildMessages, C510AnAttributeOfTwoTypes) {
  EXPECT_EQ(refusal("", "", "  \"attributes\": { \"queue\": \"set\" },\n"),
            R"(c.json:5:28: error[C510]: attribute "queue" is a number, not a set
    5 |   "attributes": { "queue": "set" },
      |                            ^~~~~
)");
}

TEST_F(BuildMessages, C513OutputsThatNobodyAsksFor) {
  add("column", SHUNT_SCORER_ID,
      [](Scripted& self) { return self.write("hit", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST); });
  add("value", SHUNT_SCORER_ID, [](Scripted& self) { return self.write_value("cost", SHUNT_VALUE_NUMBER); });
  add("endpoint", SHUNT_SCORER_ID,
      [](Scripted& self) { return self.write("heat", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT); });
  EXPECT_EQ(
      refusal("    {\"type\": \"column\"},\n    {\"type\": \"value\"},\n    {\"type\": \"endpoint\"},",
              "{\"pluginRef\": \"column\"}, {\"pluginRef\": \"value\"}, {\"pluginRef\": \"endpoint\"},"),
      R"(c.json:3:5: error[C513]: "column" declares the output hit of requests, but can never write it: it offers no shunt.producer/1
    3 |     {"type": "column"},
      |     ^~~~~~~~~~~~~~~~~~
c.json:4:5: error[C513]: "value" declares the value cost, but can never write it: it offers no shunt.producer/1 and no shunt.profile_handler/1
    4 |     {"type": "value"},
      |     ^~~~~~~~~~~~~~~~~
c.json:5:5: error[C513]: "endpoint" declares the output heat of endpoints, but can never write it: it offers no shunt.extractor/1 and no shunt.observer/1 with events()
    5 |     {"type": "endpoint"},
      |     ^~~~~~~~~~~~~~~~~~~~
)");
}

TEST_F(BuildMessages, C514ASecondInstanceOfASingleOne) {
  library.add("single", {SHUNT_SCORER_ID}).table.flags = SHUNT_PLUGIN_SINGLE_INSTANCE;
  EXPECT_EQ(
      refusal("    {\"type\": \"single\", \"name\": \"a\"},\n    {\"type\": \"single\", \"name\": \"b\"},",
              "{\"pluginRef\": \"a\"}, {\"pluginRef\": \"b\"},"),
      R"(c.json:4:5: error[C514]: plugin "b" (single) is a second instance of a type of which there can be one only
    4 |     {"type": "single", "name": "b"},
      |     ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ use "a", the first one, instead
)");
}

}  // namespace
}  // namespace shunt::testing
