// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr std::uint32_t kDecode = 0, kPrefill = 1, kEncode = 2;

class DisaggProfileHandler : public ::testing::Test {
 protected:
  DisaggProfileHandler() {
    for (const char* name : {"decode", "prefill", "encode"}) host_.add_profile(name);
    for (const char* name : {"d0", "p0", "e0", "e1"}) {
      endpoints_.add(name).text("endpoint:address", name + ":8000"s);
      endpoints_[endpoints_.size() - 1].number("prefix_matched_blocks", 0);
    }
    always_.offer_as("always");
    images_.offer_as("images");
    request_.prompt_tokens(1000);
  }
  PluginUnderTest handler(const std::string& parameters) {
    return PluginUnderTest(shunt_library_entry_v1, "disagg-profile-handler", parameters, host_);
  }
  static ProfileResult ran(std::uint32_t profile, Rows picks) {
    const std::int32_t status = picks.empty() ? SHUNT_UNAVAILABLE : SHUNT_OK;
    return {.profile = profile,
            .status = status,
            .picks = picks,
            .candidates = picks,
            .totals = std::vector(picks.size(), 0.5)};
  }
  // The stages in the order in which they are run, each picking the endpoint of its own.
  Rows stages(PluginUnderTest& plugin, const RequestBuilder& request) {
    Rows order;
    std::vector<ProfileResult> done;
    for (std::uint32_t round = 0; round < 8; ++round) {
      const NextProfiles next = plugin.pick_profiles(endpoints_, request, {.round = round, .done = done});
      EXPECT_THAT(next, Succeeded());
      if (next.profiles.empty()) return order;
      EXPECT_EQ(next.profiles.size(), 1u);
      order.push_back(next.profiles[0]);
      done.push_back(ran(next.profiles[0], {next.profiles[0]}));
    }
    ADD_FAILURE() << "it does not come to an end";
    return order;
  }

  FakeHost host_;
  EndpointSet endpoints_;
  RequestBuilder request_;
  PluginUnderTest always_{shunt_library_entry_v1, "always-disagg-pd-decider", "{}", host_};
  PluginUnderTest images_{shunt_library_entry_v1, "always-disagg-multimodal-decider", "{}", host_};
};

TEST_F(DisaggProfileHandler, RunsTheStagesThatDecidersWant) {
  const struct {
    const char* parameters;
    bool multimodal;
    Rows order;
  } cases[] = {
      {"{}", true, {kDecode}},
      {R"({"deciders":{"prefill":"always"}})", false, {kDecode, kPrefill}},
      {R"({"deciders":{"encode":"images"}})", false, {kDecode}},
      {R"({"deciders":{"encode":"images"}})", true, {kDecode, kEncode}},
      {R"({"deciders":{"prefill":"always","encode":"images"}})", false, {kDecode, kPrefill}},
      {R"({"deciders":{"prefill":"always","encode":"images"}})", true, {kDecode, kEncode, kPrefill}},
      {R"({"stageOrder":"prefill-first"})", true, {kPrefill, kDecode}},
      {R"({"stageOrder":"prefill-first","deciders":{"encode":"images"}})", true, {kPrefill, kEncode, kDecode}},
      {R"({"stageOrder":"prefill-first","deciders":{"encode":"images"}})", false, {kPrefill, kDecode}},
      {R"({"stageOrder":"prefill-first","profiles":{"prefill":"nowhere"}})", false, {kDecode}},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.parameters);
    RequestBuilder request;
    if (one.multimodal) request.multimodal();
    PluginUnderTest plugin = handler(one.parameters);
    ASSERT_TRUE(plugin.created()) << plugin.creation().error;
    EXPECT_EQ(stages(plugin, request), one.order);
  }
}

TEST_F(DisaggProfileHandler, PublishesTheEndpointOfTheStageBefore) {
  PluginUnderTest plugin = handler(R"({"deciders":{"prefill":"always"}})");
  plugin.pick_profiles(endpoints_, request_, {});
  EXPECT_THAT(host_.values(), IsEmpty());
  plugin.pick_profiles(endpoints_, request_, {.round = 1, .done = {ran(kDecode, {0})}});
  EXPECT_EQ(std::get<EndpointRef>(host_.values().at("peer_endpoint")).key, endpoints_.key(0));
}

// Prefill and decode hand a KV cache over; whoever encodes images has none of it.
TEST_F(DisaggProfileHandler, AnEncoderIsNobodysPeer) {
  constexpr std::uint32_t kNobody = SHUNT_NONE;
  const struct {
    const char* parameters;
    std::vector<ProfileResult> done;
    std::uint32_t next;
    std::uint32_t peer_row;
  } cases[] = {
      {R"({"deciders":{"prefill":"always","encode":"images"}})", {ran(kDecode, {0})}, kEncode, 0},
      {R"({"deciders":{"prefill":"always","encode":"images"}})", {ran(kDecode, {0}), ran(kEncode, {2})}, kPrefill, 0},
      {R"({"stageOrder":"prefill-first","deciders":{"encode":"images"}})", {ran(kPrefill, {1})}, kEncode, 1},
      {R"({"stageOrder":"prefill-first","deciders":{"encode":"images"}})",
       {ran(kPrefill, {1}), ran(kEncode, {2})},
       kDecode,
       1},
      {R"({"stageOrder":"prefill-first","deciders":{"encode":"images"}})",
       {ran(kPrefill, {}), ran(kEncode, {2})},
       kDecode,
       kNobody},
      {R"({"stageOrder":"prefill-first","profiles":{"prefill":"nowhere"},"deciders":{"encode":"images"}})",
       {ran(kEncode, {2})},
       kDecode,
       kNobody},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(std::string(one.parameters) + " before " + std::to_string(one.next));
    FakeHost host;
    for (const char* name : {"decode", "prefill", "encode"}) host.add_profile(name);
    PluginUnderTest always(shunt_library_entry_v1, "always-disagg-pd-decider", "{}", host);
    PluginUnderTest images(shunt_library_entry_v1, "always-disagg-multimodal-decider", "{}", host);
    always.offer_as("always");
    images.offer_as("images");
    PluginUnderTest plugin(shunt_library_entry_v1, "disagg-profile-handler", one.parameters, host);
    RequestBuilder request;
    request.multimodal();
    const auto round = static_cast<std::uint32_t>(one.done.size());
    EXPECT_THAT(plugin.pick_profiles(endpoints_, request, {.round = round, .done = one.done}).profiles,
                ElementsAre(one.next));
    EXPECT_EQ(host.values().count("peer_endpoint"), one.peer_row == kNobody ? 0u : 1u);
    if (one.peer_row == kNobody) continue;
    EXPECT_EQ(std::get<EndpointRef>(host.values().at("peer_endpoint")).key, endpoints_.key(one.peer_row));
  }
}

TEST_F(DisaggProfileHandler, WithoutDecodeNothingElseRuns) {
  PluginUnderTest plugin = handler(R"({"deciders":{"prefill":"always"}})");
  const std::vector<ProfileResult> done = {ran(kDecode, {})};
  EXPECT_THAT(plugin.pick_profiles(endpoints_, request_, {.round = 1, .done = done}).profiles, IsEmpty());
  const Verdict verdict = plugin.process_results(endpoints_, request_, {.done = done});
  EXPECT_EQ(verdict.primary_result, 0u) << "the host rejects with what became of that run";
  EXPECT_FALSE(verdict.rejected);
}

TEST_F(DisaggProfileHandler, TellsTheSideCarWhoElseIsIn) {
  PluginUnderTest plugin = handler(R"({"deciders":{"prefill":"always","encode":"images"}})");
  const std::vector<ProfileResult> done = {ran(kDecode, {0}), ran(kEncode, {2, 3}), ran(kPrefill, {1, 0})};
  const Verdict verdict = plugin.process_results(endpoints_, request_, {.done = done});
  EXPECT_THAT(verdict, Succeeded());
  EXPECT_EQ(verdict.primary_result, 0u);
  EXPECT_EQ(verdict.reason, "encode, prefill and decode apart");
  EXPECT_THAT(verdict.request_headers,
              UnorderedElementsAre(Pair("x-prefiller-host-port", Optional("p0:8000"s)),
                                   Pair("x-encoder-hosts-ports", Optional("e0:8000,e1:8000"s))));
}

TEST_F(DisaggProfileHandler, AFailedStageMeansDecodeOnlyAndNoHeaderOfTheClientPasses) {
  PluginUnderTest plugin = handler(R"({"deciders":{"prefill":"always","encode":"images"}})");
  const std::vector<ProfileResult> done = {ran(kDecode, {0}), ran(kEncode, {}), ran(kPrefill, {})};
  const Verdict verdict = plugin.process_results(endpoints_, request_, {.done = done});
  EXPECT_EQ(verdict.reason, "decode only");
  EXPECT_THAT(verdict.request_headers, UnorderedElementsAre(Pair("x-prefiller-host-port", std::nullopt),
                                                            Pair("x-encoder-hosts-ports", std::nullopt)));
}

TEST_F(DisaggProfileHandler, WithPrefillFirstTheLastRunIsTheOneThatCounts) {
  PluginUnderTest plugin = handler(R"({"stageOrder":"prefill-first"})");
  const Verdict verdict =
      plugin.process_results(endpoints_, request_, {.done = {ran(kPrefill, {1}), ran(kDecode, {0})}});
  EXPECT_EQ(verdict.primary_result, 1u);
  EXPECT_THAT(verdict.request_headers, Contains(Pair("x-prefiller-host-port", Optional("p0:8000"s))));
}

TEST_F(DisaggProfileHandler, ConfigurationMistakesAreNamed) {
  EXPECT_THAT(handler(R"({"profiles":{"decode":"dekode"}})").creation(),
              FailedWith(SHUNT_INVALID, AllOf(HasSubstr("/profiles/decode"), HasSubstr("\"dekode\""))));
  EXPECT_THAT(handler(R"({"profiles":{"prefill":"x"},"deciders":{"prefill":"always"}})").creation(),
              FailedWith(SHUNT_INVALID, HasSubstr("/profiles/prefill")));
  EXPECT_THAT(handler(R"({"deciders":{"encode":"nobody"}})").creation(),
              FailedWith(SHUNT_NOT_FOUND, HasSubstr("\"nobody\"")));
  EXPECT_THAT(handler(R"({"stageOrder":"prefill-first","deciders":{"prefill":"always"}})").creation(),
              FailedWith(SHUNT_INVALID, HasSubstr("nobody is asked")));
}

TEST_F(DisaggProfileHandler, ThePrefixBasedDeciderRoundsTokensUp) {
  host_.set_value("prefix_block_size_tokens", 16.0);
  PluginUnderTest decider(shunt_library_entry_v1, "prefix-based-pd-decider", R"({"nonCachedTokens": 500})", host_);
  decider.offer_as("decider");
  PluginUnderTest plugin = handler(R"({"deciders":{"prefill":"decider"}})");
  for (const std::uint64_t bytes : {1996u, 1997u}) {
    RequestBuilder request;
    request.prompt_bytes(bytes);
    const NextProfiles next = plugin.pick_profiles(endpoints_, request, {.round = 1, .done = {ran(kDecode, {0})}});
    EXPECT_EQ(next.profiles.empty(), bytes == 1996) << bytes;
  }
}

// tokens >= both parameters, and tokens - matched blocks * block size >= nonCachedTokens.
TEST_F(DisaggProfileHandler, ThePrefixBasedDeciderComparesWhatIsNotCached) {
  const struct {
    int non_cached, prompt, tokens;
    double matched;
    bool prefills;
  } cases[] = {
      {0, 0, 100000, 0, false},     // 0 turns it off
      {500, 0, 499, 0, false},      // too short
      {500, 0, 500, 0, true},       // as long as it must be
      {500, 0, 1000, 31, true},     // 1000 - 496
      {500, 0, 1000, 31.25, true},  // exactly 500
      {500, 0, 1000, 32, false},    // 488
      {500, 2000, 1999, 0, false},  // below promptTokens
      {500, 2000, 2000, 0, true},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(std::to_string(one.tokens) + " tokens, " + std::to_string(one.matched) + " blocks matched");
    FakeHost host;
    for (const char* name : {"decode", "prefill"}) host.add_profile(name);
    host.set_value("prefix_block_size_tokens", 16.0);
    PluginUnderTest decider(shunt_library_entry_v1, "prefix-based-pd-decider",
                            "{\"nonCachedTokens\":" + std::to_string(one.non_cached) +
                                ",\"promptTokens\":" + std::to_string(one.prompt) + "}",
                            host);
    ASSERT_TRUE(decider.created()) << decider.creation().error;
    decider.offer_as("decider");
    PluginUnderTest plugin(shunt_library_entry_v1, "disagg-profile-handler", R"({"deciders":{"prefill":"decider"}})",
                           host);
    endpoints_[0].number("prefix_matched_blocks", one.matched);
    request_.prompt_tokens(static_cast<std::uint64_t>(one.tokens));
    const NextProfiles next = plugin.pick_profiles(endpoints_, request_, {.round = 1, .done = {ran(kDecode, {0})}});
    EXPECT_EQ(!next.profiles.empty(), one.prefills);
  }
}

}  // namespace
