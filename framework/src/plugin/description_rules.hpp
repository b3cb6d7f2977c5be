// SPDX-License-Identifier: Apache-2.0
// description_rules.hpp: what the texts of a description may look like, wherever they come from.
//
// Manifest (bytes in a file) and table (memory of a library) state the same facts and obey the same rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::detail {

inline constexpr std::size_t kMaximumName = 128;  // of libraries, plugin types, interfaces, columns; versions
inline constexpr std::size_t kMaximumSummary = 1024;
inline constexpr std::size_t kMaximumInterfaces = 64;  // of one plugin
inline constexpr std::size_t kMaximumColumns = 256;    // that one plugin reads, writes or produces by default
inline constexpr std::string_view kSingleInstance = "single-instance";  // the word for SHUNT_PLUGIN_SINGLE_INSTANCE

// Each answers what is wrong with `text`, as the end of a sentence, or nothing.
std::string problem_of_name(std::string_view text);  // any visible UTF-8 text
std::string problem_of_summary(std::string_view text);
std::string problem_of_type(std::string_view text);          // kebab-case
std::string problem_of_interface_id(std::string_view text);  // "shunt.scorer/1"

bool is_valid_utf8(std::string_view text);

// The word for a SHUNT_STABILITY_* value; empty for an unknown one.
std::string_view stability_word(std::uint32_t stability);
bool is_stability_word(std::string_view word);

// A list of problems that one message reports together. Keeps the first ones and counts the rest.
class ProblemList {
 public:
  void add(std::string problem);

  // Adds "<place> <problem>" unless the problem is empty.
  void add(std::string_view place, std::string_view problem);

  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }

  // The problems on lines of their own, each behind "\n  - ".
  std::string text() const;

 private:
  std::vector<std::string> kept_;
  std::size_t count_ = 0;
};

}  // namespace shunt::detail
