// SPDX-License-Identifier: Apache-2.0
#include "core/metrics_page.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/address.hpp"

namespace shunt::host {
namespace {

TEST(MetricsPage, TakesWhatServersWrite) {
  const PageFaults faults = check_page(
      "# HELP x y\n# TYPE x gauge\nx 1\r\n\n  x{a=\"b\",} +Inf 1700000000\nx{ a = \"q\\\"}\" , b=\"\"} NaN\n"
      "http:requests_total{le=\"0.5\"} 1e3 # {trace=\"1\"} 0.67 123\n# EOF\nanything at all\n");
  EXPECT_EQ(faults.lines, 0U) << faults.text;
}

TEST(MetricsPage, FindsWhereALineGoesWrong) {
  const auto column = [](const std::string& line) {
    const std::string page = "good 1\n" + line + "\ngood 1\n";
    const PageFaults faults = check_page(page);
    EXPECT_EQ(faults.lines, 1U) << line;
    EXPECT_EQ(faults.line, 2U) << line;
    EXPECT_EQ(faults.text, line);
    return faults.column;
  };
  EXPECT_EQ(column("9x 3"), 1U);
  EXPECT_EQ(column("x"), 2U);
  EXPECT_EQ(column("x one"), 3U);
  EXPECT_EQ(column("x 1 2 3"), 7U);
  EXPECT_EQ(column("x +-1"), 3U);
  EXPECT_EQ(column("x{a} 1"), 4U);
  EXPECT_EQ(column("x{a=b} 1"), 5U);
  EXPECT_EQ(column("x{a=\"b} 1"), 5U);
  EXPECT_EQ(column("x{a=\"b\" c=\"d\"} 1"), 9U);
  EXPECT_EQ(column("x{a=\"b\\"), 5U);
  EXPECT_EQ(column("x-y 1"), 2U);
}

TEST(MetricsPage, CountsAllAndNamesTheFirst) {
  std::string page = "ok 1\n";
  for (int i = 0; i < 1000; ++i) page += "<html>\n";
  const PageFaults faults = check_page(page);
  EXPECT_EQ(faults.lines, 1000U);
  EXPECT_EQ(faults.line, 2U);
}

TEST(Address, IsHostAndPort) {
  for (const char* good : {"10.0.0.1:8000", "pod-0.svc.local:1", "[::1]:65535", "[fe80::1%eth0]:80"}) {
    EXPECT_EQ(problem_of_address(good), "") << good;
  }
  EXPECT_EQ(problem_of_address("host"), "needs a port");
  EXPECT_EQ(problem_of_address("[::1]"), "needs a port");
  EXPECT_EQ(problem_of_address(":80"), "needs a host");
  EXPECT_EQ(problem_of_address("[]:80"), "needs a host");
  EXPECT_EQ(problem_of_address("::1"), "must have its IPv6 host in brackets");
  EXPECT_EQ(problem_of_address("[::1:80"), "lacks the bracket that closes its host");
  EXPECT_EQ(problem_of_address("[::1]x:80"), "must be host:port and nothing else");
  EXPECT_EQ(problem_of_address("http://host:80"), "must be host:port and nothing else");
  EXPECT_EQ(problem_of_address("a b:80"), "must be host:port and nothing else");
  for (const char* port : {"h:", "h:0", "h:65536", "h:-1", "h:+1", "h:8o", "h:80 "}) {
    EXPECT_NE(problem_of_address(port), "") << port;
  }
}

}  // namespace
}  // namespace shunt::host
