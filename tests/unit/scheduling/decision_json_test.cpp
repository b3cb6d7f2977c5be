// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <shunt/framework/decision_json.hpp>

namespace shunt {
namespace {

TEST(NumberToJson, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(number_to_json(2.8), "2.8");
  EXPECT_EQ(number_to_json(1.0), "1");
  EXPECT_EQ(number_to_json(0.0), "0");
  EXPECT_EQ(number_to_json(-0.0), "0");
  EXPECT_EQ(number_to_json(-3.25), "-3.25");
  EXPECT_EQ(number_to_json(1000000.0), "1000000");
  EXPECT_EQ(number_to_json(0.000001), "0.000001");
  EXPECT_EQ(number_to_json(1e-9), "1e-9");
  EXPECT_EQ(number_to_json(-1.5e-12), "-1.5e-12");
  EXPECT_EQ(number_to_json(1e30), "1e30");
  EXPECT_EQ(number_to_json(0.1 + 0.2), "0.30000000000000004");
}

TEST(NumberToJson, HasNoWordForWhatIsNoNumber) {
  EXPECT_EQ(number_to_json(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(number_to_json(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number_to_json(-std::numeric_limits<double>::infinity()), "null");
}

TEST(NumberToJson, ReadsBackAsTheSameNumber) {
  EXPECT_TRUE(rc::check([](std::uint64_t bits) {
    double value = 0.0;
    std::memcpy(&value, &bits, sizeof value);
    RC_PRE(std::isfinite(value));
    const std::string text = number_to_json(value);
    double back = 0.0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), back);
    RC_ASSERT(result.ptr == text.data() + text.size());
    RC_ASSERT(back == value);
    boost::system::error_code failure;
    RC_ASSERT(boost::json::parse(text, failure).is_number());
    RC_ASSERT(!failure);
  }));
}

}  // namespace
}  // namespace shunt
