// SPDX-License-Identifier: Apache-2.0
#include "serve/front/usage_watch.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::host::front {
namespace {

constexpr std::string_view kUsage =
    R"("usage": {"prompt_tokens": 12, "completion_tokens":3, "prompt_tokens_details": {"cached_tokens": 4}})";

TEST(UsageWatchTest, TheLastCompleteUsageCounts) {
  const std::string text = R"({"usage":{"prompt_tokens":1}} {"x":1,)" + std::string(kUsage) + "}\n";
  const Usage usage = UsageWatch::find_usage(text);
  EXPECT_EQ(usage.prompt_tokens, 12U);
  EXPECT_EQ(usage.output_tokens, 3U);
  EXPECT_EQ(usage.cached_tokens, 4U);
  EXPECT_FALSE(UsageWatch::find_usage(R"({"usage":null})").prompt_tokens);
  EXPECT_FALSE(UsageWatch::find_usage(R"({"usage":{"prompt_tokens":1)").prompt_tokens);
  EXPECT_FALSE(UsageWatch::find_usage(R"({"content":"\"usage\":{\"prompt_tokens\":1}"})").prompt_tokens);
}

TEST(UsageWatchTest, AbsentIsNotZero) {
  const Usage usage = UsageWatch::find_usage(R"({"usage":{"prompt_tokens":0,"completion_tokens":null}})");
  EXPECT_EQ(usage.prompt_tokens, 0U);
  EXPECT_FALSE(usage.output_tokens);
  EXPECT_FALSE(usage.cached_tokens);
}

TEST(UsageWatchTest, ResponsesForm) {
  const Usage usage = UsageWatch::find_usage(
      R"({"response":{"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":2},"output_tokens":87,"total_tokens":123}}})");
  EXPECT_EQ(usage.prompt_tokens, 36U);
  EXPECT_EQ(usage.output_tokens, 87U);
  EXPECT_EQ(usage.cached_tokens, 2U);
}

TEST(UsageWatchTest, Content) {
  EXPECT_TRUE(UsageWatch::has_content(R"({"delta": {"content": "x"}})"));
  EXPECT_TRUE(UsageWatch::has_content(R"({"text":"\n"})"));
  EXPECT_FALSE(UsageWatch::has_content(R"({"delta":{"role":"assistant","content":""}})"));
  EXPECT_FALSE(UsageWatch::has_content(R"({"delta":{"content":null}})"));
  EXPECT_FALSE(UsageWatch::has_content("data: [DONE]\n\n"));
}

TEST(UsageWatchTest, TokensAreEventsWithContent) {
  BufferPool pool;
  const std::string token = R"(data: {"choices":[{"delta":{"content":"x"}}]})"
                            "\n\n";
  const std::string end = R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}]})"
                          "\n\ndata: [DONE]\n\n";
  UsageWatch watch;
  watch.begin(pool, true);
  EXPECT_FALSE(watch.streamed_tokens(5, 500)) << "no token yet";
  for (int i = 0; i < 100; ++i) watch.see(token);
  watch.see(end);
  const std::uint64_t bytes = 100 * token.size() + end.size();
  EXPECT_EQ(watch.streamed_tokens(102, bytes), 100U);
  EXPECT_FALSE(watch.streamed_tokens(40, bytes)) << "events far larger than the last ones";
  EXPECT_FALSE(watch.streamed_tokens(2, bytes)) << "nothing but the end";
}

TEST(UsageWatchTest, TheEndOfALongStreamInPiecesOfAnySize) {
  BufferPool pool;
  const std::string text = std::string(10'000, 'x') + std::string(kUsage) + "}}\n\ndata: [DONE]\n\n";
  for (std::size_t size = 1; size < text.size(); size += 1 + size / 3) {
    UsageWatch watch;
    watch.begin(pool, true);
    int told = 0;
    for (std::size_t at = 0; at < text.size(); at += size)
      told += watch.see(std::string_view(text).substr(at, size)) ? 1 : 0;
    EXPECT_EQ(told, 0);
    EXPECT_EQ(watch.usage().prompt_tokens, 12U) << size;
  }
}

// However the network cuts the stream: the content stands before and behind more than is kept.
TEST(UsageWatchTest, TheFirstContentInPiecesOfAnySize) {
  BufferPool pool;
  const std::string text = R"(data: {"message":{"usage":{"input_tokens":25}}})" + std::string(5'000, 'x') +
                           R"(data: {"delta":{"text":"Hello"}})" + std::string(5'000, 'y') +
                           R"(data: {"usage":{"output_tokens":15}})";
  for (std::size_t size = 1; size <= text.size(); size += 1 + size / 3) {
    UsageWatch watch;
    watch.begin(pool, true);
    int told = 0;
    for (std::size_t at = 0; at < text.size(); at += size)
      told += watch.see(std::string_view(text).substr(at, size)) ? 1 : 0;
    EXPECT_EQ(told, 1) << size;
    EXPECT_EQ(watch.usage().prompt_tokens, 25U) << size;
    EXPECT_EQ(watch.usage().output_tokens, 15U) << size;
  }
}

TEST(UsageWatchTest, TheFirstContentIsToldOnce) {
  BufferPool pool;
  UsageWatch watch;
  watch.begin(pool, true);
  EXPECT_FALSE(watch.see(R"(data: {"content":"")"));
  EXPECT_FALSE(watch.see("}\n\ndata: {\"con"));
  EXPECT_TRUE(watch.see("tent\":\"a\"}\n\n"));
  EXPECT_FALSE(watch.see(R"(data: {"content":"b"})"));
}

}  // namespace
}  // namespace shunt::host::front
