// SPDX-License-Identifier: Apache-2.0
#include "exposition_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>
#include <random>
#include <vector>

namespace {

std::size_t allocations = 0;

}  // namespace

// Counts, so that a test can tell whether reading a page allocates. Not inlined: GCC 12 would take malloc for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using prometheus_extractor::append_meaning;
using prometheus_extractor::means;
using prometheus_extractor::PageCounts;
using prometheus_extractor::parse_exposition;
using prometheus_extractor::parse_number;
using prometheus_extractor::Sample;

struct Seen {
  std::string name;
  std::string label;  // value of the label "l", as it stands on the page
  double value;
};

struct Parsed {
  std::vector<Seen> samples;
  PageCounts counts;
};

Parsed parse(std::string_view page) {
  Parsed parsed;
  parsed.counts = parse_exposition(
      page, [](std::string_view) { return true; },
      [&](const Sample& sample) {
        parsed.samples.push_back(
            {std::string(sample.name), std::string(sample.labels.find("l").value_or("(none)")), sample.value});
      });
  return parsed;
}

TEST(ExpositionParser, ReadsSamples) {
  struct Case {
    const char* line;
    const char* name;
    const char* label;
    double value;
  };
  const Case cases[] = {
      {"up 1", "up", "(none)", 1},
      {"  up\t 1  ", "up", "(none)", 1},
      {"up 1\r\n", "up", "(none)", 1},
      {"up{} 1", "up", "(none)", 1},
      {"up{}1", "up", "(none)", 1},
      {"vllm:num_requests_waiting{engine=\"0\",l=\"x\"} 12.0", "vllm:num_requests_waiting", "x", 12},
      {"up{ l = \"x\" , } 1", "up", "x", 1},
      {"up {l=\"x\"} 1", "up", "x", 1},
      {"up{l=\"\"} 1", "up", "", 1},
      {R"(up{l="a \"b\" \\ \n c"} 1)", "up", R"(a \"b\" \\ \n c)", 1},
      {R"(up{a="}",l="{,=#"} 1)", "up", "{,=#", 1},
      {"up{L=\"no\",l2=\"no\",l=\"yes\"} 1", "up", "yes", 1},
      {"up -1.5e-3", "up", "(none)", -0.0015},
      {"up +4", "up", "(none)", 4},
      {"up 1 1700000000000", "up", "(none)", 1},
      {"up 1 1700000000.123", "up", "(none)", 1},
      {"up 1 -5", "up", "(none)", 1},
      {"up_bucket{le=\"1\",l=\"x\"} 8 # {trace_id=\"ab\"} 0.67 1700000000.1", "up_bucket", "x", 8},
      {"up 8 1700000000.1 # {trace_id=\"ab\"} 0.67", "up", "(none)", 8},
      {"_:9 1", "_:9", "(none)", 1},
  };
  for (const Case& one : cases) {
    const Parsed parsed = parse(one.line);
    ASSERT_EQ(parsed.samples.size(), 1u) << one.line;
    EXPECT_EQ(parsed.samples[0].name, one.name) << one.line;
    EXPECT_EQ(parsed.samples[0].label, one.label) << one.line;
    EXPECT_DOUBLE_EQ(parsed.samples[0].value, one.value) << one.line;
    EXPECT_EQ(parsed.counts.samples, 1u) << one.line;
    EXPECT_EQ(parsed.counts.malformed, 0u) << one.line;
  }
}

TEST(ExpositionParser, ReadsInfinitiesAndNaN) {
  EXPECT_EQ(parse("up +Inf").samples.at(0).value, HUGE_VAL);
  EXPECT_EQ(parse("up -Inf").samples.at(0).value, -HUGE_VAL);
  EXPECT_TRUE(std::isnan(parse("up NaN").samples.at(0).value));
}

TEST(ExpositionParser, SkipsCommentsAndBlankLines) {
  const Parsed parsed = parse("# HELP up Is it up? {not} a sample\n# TYPE up gauge\n\n   \n#\nup 1\n  # up 2\n");
  EXPECT_EQ(parsed.counts.samples, 1u);
  EXPECT_EQ(parsed.counts.malformed, 0u);
}

TEST(ExpositionParser, StopsAtTheEndOfAnOpenMetricsPage) {
  const Parsed parsed = parse("up 1\n# EOF\nup 2\n???\n");
  EXPECT_EQ(parsed.counts.samples, 1u);
  EXPECT_EQ(parsed.counts.malformed, 0u);
}

TEST(ExpositionParser, SkipsAndCountsMalformedLines) {
  const char* const lines[] = {
      "up",
      "up ",
      "up{",
      "up{} ",
      "up{l=\"x\" 1",
      "up{l=x} 1",
      "up{l=\"x} 1",
      "up{l=\"x\\\"} 1",
      "up{=\"x\"} 1",
      "up{,} 1",
      "up{l} 1",
      "up{l=\"x\"m=\"y\"} 1",
      "up{9=\"x\"} 1",
      "9up 1",
      "{} 1",
      "up=1",
      "up-1",
      "up one",
      "up 1x",
      "up 0x10",
      "up 1 2 3",
      "up 1 soon",
      "up +-1",
      "up ++1",
      "up 1e999",
      "up{l=\"x\"}} 1",
      "\"up\" 1",
      "\xff\xfe 1",
      "<html>",
      "}",
  };
  std::string page;
  for (const char* line : lines) {
    const Parsed parsed = parse(line);
    EXPECT_EQ(parsed.counts.samples, 0u) << line;
    EXPECT_EQ(parsed.counts.malformed, 1u) << line;
    page += std::string(line) + "\nup 1\n";
  }
  const Parsed parsed = parse(page);
  EXPECT_EQ(parsed.counts.samples, std::size(lines));
  EXPECT_EQ(parsed.counts.malformed, std::size(lines));
}

TEST(ExpositionParser, LooksAtWantedSamplesOnly) {
  std::vector<std::string> asked;
  const PageCounts counts = parse_exposition(
      "one 1\ntwo garbage\n# three 3\nfour 4\n",
      [&](std::string_view name) {
        asked.emplace_back(name);
        return name == "four";
      },
      [](const Sample& sample) { EXPECT_EQ(sample.value, 4); });
  EXPECT_THAT(asked, ::testing::ElementsAre("one", "two", "four"));
  EXPECT_EQ(counts.samples, 1u);
  EXPECT_EQ(counts.malformed, 0u);
}

TEST(ExpositionParser, UnderstandsEscapes) {
  struct Case {
    const char* escaped;
    const char* meaning;
  };
  const Case cases[] = {
      {"", ""},           {"plain", "plain"}, {R"(a\\b)", R"(a\b)"}, {R"(\"q\")", "\"q\""}, {R"(x\ny)", "x\ny"},
      {R"(\t)", R"(\t)"}, {"end\\", "end\\"}};
  for (const Case& one : cases) {
    std::string text = ">";
    append_meaning(one.escaped, text);
    EXPECT_EQ(text, std::string(">") + one.meaning);
    EXPECT_TRUE(means(one.escaped, one.meaning)) << one.escaped;
    EXPECT_FALSE(means(one.escaped, std::string(one.meaning) + "x")) << one.escaped;
    if (*one.meaning != '\0') {
      EXPECT_FALSE(means(one.escaped, std::string(one.meaning).substr(1))) << one.escaped;
    }
  }
}

TEST(ExpositionParser, ReadsNumbersWithoutRest) {
  EXPECT_EQ(parse_number("16"), 16.0);
  EXPECT_EQ(parse_number("+0.5"), 0.5);
  EXPECT_EQ(parse_number("1e3"), 1000.0);
  for (const char* text : {"", "+", "-", "x", "1 ", " 1", "1,5", "None", "++1", "+-1"}) {
    EXPECT_FALSE(parse_number(text).has_value()) << text;
  }
}

TEST(ExpositionParser, AllocatesNothing) {
  std::string page;
  for (int i = 0; i < 100; ++i) page += "up{engine=\"0\",l=\"a\\nb\"} 1.25 1700000000\nbroken{\nother 2\n";
  double sum = 0;
  bool matched = true;
  const std::size_t before = allocations;
  const PageCounts counts = parse_exposition(
      page, [](std::string_view name) { return name != "other"; },
      [&](const Sample& sample) {
        sum += sample.value;
        matched = matched && means(*sample.labels.find("l"), "a\nb");
      });
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(counts.samples, 100u);
  EXPECT_EQ(counts.malformed, 100u);
  EXPECT_EQ(sum, 125.0);
  EXPECT_TRUE(matched);
}

TEST(NameFilter, LetsItsNamesPassAndStopsMostOthers) {
  using prometheus_extractor::NameFilter;
  const NameFilter filter({"vllm:num_requests_waiting", "vllm:num_requests_running", "vllm:kv_cache_usage_perc"});
  for (const char* line : {"vllm:num_requests_waiting 1", "vllm:num_requests_running{", "vllm:kv_cache_usage_perc"}) {
    EXPECT_TRUE(filter.may_begin(line)) << line;
  }
  EXPECT_FALSE(filter.may_begin("vllm"));
  EXPECT_FALSE(filter.may_begin(""));
  int passed = 0;
  for (const char* line : {"vllm:prompt_tokens_total", "vllm:generation_tokens_total", "vllm:request_success_total",
                           "vllm:e2e_request_latency_seconds", "vllm:time_to_first_token_seconds", "process_open_fds",
                           "vllm:iteration_tokens_total", "python_gc_objects_collected_total"}) {
    passed += filter.may_begin(line) ? 1 : 0;
  }
  EXPECT_LE(passed, 2);
  EXPECT_TRUE(NameFilter().may_begin("anything"));
  EXPECT_TRUE(NameFilter({"up"}).may_begin("anything"));
  EXPECT_TRUE(NameFilter({"same", "same"}).may_begin("same 1"));
  EXPECT_TRUE(NameFilter({"load", "loads"}).may_begin("load 1"));
}

// With a filter for what is wanted, every page reads as it does without one.
TEST(NameFilter, ChangesNoResult) {
  using prometheus_extractor::NameFilter;
  const std::vector<std::string_view> names = {"vllm:num", "vllm:nun", "vllm:kv_x"};
  const NameFilter filter(names);
  const auto wanted = [&](std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  std::mt19937 engine(11);
  const std::string_view pieces[] = {"vllm:", "num", "nun", "kv_x", " 1", "{l=\"x\"}", "\n",
                                     "\n",    "# ",  " ",   "9",    "{",  "a"};
  for (int round = 0; round < 20000; ++round) {
    std::string page;
    for (int i = 0; i < 12; ++i) page += pieces[engine() % std::size(pieces)];
    std::vector<double> with;
    std::vector<double> without;
    const auto a = parse_exposition(
        page, wanted, [&](const Sample& s) { with.push_back(s.value); }, filter);
    const auto b = parse_exposition(page, wanted, [&](const Sample& s) { without.push_back(s.value); });
    ASSERT_EQ(with, without) << page;
    ASSERT_EQ(a.malformed, b.malformed) << page;
    ASSERT_EQ(a.samples, b.samples) << page;
  }
}

// Bytes that look like a page, cut and changed at random: whatever they are, every line is accounted for.
TEST(ExpositionParser, SurvivesAnyBytes) {
  const std::string seed_page =
      "# TYPE up gauge\nup{l=\"a\\\"b\",m=\"\"} 1.5 17\nvllm:x{l=\"}\"} +Inf # {a=\"b\"} 1\nup NaN\n";
  std::mt19937 engine(7);
  const auto random = [&] { return static_cast<std::size_t>(engine()); };
  for (int round = 0; round < 5000; ++round) {
    std::string page = seed_page.substr(0, random() % (seed_page.size() + 1));
    for (std::size_t changes = random() % 6; changes > 0 && !page.empty(); --changes) {
      page[random() % page.size()] = static_cast<char>(random() % 256);
    }
    std::size_t seen = 0;
    const PageCounts counts = parse_exposition(
        page, [](std::string_view name) { return !name.empty(); },
        [&](const Sample& sample) {
          ++seen;
          EXPECT_GE(sample.name.data(), page.data());
          (void)sample.labels.find("l");
        });
    EXPECT_EQ(counts.samples, seen);
    EXPECT_LE(counts.samples + counts.malformed,
              1 + static_cast<std::size_t>(std::count(page.begin(), page.end(), '\n')));
  }
}

}  // namespace
