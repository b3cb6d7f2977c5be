// SPDX-License-Identifier: Apache-2.0
#include "core/live/page_samples.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::host {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

FetchedPage page(std::string_view path, std::string_view body, std::int64_t fetched_ns, std::uint32_t status = 200) {
  return {.endpoint = "pod-0", .path = path, .body = body, .http_status = status, .fetched_ns = fetched_ns};
}

TEST(PageSamples, OneOfEachKindIsKeptAndReplacedWhenItIsOld) {
  PageSamples samples;
  samples.offer(page("/metrics", "first", 0));
  samples.offer(page("/metrics", "second", 10 * kSecond - 1));
  samples.offer(page("/info", "other", 1));
  ASSERT_EQ(samples.pages().size(), 2u);
  EXPECT_EQ(samples.pages()[0].body, "first");
  EXPECT_EQ(samples.pages()[1].body, "other");
  samples.offer(page("/metrics", "third", 10 * kSecond));
  EXPECT_EQ(samples.pages()[0].body, "third");
  EXPECT_EQ(samples.pages()[0].fetched_ns, 10 * kSecond);
  FetchedPage elsewhere = page("/metrics", "of another port", 0);
  elsewhere.port = 9000;
  samples.offer(elsewhere);
  elsewhere.accept = "text/plain";
  samples.offer(elsewhere);
  EXPECT_EQ(samples.pages().size(), 4u) << "port and Accept make another kind";
}

TEST(PageSamples, FailuresAndErrorPagesAndLargeOnesAreNotKept) {
  PageSamples samples;
  samples.offer(page("/metrics", "", 0, 0));
  samples.offer(page("/metrics", "no", 0, 503));
  const std::string large((std::size_t{1} << 20) + 1, 'x');
  samples.offer(page("/metrics", large, 0));
  EXPECT_TRUE(samples.pages().empty());
  samples.offer(page("/metrics", std::string_view(large).substr(1), 0));
  EXPECT_EQ(samples.pages().size(), 1u);
}

TEST(PageSamples, HaveABound) {
  PageSamples samples;
  for (int i = 0; i < 40; ++i) samples.offer(page("/" + std::to_string(i), "x", i * kSecond));
  ASSERT_EQ(samples.pages().size(), 16u);
  for (const SampledPage& kept : samples.pages()) EXPECT_GE(kept.fetched_ns, 24 * kSecond) << "the newest kinds";
}

}  // namespace
}  // namespace shunt::host
