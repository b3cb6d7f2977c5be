// SPDX-License-Identifier: Apache-2.0
#include "answers_compare.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>

namespace shunt::validate {

namespace {

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

bool nearly_same(double a, double b) {
  if (same_bits(a, b) || (std::isnan(a) && std::isnan(b))) return true;
  return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

std::string number(double value) { return std::isnan(value) ? "nothing" : std::to_string(value); }

template <class Compare>
std::string compare(const std::vector<Answer>& a, const std::vector<Answer>& b, Compare compare_columns) {
  if (a.size() != b.size()) {
    return std::to_string(a.size()) + " functions were called, then " + std::to_string(b.size());
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::string& function = a[i].function;
    if (function != b[i].function) return function + " was called, then " + b[i].function;
    if (a[i].status != b[i].status) {
      return function + " returned " + std::to_string(a[i].status) + ", then " + std::to_string(b[i].status);
    }
    if (a[i].list != b[i].list) return function + " chose something else";
    if (std::string what = compare_columns(a[i], b[i]); !what.empty()) return function + " " + what;
  }
  return "";
}

}  // namespace

std::string difference(const std::vector<Answer>& a, const std::vector<Answer>& b) {
  return compare(a, b, [](const Answer& one, const Answer& other) -> std::string {
    for (std::size_t column = 0; column < one.columns.size(); ++column) {
      for (std::size_t row = 0; row < one.columns[column].size(); ++row) {
        const double first = one.columns[column][row];
        const double second = other.columns[column][row];
        if (same_bits(first, second)) continue;
        return "answered " + number(first) + ", then " + number(second) + " for row " + std::to_string(row);
      }
    }
    return "";
  });
}

std::string difference_by_key(const std::vector<Answer>& a, const std::vector<Answer>& b) {
  return compare(a, b, [](const Answer& one, const Answer& other) -> std::string {
    std::map<std::uint64_t, std::size_t> rows;
    for (std::size_t row = 0; row < other.keys.size(); ++row) rows[other.keys[row]] = row;
    for (std::size_t column = 0; column < one.columns.size(); ++column) {
      for (std::size_t row = 0; row < one.columns[column].size(); ++row) {
        const double first = one.columns[column][row];
        const double second = other.columns[column][rows[one.keys[row]]];
        if (nearly_same(first, second)) continue;
        return "answers " + number(second) + " instead of " + number(first) + " for an endpoint";
      }
    }
    return "";
  });
}

}  // namespace shunt::validate
