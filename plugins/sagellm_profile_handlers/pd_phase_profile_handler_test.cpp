// SPDX-License-Identifier: Apache-2.0
#include "handler_fixture.hpp"

namespace sagellm {
namespace {

using namespace shunt::testing;
using ::testing::HasSubstr;

constexpr const char* kType = "pd-phase-profile-handler";

class PdPhaseProfileHandler : public HandlerTest {};

TEST_F(PdPhaseProfileHandler, FollowsTheRules) {
  struct Case {
    const char* what;
    std::optional<std::uint64_t> tokens, bytes, max_tokens;
    int priority;
    std::optional<std::int64_t> deadline_ns;
    const char* adaptive;
    const char* threshold;
  };
  const Case cases[] = {
      {"nothing known: 100 to 100", {}, {}, {}, 0, {}, "decode", "decode"},
      {"800 tokens", 800, {}, 1000, 0, {}, "decode", "decode"},
      {"801 tokens", 801, {}, 1000, 0, {}, "prefill", "prefill"},
      {"a fourth of the bytes", {}, 3203, 1000, 0, {}, "decode", "decode"},
      {"rounded down", {}, 3204, 1000, 0, {}, "prefill", "prefill"},
      {"counted tokens win over bytes", 10, 100000, 1000, 0, {}, "decode", "decode"},
      {"a ratio of 4", 400, {}, 100, 0, {}, "decode", "decode"},
      {"above 4", 401, {}, 100, 0, {}, "prefill", "prefill"},
      {"no limit is 100", 401, {}, {}, 0, {}, "prefill", "prefill"},
      {"no output at all", 1, {}, 0, 0, {}, "prefill", "prefill"},
      {"neither prompt nor output", 0, {}, 0, 0, {}, "decode", "decode"},
      {"critical and short", 5000, {}, 499, 2, {}, "decode", "prefill"},
      {"critical and not short", 5000, {}, 500, 2, {}, "prefill", "prefill"},
      {"high is not critical", 5000, {}, 499, 1, {}, "prefill", "prefill"},
      {"critical without limit", 5000, {}, {}, 2, {}, "decode", "prefill"},
      {"tight deadline", 5000, {}, 10, 0, 100 * 1'000'000 - 1, "decode", "prefill"},
      {"a deadline of 0 is tight", 5000, {}, 10, 0, 0, "decode", "prefill"},
      {"100 ms are not", 5000, {}, 10, 0, 100 * 1'000'000, "prefill", "prefill"},
  };
  for (const Case& one : cases) {
    RequestBuilder request;
    request.priority(one.priority);
    if (one.tokens) request.prompt_tokens(*one.tokens);
    if (one.bytes) request.prompt_bytes(*one.bytes);
    if (one.max_tokens) request.max_tokens(*one.max_tokens);
    if (one.deadline_ns) request.deadline_ns(*one.deadline_ns);
    EXPECT_EQ(profile_of(kType, request), one.adaptive) << one.what;
    EXPECT_EQ(profile_of(kType, request, {}, R"({"routingPolicy": "threshold"})"), one.threshold) << one.what;
    const Verdict verdict = verdict_of(kType, request);
    EXPECT_EQ(verdict.annotations.at("policy"), "pd_phase");
    EXPECT_THAT(verdict.reason, HasSubstr(std::string(one.adaptive) + ": ")) << one.what;
  }
}

TEST_F(PdPhaseProfileHandler, CountsCharactersNotBytes) {
  const auto repeated = [](const char* text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  // Of one to four bytes.
  for (const char* character : {"e", "\u00e9", "\u4e2d", "\U0001f600"}) {
    RequestBuilder request;
    request.max_tokens(1000).prompt(repeated(character, 3203));
    EXPECT_EQ(profile_of(kType, request), "decode") << character;
    RequestBuilder longer;
    longer.max_tokens(1000).prompt(repeated(character, 3204));
    EXPECT_EQ(profile_of(kType, longer), "prefill") << character;
    RequestBuilder by_ratio;
    by_ratio.max_tokens(100).prompt(repeated(character, 1603));
    EXPECT_EQ(profile_of(kType, by_ratio), "decode") << character;
    by_ratio.prompt(repeated(character, 1604));
    EXPECT_EQ(profile_of(kType, by_ratio), "prefill") << character;
  }
}

TEST_F(PdPhaseProfileHandler, TakesItsParameters) {
  RequestBuilder request;
  request.prompt_tokens(300).priority(1).max_tokens(50).deadline_ns(150 * kMs);
  const auto with = [&](const char* parameters) { return profile_of(kType, request, {}, parameters); };
  EXPECT_EQ(with("{}"), "prefill");
  EXPECT_EQ(with(R"({"ratioThreshold": 6})"), "decode");
  EXPECT_EQ(with(R"({"ratioThreshold": 6, "inputTokensThreshold": 299})"), "prefill");
  EXPECT_EQ(with(R"({"criticalPriority": 1})"), "decode");
  EXPECT_EQ(with(R"({"criticalPriority": 1, "shortOutputTokens": 50})"), "prefill");
  EXPECT_EQ(with(R"({"tightDeadlineMs": 150.5})"), "decode");
  EXPECT_EQ(with(R"({"decodeProfile": "fast", "ratioThreshold": 6})"), "fast");
  EXPECT_EQ(with(R"({"prefillProfile": "cost"})"), "cost");
  EXPECT_EQ(profile_of(kType, RequestBuilder(), {}, R"({"defaultTokens": 801})"), "prefill");
  const PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"routingPolicy": "ml"})", host_);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("\"adaptive\" or \"threshold\"")));
}

}  // namespace
}  // namespace sagellm
