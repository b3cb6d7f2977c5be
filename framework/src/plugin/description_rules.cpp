// SPDX-License-Identifier: Apache-2.0
#include "plugin/description_rules.hpp"

#include <shunt/abi/library.h>

#include <algorithm>

#include "plugin/plugin_error.hpp"

namespace shunt::detail {
namespace {

constexpr std::size_t kMaximumKeptProblems = 40;

bool is_lower_or_digit(char character) {
  return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
}

// Control characters would reach terminals and logs.
bool is_visible(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte < 0x20 || byte == 0x7f;
  });
}

std::string problem_of_text(std::string_view text, std::size_t maximum) {
  if (text.empty()) return "is empty";
  if (text.size() > maximum) {
    return "has " + std::to_string(text.size()) + " bytes, at most " + std::to_string(maximum) + " are allowed";
  }
  if (!is_valid_utf8(text)) return "is not valid UTF-8";
  if (!is_visible(text)) return "contains control characters";
  return {};
}

// Length of the UTF-8 sequence at the start of `text`, 0 where there is none. Overlong forms, surrogates and numbers
// beyond Unicode are excluded by the range of the second byte, as in the Unicode standard's table 3-7.
std::size_t utf8_sequence(std::string_view text) {
  const auto at = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : (lead & 0xf0U) == 0xe0       ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (at(1) < low || at(1) > high) return 0;
  for (std::size_t index = 2; index < length; ++index) {
    if ((at(index) & 0xc0U) != 0x80) return 0;
  }
  return length;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string problem_of_name(std::string_view text) { return problem_of_text(text, kMaximumName); }

std::string problem_of_summary(std::string_view text) { return problem_of_text(text, kMaximumSummary); }

std::string problem_of_type(std::string_view text) {
  if (std::string problem = problem_of_name(text); !problem.empty()) return problem;
  const bool clean = std::all_of(text.begin(), text.end(),
                                 [](char character) { return is_lower_or_digit(character) || character == '-'; });
  if (!clean || text.front() == '-' || text.back() == '-') {
    return quote(text) + " is not kebab-case (lower-case letters, digits and \"-\" between them)";
  }
  return {};
}

std::string problem_of_interface_id(std::string_view text) {
  if (std::string problem = problem_of_name(text); !problem.empty()) return problem;
  const std::size_t slash = text.find('/');
  const std::string_view name = text.substr(0, slash);
  const std::string_view revision = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  const bool clean = std::all_of(name.begin(), name.end(), [](char character) {
    return is_lower_or_digit(character) || character == '.' || character == '_' || character == '-';
  });
  if (name.empty() || !clean || revision.empty() ||
      revision.find_first_not_of("0123456789") != std::string_view::npos) {
    return quote(text) + " is no interface id (such as \"shunt.scorer/1\")";
  }
  return {};
}

std::string_view stability_word(std::uint32_t stability) {
  switch (stability) {
    case SHUNT_STABILITY_ALPHA: return "alpha";
    case SHUNT_STABILITY_BETA: return "beta";
    case SHUNT_STABILITY_STABLE: return "stable";
    case SHUNT_STABILITY_DEPRECATED: return "deprecated";
    default: return {};
  }
}

bool is_stability_word(std::string_view word) {
  return word == "alpha" || word == "beta" || word == "stable" || word == "deprecated";
}

void ProblemList::add(std::string problem) {
  ++count_;
  if (kept_.size() < kMaximumKeptProblems) kept_.push_back(std::move(problem));
}

void ProblemList::add(std::string_view place, std::string_view problem) {
  if (!problem.empty()) add(std::string(place) + ' ' + std::string(problem));
}

std::string ProblemList::text() const {
  std::string out;
  for (const std::string& problem : kept_) out += "\n  - " + problem;
  if (count_ > kept_.size()) out += "\n  - and " + std::to_string(count_ - kept_.size()) + " more";
  return out;
}

}  // namespace shunt::detail
