// SPDX-License-Identifier: Apache-2.0
// short_text.hpp: a text that is put together without allocating. What does not fit is left out.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace sagellm {

class ShortText {
 public:
  ShortText& add(std::string_view more) {
    const std::size_t fits = std::min(more.size(), bytes_.size() - size_);
    std::copy_n(more.data(), fits, bytes_.data() + size_);
    size_ += fits;
    return *this;
  }
  // With `decimals` digits behind the point. Numbers beyond 1e15 are cut off there: nothing here means more.
  ShortText& add(double number, int decimals) {
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), std::clamp(number, -1e15, 1e15),
                                       std::chars_format::fixed, decimals);
    return add({digits.data(), static_cast<std::size_t>(written.ptr - digits.data())});
  }
  // With as many digits as it takes to read the same number back.
  ShortText& add_exact(double number) {
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    return add({digits.data(), static_cast<std::size_t>(written.ptr - digits.data())});
  }
  // Valid as long as the object.
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 128> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace sagellm
