// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <shunt/framework/library_store.hpp>
#include <shunt/framework/registry.hpp>

#include "support.hpp"

namespace shunt {
namespace {

using test::install;
using test::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::HasSubstr;

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() : store_({.staging_parent = staging_.path(), .trusted_directories = {}}) {}

  std::shared_ptr<const Library> load(std::string_view name, std::string_view as = {}) {
    const auto library = store_.load(install(name, directory_.path(), as));
    EXPECT_TRUE(library) << library.error().message;
    return library ? *library : nullptr;
  }

  TemporaryDirectory directory_;
  TemporaryDirectory staging_;
  LibraryStore store_;
};

TEST_F(RegistryTest, KnowsWhichLibraryOffersAType) {
  Registry registry;
  const auto library = load("good.so");
  ASSERT_TRUE(registry.add(library));
  const RegisteredType* entry = registry.find("fixture-second");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->library, library);
  EXPECT_EQ(entry->plugin, library->plugin("fixture-second"));
  EXPECT_EQ(entry->description.library, "good.so");
  EXPECT_EQ(registry.find("fixture-third"), nullptr);
}

TEST_F(RegistryTest, ListsTypesInOneOrderWhateverCameFirst) {
  const auto good = load("good.so");
  const auto twice = load("twice_a.so");
  Registry forward;
  Registry backward;
  ASSERT_TRUE(forward.add(good) && forward.add(twice));
  ASSERT_TRUE(backward.add(twice) && backward.add(good));
  std::vector<std::string> types;
  for (const PluginDescription& description : forward.descriptions()) types.push_back(description.type);
  EXPECT_THAT(types, testing::ElementsAre("fixture-good", "fixture-second", "fixture-twice"));
  EXPECT_EQ(backward.descriptions()[2].type, "fixture-twice");
  EXPECT_EQ(backward.libraries()[0], twice);
}

TEST_F(RegistryTest, TakesALibraryTwiceWithoutComplaint) {
  Registry registry;
  const auto library = load("good.so");
  EXPECT_TRUE(registry.add(library));
  EXPECT_TRUE(registry.add(library));
  EXPECT_TRUE(registry.add(load("good.so", "same_bytes.so")));
  EXPECT_EQ(registry.types().size(), 2U);
}

TEST_F(RegistryTest, RefusesATypeOfTwoLibrariesAndNamesBoth) {
  Registry registry;
  const auto first = load("twice_a.so");
  const auto second = load("twice_b.so");
  ASSERT_TRUE(registry.add(first));
  const Result<void> refused = registry.add(second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "P170");
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr(first->path().string()), HasSubstr(second->path().string()),
                                             HasSubstr("\"fixture-twice\""), HasSubstr("pin the type")));
  EXPECT_EQ(registry.find("fixture-twice")->library, first);
  EXPECT_EQ(registry.libraries().size(), 1U) << "all or nothing";
}

TEST_F(RegistryTest, PrefersThePinnedLibraryInEitherOrder) {
  const auto first = load("twice_a.so");
  const auto second = load("twice_b.so");
  for (const bool swapped : {false, true}) {
    Registry registry;
    registry.pin("fixture-twice", second->path().parent_path() / "." / second->path().filename());
    ASSERT_TRUE(registry.add(swapped ? second : first));
    ASSERT_TRUE(registry.add(swapped ? first : second));
    EXPECT_EQ(registry.find("fixture-twice")->library, second);
    EXPECT_TRUE(registry.check_pins());
  }
}

TEST_F(RegistryTest, ReportsAPinThatNothingMatches) {
  Registry registry;
  registry.pin("fixture-twice", "/opt/absent.so");
  ASSERT_TRUE(registry.add(load("twice_a.so")));
  EXPECT_EQ(registry.find("fixture-twice"), nullptr);
  const Result<void> pins = registry.check_pins();
  ASSERT_FALSE(pins);
  EXPECT_EQ(pins.error().code, "P171");
  EXPECT_THAT(pins.error().message, AllOf(HasSubstr("\"/opt/absent.so\""), HasSubstr("\"fixture-twice\"")));
}

TEST_F(RegistryTest, SeesOldAndNewVersionOfAFileAsTwoLibraries) {
  Registry registry;
  ASSERT_TRUE(registry.add(load("good.so")));
  EXPECT_FALSE(registry.add(load("good_2.so", "good.so")));
}

TEST_F(RegistryTest, CopiesAreIndependent) {
  Registry registry;
  ASSERT_TRUE(registry.add(load("good.so")));
  const Registry copy = registry;
  ASSERT_TRUE(registry.add(load("twice_a.so")));
  EXPECT_EQ(copy.types().size(), 2U);
  EXPECT_EQ(registry.types().size(), 3U);
}

}  // namespace
}  // namespace shunt
