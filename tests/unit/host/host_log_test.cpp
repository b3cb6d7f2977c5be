// SPDX-License-Identifier: Apache-2.0
#include "live/log.hpp"

#include <gmock/gmock.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "live/log_format.hpp"
#include "live/log_limit.hpp"

namespace shunt::host {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kSecondNs = 1'000'000'000;

TEST(LogLimits, TheFirstPassesAndLaterOnesAreCounted) {
  LogLimit limit(3);
  std::int64_t now_ns = 5 * kSecondNs;
  for (int i = 0; i < 3; ++i) {
    const auto pass = limit.pass("a", now_ns++);
    ASSERT_TRUE(pass);
    EXPECT_EQ(pass->suppressed, 0u);
  }
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(limit.pass("a", now_ns++));
  EXPECT_TRUE(limit.pass("b", now_ns)) << "another kind has its own count";
  const auto later = limit.pass("a", now_ns + 60 * kSecondNs);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->suppressed, 7u);
  EXPECT_EQ(limit.pass("a", now_ns + 61 * kSecondNs)->suppressed, 0u);
}

TEST(LogLimits, KeysAreBounded) {
  LogLimit limit(1);
  for (std::size_t i = 0; i < LogLimit::kMostKeys; ++i) EXPECT_TRUE(limit.pass("key" + std::to_string(i), 0));
  EXPECT_TRUE(limit.pass("one more", 0));
  EXPECT_FALSE(limit.pass("and another", 0)) << "they share what is left";
}

RequestLine sample() {
  RequestLine line;
  line.id = "r1";
  line.door = "http";
  line.model = "a \"model\"\nid=r2";
  line.endpoint = "pod-0";
  line.outcome = "completed";
  line.http_status = 200;
  line.duration_ns = 1'234'567;
  line.output_tokens = 0;
  return line;
}

TEST(RequestLines, AreFieldsThatClientsCannotForge) {
  EXPECT_EQ(request_line_text(sample()),
            "id=r1 door=http model=\"a \\\"model\\\"\\nid=r2\" endpoint=pod-0 outcome=completed status=200 "
            "duration_ms=1.235 output_tokens=0");
}

TEST(RequestLines, AreJson) {
  const boost::json::value json = boost::json::parse("{" + request_line_json(sample()) + "}");
  EXPECT_EQ(json.at("model").as_string(), "a \"model\"\nid=r2");
  EXPECT_EQ(json.at("status").to_number<int>(), 200);
  EXPECT_DOUBLE_EQ(json.at("duration_ms").to_number<double>(), 1.235);
  EXPECT_FALSE(json.as_object().contains("prompt_tokens"));
}

TEST(RequestLines, LongTextsAreCut) {
  const std::string model(10'000, 'm');
  RequestLine line;
  line.model = model;
  EXPECT_LT(request_line_text(line).size(), 400u);
}

TEST(LogTexts, AreAlwaysJson) {
  std::string out;
  append_json_text(out, "a\x01\x7f\"\\\n\t\xff\xc3\xa4\xed\xa0\x80\xf4\x90\x80\x80");
  const boost::json::value json = boost::json::parse(out);
  EXPECT_THAT(std::string(json.as_string()), HasSubstr("\xc3\xa4"));
  EXPECT_THAT(std::string(json.as_string()), HasSubstr("\xEF\xBF\xBD"));
}

class LogOutputs : public ::testing::Test {
 protected:
  LogOutputs() : file_(std::filesystem::temp_directory_path() / ("shunt-log-" + std::to_string(getpid()))) {
    settings_.file = file_;
  }
  ~LogOutputs() override { std::filesystem::remove(file_); }
  std::string written() const {
    std::ifstream file(file_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  std::filesystem::path file_;
  LogSettings settings_;
};

TEST_F(LogOutputs, WriteWhatTheLevelLetsThrough) {
  {
    const auto log = LogOutput::open(settings_);
    ASSERT_TRUE(log);
    spdlog::debug("a detail");
    spdlog::info("plugin {}: {}", "queue", "hello\nworld");
    set_log_level(LogLevel::Debug);
    spdlog::debug("another detail");
    EXPECT_EQ(log_level(), LogLevel::Debug);
    EXPECT_FALSE(request_log_enabled());
  }
  EXPECT_THAT(written(), Not(HasSubstr("a detail")));
  EXPECT_THAT(written(), HasSubstr("Z info plugin queue: hello world\n"));
  EXPECT_THAT(written(), HasSubstr("Z debug another detail\n"));
}

TEST_F(LogOutputs, WriteJsonLines) {
  settings_.json = true;
  settings_.requests = true;
  {
    const auto log = LogOutput::open(settings_);
    ASSERT_TRUE(log);
    spdlog::warn("a \"quote\"");
    ASSERT_TRUE(request_log_enabled());
    log_request(sample());
  }
  std::ifstream file(file_);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(boost::json::parse(line).at("message").as_string(), "a \"quote\"");
  EXPECT_EQ(boost::json::parse(line).at("level").as_string(), "warning");
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(boost::json::parse(line).at("id").as_string(), "r1");
}

TEST_F(LogOutputs, LimitWhatRepeatsItself) {
  {
    const auto log = LogOutput::open(settings_);
    ASSERT_TRUE(log);
    for (int i = 0; i < 100; ++i) log_limited(LogLevel::Warning, "endpoint limited-1", "connection refused");
  }
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
}

TEST_F(LogOutputs, AFileThatCannotBeOpenedIsAnError) {
  settings_.file = "/dev/null/folder/log";
  const auto log = LogOutput::open(settings_);
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().message, HasSubstr("/dev/null/folder/log"));
}

TEST_F(LogOutputs, AfterTheEndNothingIsWritten) {
  { const auto log = LogOutput::open(settings_); }
  log_request(sample());
  EXPECT_EQ(dropped_log_lines(), 0u);
  set_request_log(true);
  EXPECT_FALSE(request_log_enabled());
}

}  // namespace
}  // namespace shunt::host
