// SPDX-License-Identifier: Apache-2.0
#define SHUNT_NO_VECTOR
#include <shunt/sdk/kernels.h>

#include "scalar_kernels.hpp"

#ifdef SHUNT_HAVE_AVX2
#error "this file has to see the scalar versions"
#endif

namespace scalar {

void min_max(const double* x, std::uint64_t n, double* low, double* high) { shunt_min_max(x, n, low, high); }
std::uint64_t arg_max(const double* x, std::uint64_t n) { return shunt_arg_max(x, n); }
std::uint64_t find_equal(const double* x, std::uint64_t n, std::uint64_t from, double value) {
  return shunt_find_equal(x, n, from, value);
}
int any_nan(const double* x, std::uint64_t n) { return shunt_any_nan(x, n); }
int any_not_finite(const double* x, std::uint64_t n) { return shunt_any_not_finite(x, n); }
void fill(double* out, std::uint64_t n, double value) { shunt_fill(out, n, value); }
void descending(const double* x, std::uint64_t n, double high, double range, double* out) {
  shunt_descending(x, n, high, range, out);
}
void subtract_from(double from, const double* x, std::uint64_t n, double* out) { shunt_subtract_from(from, x, n, out); }
ClampCounts clamp_add(double* total, const double* score, double weight, std::uint64_t n) {
  const shunt_clamp_counts counts = shunt_clamp_add(total, score, weight, n);
  return {counts.faults, counts.clamped};
}

}  // namespace scalar
