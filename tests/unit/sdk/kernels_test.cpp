// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/kernels.h>

#include "scalar_kernels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

extern "C" int kernels_in_c(const double* x, std::uint64_t n, double* out);

namespace {

using ::testing::ElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();

std::vector<std::uint64_t> bits(const std::vector<double>& numbers) {
  std::vector<std::uint64_t> out;
  for (const double number : numbers) out.push_back(std::bit_cast<std::uint64_t>(number));
  return out;
}
std::uint64_t bits(double number) { return std::bit_cast<std::uint64_t>(number); }

// Numbers of all magnitudes with a good share of the awkward ones.
class Numbers {
 public:
  explicit Numbers(std::uint32_t seed) : engine_(seed) {}

  std::vector<double> list(std::size_t n, bool with_nan, bool with_infinity) {
    std::vector<double> out(n);
    for (double& number : out) number = one(with_nan, with_infinity);
    return out;
  }
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_); }

 private:
  double one(bool with_nan, bool with_infinity) {
    switch (below(12)) {
      case 0: return with_nan ? kNan : 0.25;
      case 1: return with_infinity ? kInfinity : 1.0;
      case 2: return with_infinity ? -kInfinity : -1.0;
      case 3: return kTiny;
      case 4: return -3 * kTiny;
      case 5: return -0.0;
      case 6: return 0.0;
      case 7: return 1.0;
      case 8: return std::uniform_real_distribution<double>(-1e300, 1e300)(engine_);
      default: return std::uniform_real_distribution<double>(-0.5, 1.5)(engine_);
    }
  }
  std::mt19937 engine_;
};

class EveryLength : public ::testing::TestWithParam<int> {
 protected:
  // Three draws for each length from 0 to 257: around every multiple of a vector's width.
  template <class Check>
  void each(bool with_nan, bool with_infinity, Check check) {
    Numbers numbers(static_cast<std::uint32_t>(GetParam()) + 1);
    for (std::size_t n = 0; n <= 257; ++n) check(numbers, numbers.list(n, with_nan, with_infinity));
  }
};

TEST_P(EveryLength, MinMaxIsTheSameToTheBit) {
  each(false, true, [](Numbers&, const std::vector<double>& x) {
    double low = 7, high = 7, scalar_low = 7, scalar_high = 7;
    shunt_min_max(x.data(), x.size(), &low, &high);
    scalar::min_max(x.data(), x.size(), &scalar_low, &scalar_high);
    ASSERT_EQ(bits(low), bits(scalar_low)) << x.size();
    ASSERT_EQ(bits(high), bits(scalar_high)) << x.size();
    if (!x.empty()) {
      ASSERT_EQ(low, *std::min_element(x.begin(), x.end()));
      ASSERT_EQ(high, *std::max_element(x.begin(), x.end()));
    }
  });
}

TEST_P(EveryLength, ArgMaxIsTheFirstOfTheGreatest) {
  each(false, true, [](Numbers&, const std::vector<double>& x) {
    if (x.empty()) return;
    const auto expected = static_cast<std::uint64_t>(std::max_element(x.begin(), x.end()) - x.begin());
    ASSERT_EQ(shunt_arg_max(x.data(), x.size()), expected);
    ASSERT_EQ(scalar::arg_max(x.data(), x.size()), expected);
  });
}

TEST_P(EveryLength, FindEqualIsTheSame) {
  each(true, true, [](Numbers& numbers, const std::vector<double>& x) {
    for (const double wanted : {0.0, 1.0, kInfinity, kNan, kTiny}) {
      const std::size_t from = numbers.below(x.size() + 2);
      const auto found = std::find(x.begin() + static_cast<std::ptrdiff_t>(std::min(from, x.size())), x.end(), wanted);
      const auto expected = static_cast<std::uint64_t>(found - x.begin());
      ASSERT_EQ(shunt_find_equal(x.data(), x.size(), from, wanted), expected);
      ASSERT_EQ(scalar::find_equal(x.data(), x.size(), from, wanted), expected);
    }
  });
}

TEST_P(EveryLength, AnyNanAndAnyNotFinite) {
  for (const bool with_nan : {false, true}) {
    for (const bool with_infinity : {false, true}) {
      each(with_nan, with_infinity, [](Numbers&, const std::vector<double>& x) {
        const bool nan = std::any_of(x.begin(), x.end(), [](double number) { return std::isnan(number); });
        const bool odd = std::any_of(x.begin(), x.end(), [](double number) { return !std::isfinite(number); });
        ASSERT_EQ(shunt_any_nan(x.data(), x.size()) != 0, nan);
        ASSERT_EQ(scalar::any_nan(x.data(), x.size()) != 0, nan);
        ASSERT_EQ(shunt_any_not_finite(x.data(), x.size()) != 0, odd);
        ASSERT_EQ(scalar::any_not_finite(x.data(), x.size()) != 0, odd);
      });
    }
  }
}

TEST_P(EveryLength, ElementWisePassesAreTheSameToTheBit) {
  each(true, true, [](Numbers& numbers, const std::vector<double>& x) {
    const double high = numbers.list(1, false, false)[0];
    const double range = numbers.list(1, false, true)[0];
    std::vector<double> fast(x.size()), slow(x.size());
    shunt_descending(x.data(), x.size(), high, range, fast.data());
    scalar::descending(x.data(), x.size(), high, range, slow.data());
    ASSERT_EQ(bits(fast), bits(slow)) << "descending " << x.size();
    shunt_subtract_from(high, x.data(), x.size(), fast.data());
    scalar::subtract_from(high, x.data(), x.size(), slow.data());
    ASSERT_EQ(bits(fast), bits(slow)) << "subtract_from " << x.size();
    shunt_fill(fast.data(), fast.size(), high);
    scalar::fill(slow.data(), slow.size(), high);
    ASSERT_EQ(bits(fast), bits(slow)) << "fill " << x.size();
  });
}

TEST_P(EveryLength, ClampAddIsTheSameToTheBitAndCountsRight) {
  each(true, true, [](Numbers& numbers, const std::vector<double>& score) {
    const std::vector<double> before = numbers.list(score.size(), false, false);
    const double weight = numbers.list(1, false, false)[0];
    std::vector<double> fast = before, slow = before;
    const shunt_clamp_counts counts = shunt_clamp_add(fast.data(), score.data(), weight, score.size());
    const scalar::ClampCounts scalar_counts = scalar::clamp_add(slow.data(), score.data(), weight, score.size());
    ASSERT_EQ(bits(fast), bits(slow)) << score.size();
    std::uint64_t faults = 0, clamped = 0;
    for (std::size_t i = 0; i < score.size(); ++i) {
      const bool finite = std::isfinite(score[i]);
      faults += finite ? 0u : 1u;
      clamped += finite && (score[i] < 0 || score[i] > 1) ? 1u : 0u;
      // Volatile, so that no flag of this file makes one operation out of the two.
      const volatile double product = weight * (finite ? std::clamp(score[i], 0.0, 1.0) : 0.0);
      ASSERT_EQ(fast[i], before[i] + product) << i;
    }
    ASSERT_EQ(counts.faults, faults);
    ASSERT_EQ(counts.clamped, clamped);
    ASSERT_EQ(scalar_counts.faults, faults);
    ASSERT_EQ(scalar_counts.clamped, clamped);
  });
}

INSTANTIATE_TEST_SUITE_P(Kernels, EveryLength, ::testing::Values(0, 1, 2));

TEST(Kernels, ClampAddCountsEachKindOnce) {
  for (const std::size_t padding : {0u, 20u}) {
    std::vector<double> score{0.5, -0.0, 1.0, 1.5, -2.0, kNan, kInfinity, -kInfinity};
    score.resize(score.size() + padding, 0.25);
    std::vector<double> total(score.size(), 1.0);
    const shunt_clamp_counts counts = shunt_clamp_add(total.data(), score.data(), 2.0, score.size());
    EXPECT_EQ(counts.faults, 3u);
    EXPECT_EQ(counts.clamped, 2u);
    total.resize(8);
    EXPECT_THAT(total, ElementsAre(2, 1, 3, 3, 1, 1, 1, 1));
  }
}

TEST(Kernels, MinMaxOfZerosOfBothSignsIsPlusZero) {
  for (const std::size_t n : {2u, 9u, 16u}) {
    std::vector<double> x(n, -0.0);
    x[1] = 0.0;
    double low = 1, high = 1;
    shunt_min_max(x.data(), n, &low, &high);
    EXPECT_FALSE(std::signbit(low)) << n;
    EXPECT_FALSE(std::signbit(high)) << n;
  }
}

TEST(Kernels, RangeZeroGivesOneEverywhere) {
  const std::vector<double> x(11, 4.0);
  std::vector<double> out(11, 0.0);
  shunt_descending(x.data(), x.size(), 4.0, 0.0, out.data());
  EXPECT_THAT(out, ::testing::Each(1.0));
}

TEST(Kernels, GatherTakesTheRowsInTheOrderGiven) {
  const std::vector<std::uint32_t> rows{2, 0, 2};
  const std::vector<double> doubles{1, 2, 3};
  const std::vector<std::uint64_t> wide{10, 20, 30};
  const std::vector<std::uint32_t> words{4, 5, 6};
  const std::vector<std::uint8_t> bytes{7, 8, 9};
  std::vector<double> doubles_out(3);
  std::vector<std::uint64_t> wide_out(3);
  std::vector<std::uint32_t> words_out(3);
  std::vector<std::uint8_t> bytes_out(3);
  shunt_gather_f64(doubles.data(), rows.data(), 3, doubles_out.data());
  shunt_gather_u64(wide.data(), rows.data(), 3, wide_out.data());
  shunt_gather_u32(words.data(), rows.data(), 3, words_out.data());
  shunt_gather_u8(bytes.data(), rows.data(), 3, bytes_out.data());
  EXPECT_THAT(doubles_out, ElementsAre(3, 1, 3));
  EXPECT_THAT(wide_out, ElementsAre(30, 10, 30));
  EXPECT_THAT(words_out, ElementsAre(6, 4, 6));
  EXPECT_THAT(bytes_out, ElementsAre(9, 7, 9));
}

TEST(Kernels, DrawsDependOnSeedAndKeyAndStayInsideTheUnitInterval) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    for (std::uint64_t key = 0; key < 30; ++key) {
      seen.insert(shunt_draw(seed, key));
      const double unit = shunt_draw_unit(seed, key);
      EXPECT_GT(unit, 0.0);
      EXPECT_LT(unit, 1.0);
    }
  }
  EXPECT_EQ(seen.size(), 900u);
  EXPECT_EQ(shunt_draw(3, 4), shunt_draw(3, 4));
}

TEST(Kernels, UsableFromC) {
  const std::vector<double> queue{3, 1, 5};
  std::vector<double> score(3);
  EXPECT_EQ(kernels_in_c(queue.data(), queue.size(), score.data()), 1);
  EXPECT_THAT(score, ElementsAre(0.5, 1.0, 0.0));
}

}  // namespace
