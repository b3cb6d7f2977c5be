// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/kernels.h>

int kernels_in_c(const double *x, uint64_t n, double *out);

// A min-max scorer as a C author writes it. Returns the row of the greatest score.
int kernels_in_c(const double *x, uint64_t n, double *out) {
  double low = 0, high = 0;
  shunt_min_max(x, n, &low, &high);
  shunt_descending(x, n, high, high - low, out);
  return (int)shunt_arg_max(out, n);
}
