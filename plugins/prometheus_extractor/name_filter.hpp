// SPDX-License-Identifier: Apache-2.0
// name_filter.hpp: tells with one look that a line is about none of a few names. A page has hundreds of lines and few that
// anybody wants.
//
//   NameFilter filter({"vllm:num_requests_waiting", "vllm:kv_cache_usage_perc"});
//   if (!filter.may_begin("vllm:prompt_tokens_total{engine=\"0\"} 3")) ...   // none of the two, for sure
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace prometheus_extractor {

class NameFilter {
 public:
  NameFilter() = default;

  explicit NameFilter(const std::vector<std::string_view>& names) {
    if (names.empty()) return;
    // Behind what all begin with, four characters tell most other names apart.
    std::size_t common = names.front().size();
    std::size_t shortest = common;
    for (const std::string_view name : names) {
      const auto differs = std::mismatch(name.begin(), name.end(), names.front().begin(), names.front().end());
      common = std::min(common, static_cast<std::size_t>(differs.first - name.begin()));
      shortest = std::min(shortest, name.size());
    }
    if (shortest < kLook) return;  // one of them is too short to be looked at
    at_ = std::min(common, shortest - kLook);
    seen_ = 0;
    for (const std::string_view name : names) seen_ |= bit_of(name.data() + at_);
  }

  // False where the line cannot begin with one of the names.
  bool may_begin(std::string_view line) const {
    if (seen_ == kAll) return true;
    return line.size() >= at_ + kLook && (seen_ & bit_of(line.data() + at_)) != 0;
  }

 private:
  static constexpr std::size_t kLook = 4;
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};

  static std::uint64_t bit_of(const char* text) {
    std::uint32_t four;
    std::memcpy(&four, text, kLook);
    return std::uint64_t{1} << ((four * 0x9e3779b1u) >> 26);
  }

  std::size_t at_ = 0;
  std::uint64_t seen_ = kAll;
};

}  // namespace prometheus_extractor
