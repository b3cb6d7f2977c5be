// SPDX-License-Identifier: Apache-2.0
// json_scanner.hpp: where everything in a JSON text stands, and what is wrong with it in words that help.
//
// The values themselves are Boost.JSON's business; its parser knows neither positions nor duplicates, and says of any
// mistake only that it is one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contents.hpp"

namespace shunt {

class JsonScanner {
 public:
  JsonScanner(const Document::Contents& contents, LocationTree& locations);

  // False at the first syntax error, which problem() then holds. Duplicate keys do not stop it.
  bool scan();

  const std::optional<TextProblem>& problem() const { return problem_; }
  const std::vector<TextProblem>& duplicates() const { return duplicates_; }
  bool empty() const { return empty_; }  // nothing but spaces and comments

 private:
  bool skip_space();
  bool scan_value(std::size_t depth, std::uint32_t& node);
  bool scan_object(std::size_t depth, std::uint32_t& node);
  bool scan_array(std::size_t depth, std::uint32_t& node);
  bool scan_member(std::size_t depth, std::vector<LocationTree::Child>& children, class KeyIndex& keys);
  bool scan_string(std::string* decoded);
  bool scan_escape(std::string* decoded);
  bool scan_hex(std::size_t at, std::uint32_t& code) const;
  bool scan_number();
  bool scan_literal();
  bool separator(char close, std::size_t open, bool& more);

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  std::string what_is_here() const;
  bool fail(std::size_t offset, std::size_t length, std::string message, std::string suggestion = {});
  bool fail_open(std::size_t open, std::string_view what, char close);
  void note_begin(std::size_t open, std::string_view what);

  const Document::Contents& contents_;
  std::string_view text_;
  LocationTree& locations_;
  std::size_t at_ = 0;
  bool empty_ = false;
  std::optional<TextProblem> problem_;
  std::vector<TextProblem> duplicates_;
};

}  // namespace shunt
