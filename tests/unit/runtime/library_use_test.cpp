// SPDX-License-Identifier: Apache-2.0
// A library is started before its first instance and ended after its last.
#include "building.hpp"

#include <gtest/gtest.h>

namespace shunt::testing {
namespace {

std::string calls;

class LibraryUses : public ::testing::Test, public Workbench {
 protected:
  void SetUp() override {
    calls.clear();
    library.init = [](const shunt_host*, shunt_ctx*) {
      calls += "init ";
      return SHUNT_OK;
    };
    library.deinit = [] { calls += "deinit "; };
    library.add("one", {SHUNT_SCORER_ID}, [](Scripted& self) {
      self.destroyed = [] { calls += "destroy "; };
      return SHUNT_OK;
    });
    library.add("refuses", {SHUNT_SCORER_ID}, [](Scripted&) { return SHUNT_ERROR; });
  }
  std::string one = config_text("{\"type\": \"one\"},", "{\"pluginRef\": \"one\"},");
};

TEST_F(LibraryUses, EndAfterTheLastDestroy) {
  auto built = build(one);
  ASSERT_NE(built.generation, nullptr) << built.text;
  EXPECT_EQ(calls, "init ");
  EXPECT_TRUE(loaded->initialized());
  built.generation.reset();
  EXPECT_EQ(calls, "init destroy deinit ");
  EXPECT_FALSE(loaded->initialized());
}

TEST_F(LibraryUses, ANewGenerationTakesOver) {
  auto first = build(one);
  auto second = build(one);
  first.generation.reset();
  EXPECT_EQ(calls, "init destroy ");
  second.generation.reset();
  EXPECT_EQ(calls, "init destroy destroy deinit ");
}

TEST_F(LibraryUses, AreStartedAgainForTheNextUse) {
  build(one).generation.reset();
  build(one).generation.reset();
  EXPECT_EQ(calls, "init destroy deinit init destroy deinit ");
}

TEST_F(LibraryUses, EndOnceWhereNothingCouldBeBuilt) {
  const std::string config = config_text("{\"type\": \"refuses\"}, {\"type\": \"one\"},",
                                         "{\"pluginRef\": \"refuses\"}, {\"pluginRef\": \"one\"},");
  EXPECT_EQ(build(config).generation, nullptr);
  EXPECT_EQ(calls, "init destroy deinit ");
}

}  // namespace
}  // namespace shunt::testing
