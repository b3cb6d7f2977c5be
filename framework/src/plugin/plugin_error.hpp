// SPDX-License-Identifier: Apache-2.0
// plugin_error.hpp: one way to write the messages about a library: its path in quotes first, then a sentence.
//
//   return detail::plugin_error("P113", path, "may be written by its group: chmod go-w FILE");
#pragma once

#include <shunt/framework/error.hpp>
#include <string>
#include <string_view>

namespace shunt::detail {

// `text` between double quotes; bytes that could disturb a terminal or a log line are written as \xNN.
std::string quote(std::string_view text);

// An argument for a shell command in an advice: plain where that is safe, else in single quotes.
std::string shell_word(std::string_view text);

// `text` continues the sentence that the quoted path begins.
Error plugin_error(std::string_view code, std::string_view path, std::string_view text);

// "a", "a and b", "a, b and c"; of more than `limit` names the rest is only counted.
template <class Names>
std::string joined(const Names& names, std::size_t limit = 12) {
  std::string out;
  std::size_t written = 0;
  for (const auto& name : names) {
    if (written == limit) {
      return out + " and " + std::to_string(names.size() - limit) + " more";
    }
    if (written != 0) {
      out += written + 1 == names.size() ? " and " : ", ";
    }
    out += name;
    ++written;
  }
  return out;
}

// The text of errno.
std::string system_text(int error_number);

}  // namespace shunt::detail
