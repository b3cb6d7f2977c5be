// SPDX-License-Identifier: Apache-2.0
#include "metric_spec.hpp"

#include <gtest/gtest.h>

namespace {

using prometheus_extractor::MetricSpec;
using prometheus_extractor::parse_exposition;
using prometheus_extractor::Sample;

bool matches(const char* spec_text, const char* line) {
  const std::optional<MetricSpec> spec = MetricSpec::parse(spec_text);
  EXPECT_TRUE(spec.has_value()) << spec_text;
  bool found = false;
  parse_exposition(
      line, [](std::string_view) { return true; },
      [&](const Sample& sample) { found = spec && spec->matches(sample); });
  return found;
}

TEST(MetricSpec, MatchesNameAndLabels) {
  EXPECT_TRUE(matches("up", "up 1"));
  EXPECT_TRUE(matches("up", "up{a=\"b\"} 1"));
  EXPECT_FALSE(matches("up", "uptime 1"));
  EXPECT_TRUE(matches("up{a=b}", "up{c=\"d\",a=\"b\"} 1"));
  EXPECT_FALSE(matches("up{a=b}", "up{a=\"c\"} 1"));
  EXPECT_FALSE(matches("up{a=b}", "up 1"));
  EXPECT_TRUE(matches("up{a=b,c=d}", "up{c=\"d\",a=\"b\"} 1"));
  EXPECT_FALSE(matches("up{a=b,c=d}", "up{a=\"b\"} 1"));
}

TEST(MetricSpec, ReadsEverySpelling) {
  EXPECT_TRUE(matches(" up { a = b , c = \"d\" } ", "up{a=\"b\",c=\"d\"} 1"));
  EXPECT_TRUE(matches("up{}", "up 1"));
  EXPECT_TRUE(matches("up{a=\"x, {y} z\"}", "up{a=\"x, {y} z\"} 1"));
  EXPECT_TRUE(matches("up{a=\"\"}", "up{a=\"\"} 1"));
  EXPECT_TRUE(matches("up{a=\"back\\slash\"}", "up{a=\"back\\\\slash\"} 1"));
  EXPECT_TRUE(matches("ns:up{a=1.5}", "ns:up{a=\"1.5\"} 1"));
}

TEST(MetricSpec, RefusesEverythingElse) {
  for (const char* text : {"", " ", "9up", "up down", "up{", "up}", "up{a}", "up{a=}", "up{=b}", "up{a=b", "up{a=b,}",
                           "up{a=b}x", "up{a=\"b}", "up{a=b c=d}", "up{a=\"b\" c}", "{a=b}", "up{a=b=c}"}) {
    EXPECT_FALSE(MetricSpec::parse(text).has_value()) << text;
  }
}

}  // namespace
