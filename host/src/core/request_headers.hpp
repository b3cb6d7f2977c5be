// SPDX-License-Identifier: Apache-2.0
// request_headers.hpp: what the headers of a request say about it. One reading for files and for running hosts.
//
//   HeaderFacts facts(request);
//   if (const auto problem = facts.take(name, value)) complain(name, *problem);
//   facts.finish();
#pragma once

#include <shunt/framework/request.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::host {

// In the order of their numbers, -2 to 2.
inline constexpr std::array<std::string_view, 5> kPriorityWords = {"background", "low", "normal", "high", "critical"};
std::optional<std::int32_t> priority_of_word(std::string_view word);

// Text in lower case, ASCII only.
std::string lower_case(std::string_view text);

// Members that are set already are left alone: what stands beside the headers, and a header that came before, wins.
class HeaderFacts {
 public:
  explicit HeaderFacts(Request& request) : request_(request) {}

  // `name` in lower case. What is wrong, to go behind the name: "must be ..., found ...".
  std::optional<std::string> take(std::string_view name, std::string_view value);
  // After the last one: what is said less directly.
  void finish();

 private:
  std::optional<std::string> take_duration(std::optional<std::int64_t>& to, std::string_view value);
  std::optional<std::string> take_priority(std::string_view value);

  Request& request_;
  std::optional<std::int32_t> objective_;
};

}  // namespace shunt::host
