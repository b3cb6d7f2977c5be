// SPDX-License-Identifier: Apache-2.0
// scalar_kernels.hpp: the kernels as a processor without AVX2 runs them, to compare with.
#pragma once

#include <cstdint>

namespace scalar {

struct ClampCounts {
  std::uint64_t faults;
  std::uint64_t clamped;
};

void min_max(const double* x, std::uint64_t n, double* low, double* high);
std::uint64_t arg_max(const double* x, std::uint64_t n);
std::uint64_t find_equal(const double* x, std::uint64_t n, std::uint64_t from, double value);
int any_nan(const double* x, std::uint64_t n);
int any_not_finite(const double* x, std::uint64_t n);
void fill(double* out, std::uint64_t n, double value);
void descending(const double* x, std::uint64_t n, double high, double range, double* out);
void subtract_from(double from, const double* x, std::uint64_t n, double* out);
ClampCounts clamp_add(double* total, const double* score, double weight, std::uint64_t n);

}  // namespace scalar
