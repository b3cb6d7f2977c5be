// SPDX-License-Identifier: Apache-2.0
#include "core/progress_line.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace shunt::host {
namespace {

constexpr std::chrono::milliseconds kAtOnce{0};
const std::string kClear = "\r\x1b[K";

TEST(ProgressLine, ShowsEachTextOnceAndLeavesNothingBehind) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(out, err, true);
  {
    ProgressLine progress(console, kAtOnce);
    progress.set("first");
    progress.tick();
    progress.set("second");
    EXPECT_EQ(err.str(), kClear + "first" + kClear + "second");
  }
  EXPECT_EQ(err.str(), kClear + "first" + kClear + "second" + kClear);
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressLine, SaysNothingInTheBeginning) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(out, err, true);
  {
    ProgressLine progress(console, std::chrono::hours(1));
    progress.set("first");
    progress.tick();
  }
  EXPECT_EQ(err.str(), "");
}

TEST(ProgressLine, IsForTerminals) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(out, err, false);
  { ProgressLine(console, kAtOnce).set("first"); }
  EXPECT_EQ(err.str(), "");
}

TEST(ProgressLine, FitsOnALine) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(out, err, true);
  ProgressLine progress(console, kAtOnce);
  progress.set(std::string(200, 'x'));
  EXPECT_EQ(err.str(), kClear + std::string(79, 'x'));
}

}  // namespace
}  // namespace shunt::host
