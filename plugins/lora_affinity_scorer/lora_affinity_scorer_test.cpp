// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LoraAffinityScorer : public ::testing::Test {
 protected:
  std::vector<double> score(const Surroundings& around = {}) {
    const Scores scores = plugin_.score(endpoints_, request_, around);
    EXPECT_THAT(scores, Succeeded());
    return scores.values;
  }

  FakeHost host_;
  PluginUnderTest plugin_{shunt_library_entry_v1, "lora-affinity-scorer", "{}", host_};
  EndpointSet endpoints_;
  RequestBuilder request_;
};

TEST_F(LoraAffinityScorer, RanksActiveThenFreeSlotThenWaiting) {
  request_.model("a");
  const auto add = [&](const char* name, TextSet active, TextSet waiting, double most) {
    endpoints_.add(name).set("active_models", active).set("waiting_models", waiting).number("max_active_models", most);
  };
  add("active, full", {"a", "b"}, {}, 2);
  add("free slot", {"b"}, {}, 2);
  add("waiting, full", {"b"}, {"a"}, 2);
  add("waiting, free slot", {"b"}, {"a"}, 3);
  add("full", {"b", "c"}, {}, 2);
  add("full by those that wait", {"b"}, {"c"}, 2);
  EXPECT_THAT(score(), ElementsAre(1.0, 0.8, 0.6, 0.8, 0.0, 0.0));
  EXPECT_THAT(plugin_.explain(endpoints_, request_, SHUNT_SCORER_ID).texts,
              ElementsAre("adapter active", "free adapter slot", "adapter waits to be loaded here", "free adapter slot",
                          "adapter not here, no free slot", "adapter not here, no free slot"));
}

TEST_F(LoraAffinityScorer, EveryInputMayBeAbsent) {
  request_.model("a");
  endpoints_.add("nothing known");
  endpoints_.add("only the sets").set("active_models", {"a"});
  endpoints_.add("no maximum").set("active_models", {"b"}).set("waiting_models", {"a"});
  endpoints_.add("only the maximum").number("max_active_models", 1);
  endpoints_.add("maximum zero").set("active_models", {}).number("max_active_models", 0);
  EXPECT_THAT(score(), ElementsAre(0.0, 1.0, 0.6, 0.8, 0.0));
}

TEST_F(LoraAffinityScorer, LooksForTheTargetModel) {
  request_.model("public-name").target_model("adapter-7");
  endpoints_.add("has it").set("active_models", {"adapter-7"});
  endpoints_.add("has the other name").set("active_models", {"public-name"});
  EXPECT_THAT(score(), ElementsAre(1.0, 0.0));
}

TEST_F(LoraAffinityScorer, ARequestWithoutModelFindsSlotsOnly) {
  endpoints_.add("busy").set("active_models", {"a"}).number("max_active_models", 1);
  endpoints_.add("free").set("active_models", {"a"}).number("max_active_models", 4);
  EXPECT_THAT(score(), ElementsAre(0.0, 0.8));
}

TEST_F(LoraAffinityScorer, WorksForNoneAndForManyEndpointsInAnyOrder) {
  EXPECT_THAT(score(), IsEmpty());
  request_.model("adapter-3");
  constexpr std::size_t kCount = 1000;
  endpoints_.add_many(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    if (i % 3 != 0) endpoints_[i].set("active_models", {"adapter-" + std::to_string(i % 7)});
    if (i % 4 != 0) endpoints_[i].set("waiting_models", {"adapter-" + std::to_string(i % 5)});
    if (i % 2 != 0) endpoints_[i].number("max_active_models", static_cast<double>(i % 4));
  }
  Rows rows(kCount);
  for (std::size_t i = 0; i < kCount; ++i) rows[i] = static_cast<std::uint32_t>((i * 77 + 5) % kCount);
  const std::vector<double> straight = score();
  const std::vector<double> permuted = score({.candidates = rows});
  EXPECT_THAT(straight, Each(IsScore()));
  for (std::size_t i = 0; i < kCount; ++i) ASSERT_EQ(permuted[i], straight[rows[i]]);
}

}  // namespace
