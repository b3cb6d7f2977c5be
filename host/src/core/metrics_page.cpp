// SPDX-License-Identifier: Apache-2.0
#include "metrics_page.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace shunt::host {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }

// Walks along one line; `at` is where it stopped to understand.
class LineCheck {
 public:
  explicit LineCheck(std::string_view line) : line_(line) {}

  bool good() {
    skip_blanks();
    if (at_end() || line_[at_] == '#') return true;
    if (!take_name()) return false;
    const std::size_t after_name = at_;
    skip_blanks();
    if (take('{')) {
      if (!take_labels()) return false;
    } else if (at_ == after_name) {
      return false;  // something that no name may contain follows it directly
    }
    skip_blanks();
    if (!take_number()) return false;
    skip_blanks();
    if (!at_end() && line_[at_] != '#') {  // a timestamp
      if (!take_number()) return false;
      skip_blanks();
    }
    return at_end() || line_[at_] == '#';  // an exemplar
  }

  std::size_t at() const { return at_; }

 private:
  bool at_end() const { return at_ >= line_.size(); }

  void skip_blanks() {
    while (!at_end() && is_blank(line_[at_])) ++at_;
  }

  bool take(char c) {
    if (at_end() || line_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool take_name() {
    const std::size_t begin = at_;
    while (!at_end() && (starts_name(line_[at_]) || (at_ > begin && line_[at_] >= '0' && line_[at_] <= '9'))) ++at_;
    return at_ > begin;
  }

  bool take_labels() {
    for (;;) {
      skip_blanks();
      if (take('}')) return true;
      if (!take_name()) return false;
      skip_blanks();
      if (!take('=')) return false;
      skip_blanks();
      if (!take_text()) return false;
      skip_blanks();
      if (!take(',') && (at_end() || line_[at_] != '}')) return false;
    }
  }

  // Behind a backslash a quote does not end the text.
  bool take_text() {
    const std::size_t begin = at_;
    if (!take('"')) return false;
    for (; !at_end(); ++at_) {
      if (line_[at_] == '\\') {
        ++at_;
      } else if (line_[at_] == '"') {
        ++at_;
        return true;
      }
    }
    at_ = begin;  // what is missing at its end is best shown where it begins
    return false;
  }

  bool take_number() {
    std::size_t end = at_;
    while (end < line_.size() && !is_blank(line_[end])) ++end;
    std::string_view word = line_.substr(at_, end - at_);
    // from_chars knows no plus sign, and would take "+-1" for a number once the plus is gone.
    if (word.starts_with('+')) word = word.starts_with("+-") ? std::string_view() : word.substr(1);
    double value = 0.0;
    const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || result.ec != std::errc{} || result.ptr != word.data() + word.size()) return false;
    at_ = end;
    return true;
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

}  // namespace

PageFaults check_page(std::string_view page) {
  PageFaults faults;
  std::uint32_t number = 0;
  while (!page.empty()) {
    const std::size_t end = page.find('\n');
    std::string_view line = page.substr(0, end);
    page.remove_prefix(end == std::string_view::npos ? page.size() : end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line == "# EOF") break;  // what follows belongs to no page
    LineCheck check(line);
    if (check.good() || faults.lines++ != 0) continue;
    faults.line = number;
    faults.column = static_cast<std::uint32_t>(std::min(check.at(), line.size()) + 1);
    faults.text = line;
  }
  return faults;
}

}  // namespace shunt::host
