// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/state_dump.hpp>

#include "building.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <string>

namespace shunt::testing {
namespace {

// What the plugin below does; functions of the C ABI carry no context.
struct Script {
  std::string text;
  std::int32_t status = SHUNT_OK;
  std::uint64_t claimed = 0;  // length that it claims; 0: the true one
} script;

std::int32_t dump(void*, shunt_ctx*, char* json, std::uint64_t capacity, std::uint64_t* len) {
  if (script.text.size() > capacity) return SHUNT_OUT_OF_RANGE;
  std::memcpy(json, script.text.data(), script.text.size());
  *len = script.claimed != 0 ? script.claimed : script.text.size();
  return script.status;
}
constexpr shunt_dump_table kDump{sizeof(shunt_dump_table), 0, dump};

class StateDumps : public ::testing::Test, public Workbench {
 protected:
  StateDumps() {
    script = {};
    library.add("stateful", {SHUNT_SCORER_ID, SHUNT_DUMP_ID}).tables[SHUNT_DUMP_ID] = &kDump;
    library.add("silent", {SHUNT_SCORER_ID});
    built = build(config_text("{\"type\": \"stateful\"}, {\"type\": \"silent\"},"));
  }
  StateDump ask(std::string_view name, std::size_t limit = kStateDumpLimit) {
    for (const auto& instance : built.generation->instances()) {
      if (instance->name() == name) return dump_state(*instance, limit);
    }
    return {{}, "no such instance"};
  }
  Built built;
};

TEST_F(StateDumps, AreWhatThePluginWrote) {
  script.text = R"({"blocks": [1, 2]})";
  const StateDump state = ask("stateful");
  EXPECT_EQ(state.json, script.text);
  EXPECT_EQ(state.problem, "");
}

TEST_F(StateDumps, APluginWithoutTheInterfaceShowsNothing) {
  EXPECT_EQ(ask("silent").json, "");
  EXPECT_THAT(ask("silent").problem, ::testing::HasSubstr("does not show"));
}

TEST_F(StateDumps, AreBounded) {
  script.text = "\"" + std::string(100, 'x') + "\"";
  EXPECT_EQ(ask("stateful", 50).json, "");
  EXPECT_NE(ask("stateful", 50).problem, "");
  EXPECT_EQ(ask("stateful", 102).json, script.text);
}

TEST_F(StateDumps, WhatIsNoJsonIsRefused) {
  script.text = "{blocks: 1}";
  EXPECT_EQ(ask("stateful").json, "");
  EXPECT_THAT(ask("stateful").problem, ::testing::HasSubstr("no JSON"));
}

TEST_F(StateDumps, AFalseLengthIsRefused) {
  script.text = "{}";
  script.claimed = kStateDumpLimit + 1;
  EXPECT_EQ(ask("stateful").json, "");
}

TEST_F(StateDumps, AFailureIsTold) {
  script.text = "{}";
  script.status = SHUNT_ERROR;
  EXPECT_THAT(ask("stateful").problem, ::testing::HasSubstr("without giving a reason"));
}

}  // namespace
}  // namespace shunt::testing
