// SPDX-License-Identifier: Apache-2.0
#include "argument_words.hpp"

#include <algorithm>

namespace shunt::host {

OutputFormat format_of(const std::string& word, OutputFormat standard) {
  if (word == "text") return OutputFormat::Text;
  if (word == "json") return OutputFormat::Json;
  return word == "jsonl" ? OutputFormat::Jsonl : standard;
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

}  // namespace shunt::host
