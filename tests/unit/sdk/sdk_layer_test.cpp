// SPDX-License-Identifier: Apache-2.0
// The C++ layer: parameters, errors at the boundary, the tables and the manifest of a library.
#define SHUNT_LIBRARY_ENTRY sdk_layer_entry
#include <shunt/sdk/library.hpp>
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace shunt::testing;
using shunt::sdk::Cycle;
using shunt::sdk::View;

// Does to parameters what its parameter "do" says, and in score() whatever "throw" says.
struct Reader {
  SHUNT_PLUGIN("reader", "1.2.3", "reads \"parameters\"")
  static constexpr std::string_view kParametersSchema = R"({"type":"object"})";
  static constexpr std::uint32_t kStability = SHUNT_STABILITY_ALPHA;
  static constexpr std::array<std::string_view, 1> kReads{"queue"};
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{"example.count/1"};
  struct CountTable {
    std::uint32_t size;
    std::uint32_t reserved;
    std::uint32_t (*count)(void* self);
  };
  static const CountTable kCount;

  std::uint32_t sum = 0;
  std::string throws;

  explicit Reader(shunt::sdk::Init& init) : throws(init.parameter("throw").text("")) {
    const shunt::sdk::Parameter list = init.parameter("list");
    for (std::size_t i = 0; i < list.size(); ++i) sum += static_cast<std::uint32_t>(list[i]["n"].number(0));
    for (const std::string& key : init.parameter("map").keys()) {
      sum += static_cast<std::uint32_t>(init.parameter("map")[key].number(0)) * 1000;
    }
    if (init.parameter("flag").flag(false)) sum += 500;
    if (throws == "construction") throw std::runtime_error("no construction");
  }
  void score(const Cycle&, View, std::span<double>) const {
    if (throws == "error") throw shunt::sdk::Error("an error", SHUNT_OUT_OF_RANGE);
    if (throws == "positive") throw shunt::sdk::Error("a benign code is no fault", SHUNT_SKIP);
    if (throws == "memory") throw std::bad_alloc();
    if (throws == "exception") throw std::runtime_error("an exception");
    if (throws == "number") throw 42;
  }
  const void* extra_interface(std::string_view id) const { return id == "example.count/1" ? &kCount : nullptr; }
};
const Reader::CountTable Reader::kCount{sizeof(CountTable), 0, [](void* self) { return SHUNT_SELF(Reader, self).sum; }};
SHUNT_LIBRARY(Reader)

class SdkLayer : public ::testing::Test {
 protected:
  std::uint32_t sum(std::string_view parameters) {
    PluginUnderTest plugin(sdk_layer_entry, "reader", parameters, host);
    const auto* table = plugin.interface<Reader::CountTable>("example.count/1");
    EXPECT_NE(table, nullptr) << plugin.creation().error;
    return table == nullptr ? 0 : table->count(plugin.self());
  }
  FakeHost host;
  EndpointSet endpoints;
  RequestBuilder request;
};

TEST_F(SdkLayer, ParametersOfEveryShape) {
  EXPECT_EQ(sum("{}"), 0u);
  EXPECT_EQ(sum(R"({"list": [{"n": 1}, {}, {"n": 2}], "map": {"a/b": 1, "c~d": 2}, "flag": true, "list2": null})"),
            3503u);
  EXPECT_EQ(sum(R"({"flag": null})"), 0u);
}

TEST_F(SdkLayer, AParameterOfTheWrongTypeIsNamed) {
  PluginUnderTest plugin(sdk_layer_entry, "reader", R"({"list": [{"n": "three"}]})", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/list/0/n")));
}

TEST_F(SdkLayer, WhateverIsThrownBecomesAStatus) {
  endpoints.add("a");
  const auto thrown = [&](const char* what) {
    PluginUnderTest plugin(sdk_layer_entry, "reader", std::string(R"({"throw": ")") + what + "\"}", host);
    return plugin.created() ? static_cast<Answer>(plugin.score(endpoints, request)) : plugin.creation();
  };
  EXPECT_THAT(thrown("error"), FailedWith(SHUNT_OUT_OF_RANGE, "an error"));
  EXPECT_THAT(thrown("positive"), FailedWith(SHUNT_ERROR, HasSubstr("benign")));
  EXPECT_THAT(thrown("memory"), FailedWith(SHUNT_OUT_OF_MEMORY, "out of memory"));
  EXPECT_THAT(thrown("exception"), FailedWith(SHUNT_EXCEPTION, "an exception"));
  EXPECT_THAT(thrown("number"), FailedWith(SHUNT_EXCEPTION, HasSubstr("no std::exception")));
  EXPECT_THAT(thrown("construction"), FailedWith(SHUNT_EXCEPTION, "no construction"));
  EXPECT_THAT(thrown("nothing"), Succeeded());
}

TEST_F(SdkLayer, TablesAndManifestSayTheSame) {
  const shunt_library* library = sdk_layer_entry();
  EXPECT_EQ(library, sdk_layer_entry());
  EXPECT_EQ(library->abi_major, 1u);
  EXPECT_EQ(library->abi_minor, static_cast<std::uint32_t>(SHUNT_ABI_MINOR));
  EXPECT_EQ(library->plugin_count, 1u);
  EXPECT_EQ(library->describe(1), nullptr);
  const shunt_plugin* plugin = library->describe(0);
  EXPECT_EQ(shunt::sdk::to_view(plugin->type), "reader");
  EXPECT_EQ(plugin->stability, SHUNT_STABILITY_ALPHA);
  EXPECT_EQ(plugin->n_interfaces, 2u);

  // Padded with NULs to a multiple of four bytes, which may be none.
  const std::string text(shunt_manifest_note.text, sizeof shunt_manifest_note.text);
  const auto parsed = detail::parse_json(text.substr(0, text.find('\0')));
  ASSERT_EQ(parsed.error, "");
  EXPECT_EQ(shunt_manifest_note.type, SHUNT_MANIFEST_NOTE);
  EXPECT_EQ(sizeof(shunt_manifest_note.text) % 4, 0u);
  const detail::Json& facts = parsed.value.member("plugins")->members[0].value;
  EXPECT_EQ(facts.member("summary")->text, "reads \"parameters\"");
  EXPECT_EQ(facts.member("stability")->text, "alpha");
  EXPECT_EQ(facts.member("interfaces")->members[1].value.text, "example.count/1");
  EXPECT_EQ(facts.member("reads")->members[0].value.text, "queue");
  EXPECT_EQ(parsed.value.member("abi")->member("minor")->number, static_cast<double>(SHUNT_ABI_MINOR));
}

}  // namespace
