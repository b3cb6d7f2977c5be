// SPDX-License-Identifier: Apache-2.0
#include "exposition_parser.hpp"

#include <charconv>
#include <system_error>

namespace prometheus_extractor {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

bool skip(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

using detail::starts_name;

// Takes a metric or label name off the front; empty when there is none.
std::string_view take_name(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && (starts_name(text[end]) || (end > 0 && text[end] >= '0' && text[end] <= '9'))) ++end;
  const std::string_view name = text.substr(0, end);
  text.remove_prefix(end);
  return name;
}

// Takes what stands before the next blank off the front.
std::string_view take_word(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && !is_blank(text[end])) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// Position of the quote that ends a value, npos when nothing does. Behind a backslash a quote does not.
std::size_t find_closing_quote(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return i;
    if (text[i] == '\\') ++i;
  }
  return std::string_view::npos;
}

struct Label {
  std::string_view name;
  std::string_view escaped;
};
enum class Step { Label, End, Malformed };

// Takes the next label, or the closing brace, off the front.
Step take_label(std::string_view& text, Label& label) {
  skip_blanks(text);
  if (skip(text, '}')) return Step::End;
  label.name = take_name(text);
  skip_blanks(text);
  if (label.name.empty() || !skip(text, '=')) return Step::Malformed;
  skip_blanks(text);
  if (!skip(text, '"')) return Step::Malformed;
  const std::size_t end = find_closing_quote(text);
  if (end == std::string_view::npos) return Step::Malformed;
  label.escaped = text.substr(0, end);
  text.remove_prefix(end + 1);
  skip_blanks(text);
  return skip(text, ',') || text.starts_with('}') ? Step::Label : Step::Malformed;
}

// The character at `i` of a label value, and how far it reaches: an unknown escape stands for itself, as in Prometheus.
struct Character {
  char c;
  std::size_t length;
};
Character character_at(std::string_view escaped, std::size_t i) {
  if (escaped[i] != '\\' || i + 1 == escaped.size()) return {escaped[i], 1};
  switch (escaped[i + 1]) {
    case 'n': return {'\n', 2};
    case '"': return {'"', 2};
    case '\\': return {'\\', 2};
    default: return {'\\', 1};
  }
}

}  // namespace

std::optional<std::string_view> Labels::find(std::string_view name) const {
  std::string_view rest = text_;
  Label label;
  while (take_label(rest, label) == Step::Label) {
    if (label.name == name) return label.escaped;
  }
  return std::nullopt;
}

bool means(std::string_view escaped, std::string_view text) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < escaped.size(); ++at) {
    const Character next = character_at(escaped, i);
    if (at == text.size() || text[at] != next.c) return false;
    i += next.length;
  }
  return at == text.size();
}

void append_meaning(std::string_view escaped, std::string& out) {
  for (std::size_t i = 0; i < escaped.size();) {
    const Character next = character_at(escaped, i);
    out += next.c;
    i += next.length;
  }
}

std::optional<double> parse_number(std::string_view text) {
  // from_chars knows no plus sign, and would take "+-1" for a number once the plus is gone.
  if (skip(text, '+') && text.starts_with('-')) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

namespace detail {

LineKind read_name(std::string_view& line, std::string_view& name) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  skip_blanks(line);
  if (line.empty()) return LineKind::Empty;
  if (line.front() == '#') return line == "# EOF" ? LineKind::EndOfPage : LineKind::Empty;
  name = take_name(line);
  return name.empty() ? LineKind::Malformed : LineKind::Named;
}

bool read_labels_and_value(std::string_view text, Sample& sample) {
  const std::string_view after_name = text;
  skip_blanks(text);
  if (skip(text, '{')) {
    const std::string_view labels = text;
    Label label;
    Step step = Step::Label;
    while (step == Step::Label) step = take_label(text, label);
    if (step == Step::Malformed) return false;
    sample.labels = Labels(labels.substr(0, labels.size() - text.size()));
    skip_blanks(text);
  } else if (text.size() == after_name.size()) {
    return false;  // something that no name may contain follows it directly
  }
  const std::optional<double> value = parse_number(take_word(text));
  if (!value) return false;
  sample.value = *value;
  skip_blanks(text);
  // A timestamp may follow, and an exemplar behind "#"; neither is of interest here.
  if (!text.empty() && text.front() != '#') {
    if (!parse_number(take_word(text))) return false;
    skip_blanks(text);
  }
  return text.empty() || text.front() == '#';
}

}  // namespace detail
}  // namespace prometheus_extractor
