// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/answers.hpp>

#include <cmath>

namespace shunt::testing {

std::size_t Scores::unwritten() const {
  std::size_t n = 0;
  for (const double value : values) n += std::isnan(value) ? 1u : 0u;
  return n;
}

}  // namespace shunt::testing
