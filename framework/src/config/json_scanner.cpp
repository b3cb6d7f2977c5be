// SPDX-License-Identifier: Apache-2.0
#include "json_scanner.hpp"

#include <array>
#include <cctype>
#include <shunt/framework/suggest.hpp>
#include <unordered_map>
#include <utility>

#include "text.hpp"

namespace shunt {

// The keys of one object and which child each belongs to.
class KeyIndex {
 public:
  // Place of the key, and whether it is new there.
  std::pair<std::size_t, bool> insert(std::string key) {
    const auto [it, fresh] = places_.try_emplace(std::move(key), places_.size());
    return {it->second, fresh};
  }

 private:
  std::unordered_map<std::string, std::size_t> places_;
};

namespace {

// What people write where a value or key was expected: names, numbers, units. Quoted as a whole it is recognised.
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Span span(std::size_t from, std::size_t length) {
  return {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(length)};
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U);
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

}  // namespace

JsonScanner::JsonScanner(const Document::Contents& contents, LocationTree& locations)
    : contents_(contents), text_(contents.text), locations_(locations) {}

bool JsonScanner::fail(std::size_t offset, std::size_t length, std::string message, std::string suggestion) {
  problem_ = TextProblem{span(offset, length), "C101", std::move(message), std::move(suggestion), {}};
  return false;
}

// The end of the file comes too early: the interesting place is where the open thing began.
bool JsonScanner::fail_open(std::size_t open, std::string_view what, char close) {
  const std::size_t last = text_.find_last_not_of(" \t\r\n") + 1;
  fail(last, 1, "the file ends inside " + std::string(what) + "; expected \"" + close + "\"");
  note_begin(open, what);
  return false;
}

void JsonScanner::note_begin(std::size_t open, std::string_view what) {
  const SourcePosition from = contents_.position(open);
  problem_->notes.push_back("the " + std::string(what).substr(what.find(' ') + 1) + " begins at " +
                            config_text::at_line(from.line) + ", column " + std::to_string(from.column));
}

std::string JsonScanner::what_is_here() const {
  if (at_end()) return "the end of the file";
  std::size_t length = 0;
  while (at_ + length < text_.size() && is_word(text_[at_ + length])) ++length;
  if (length == 0) length = std::max<std::size_t>(1, config_text::utf8_length(text_.substr(at_, 4)));
  return config_text::in_quotes(text_.substr(at_, length));
}

bool JsonScanner::skip_space() {
  while (!at_end()) {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++at_;
    } else if (text_.substr(at_, 2) == "//") {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (text_.substr(at_, 2) == "/*") {
      const std::size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) return fail(at_, 2, "this comment is never closed; expected \"*/\"");
      at_ = end + 2;
    } else if (c == '#') {
      return fail(at_, 1, "a comment in JSON begins with // or /*, not with #");
    } else {
      break;
    }
  }
  return true;
}

bool JsonScanner::scan() {
  if (!skip_space()) return false;
  if (at_end()) {
    empty_ = true;
    return true;
  }
  if (!scan_value(1, locations_.root) || !skip_space()) return false;
  if (!at_end()) return fail(at_, 1, "expected the end of the file, found " + what_is_here());
  return true;
}

bool JsonScanner::scan_value(std::size_t depth, std::uint32_t& node) {
  const std::size_t begin = at_;
  const char c = peek();
  if (c == '{' || c == '[') {
    if (depth > Document::kMaxDepth) {
      fail(at_, 1, "lists and objects are nested deeper than " + std::to_string(Document::kMaxDepth) + " levels");
      problem_->code = "C107";
      return false;
    }
    return c == '{' ? scan_object(depth, node) : scan_array(depth, node);
  }
  const bool ok = c == '"' ? scan_string(nullptr) : c == '-' || is_digit(c) ? scan_number() : scan_literal();
  if (!ok) return false;
  node = locations_.add(span(begin, at_ - begin));
  return true;
}

// After an element: a comma with something behind it (`more`), or the closing bracket.
bool JsonScanner::separator(char close, std::size_t open, bool& more) {
  const std::string_view what = close == '}' ? "an object" : "a list";
  const std::size_t before = at_;
  if (!skip_space()) return false;
  if (at_end()) return fail_open(open, what, close);
  const bool comma = peek() == ',';
  if (comma) {
    ++at_;
    if (!skip_space()) return false;
    if (at_end()) return fail_open(open, what, close);
  }
  if (peek() == close) {
    ++at_;
    more = false;
    return true;
  }
  more = comma;
  if (comma) return true;
  const std::string expected = std::string("expected \",\" or \"") + close + "\"";
  const bool next_line = text_.substr(before, at_ - before).find('\n') != std::string_view::npos;
  if (next_line && (peek() == '"' || is_word(peek()) || peek() == '{' || peek() == '[')) {
    return fail(before, 1, expected + " here, found " + what_is_here() + " on a later line", "is a comma missing?");
  }
  fail(at_, 1, expected + " after this " + (close == '}' ? "member" : "element") + ", found " + what_is_here());
  if (peek() == ']' || peek() == '}') note_begin(open, what);
  return false;
}

// Recursion is bounded by the depth that scan_value() permits.
bool JsonScanner::scan_object(std::size_t depth, std::uint32_t& node) {
  const std::size_t begin = at_++;
  std::vector<LocationTree::Child> children;
  KeyIndex keys;
  if (!skip_space()) return false;
  if (at_end()) return fail_open(begin, "an object", '}');
  bool more = peek() != '}';
  if (!more) ++at_;
  while (more) {
    if (!scan_member(depth, children, keys) || !separator('}', begin, more)) return false;
  }
  node = locations_.add(span(begin, at_ - begin));
  locations_.set_children(node, children);
  return true;
}

bool JsonScanner::scan_member(std::size_t depth, std::vector<LocationTree::Child>& children, KeyIndex& keys) {
  const std::size_t begin = at_;
  if (peek() != '"') {
    if (peek() == '\'') return fail(at_, 1, "a key stands in double quotes, not in single ones");
    const std::string here = what_is_here();
    const bool word = is_word(peek());
    return fail(at_, word ? here.size() - 2 : 1, "expected a key in double quotes, found " + here,
                word ? "write " + here + " with quotes" : "");
  }
  std::string key;
  if (!scan_string(&key)) return false;
  const Span key_span = span(begin, at_ - begin);
  if (!skip_space()) return false;
  if (peek() != ':' || at_end()) {
    return fail(at_, 1, "expected \":\" after the key " + config_text::in_quotes(key) + ", found " + what_is_here());
  }
  ++at_;
  if (!skip_space()) return false;
  std::uint32_t node = 0;
  if (!scan_value(depth + 1, node)) return false;

  const auto [place, fresh] = keys.insert(key);
  if (fresh) {
    children.push_back({node, key_span});
    return true;
  }
  const SourcePosition first = contents_.position(children[place].key.offset);
  duplicates_.push_back({key_span,
                         "C103",
                         "duplicate key " + config_text::in_quotes(key),
                         {},
                         {"the first one is at " + config_text::at_line(first.line)}});
  children[place] = {node, key_span};  // the last value wins, as in the tree of values
  return true;
}

bool JsonScanner::scan_array(std::size_t depth, std::uint32_t& node) {
  const std::size_t begin = at_++;
  std::vector<LocationTree::Child> children;
  if (!skip_space()) return false;
  if (at_end()) return fail_open(begin, "a list", ']');
  bool more = peek() != ']';
  if (!more) ++at_;
  while (more) {
    std::uint32_t child = 0;
    if (!scan_value(depth + 1, child)) return false;
    children.push_back({child, {}});
    if (!separator(']', begin, more)) return false;
  }
  node = locations_.add(span(begin, at_ - begin));
  locations_.set_children(node, children);
  return true;
}

// `decoded` is wanted for keys only: two spellings of one key are duplicates.
bool JsonScanner::scan_string(std::string* decoded) {
  const std::size_t begin = at_++;
  while (!at_end()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if (c == '\\') {
      if (!scan_escape(decoded)) return false;
      continue;
    }
    if (c == '\n' || c == '\r') break;
    if (static_cast<unsigned char>(c) < 0x20) {
      return fail(at_, 1, std::string("a string cannot contain ") + (c == '\t' ? "a tab" : "a control character"),
                  c == '\t' ? "write \\t" : "write \\u and four hex digits");
    }
    if (decoded != nullptr) *decoded += c;
    ++at_;
  }
  return fail(begin, at_ - begin, "this string is not closed; expected a double quote before the end of the line");
}

bool JsonScanner::scan_hex(std::size_t at, std::uint32_t& code) const {
  code = 0;
  if (at + 4 > text_.size()) return false;
  for (const char c : text_.substr(at, 4)) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return false;
    const auto digit = static_cast<std::uint32_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    code = code << 4U | digit;
  }
  return true;
}

bool JsonScanner::scan_escape(std::string* decoded) {
  static constexpr std::string_view kEscapes = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t begin = at_++;
  const char c = peek();
  if (const std::size_t which = kEscapes.find(c); c != '\0' && which != std::string_view::npos) {
    if (decoded != nullptr) *decoded += kMeanings[which];
    ++at_;
    return true;
  }
  if (c != 'u') {
    return fail(begin, 2, "unknown escape in a string; known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u",
                "a single \\ is written \\\\");
  }
  std::uint32_t code = 0;
  if (!scan_hex(at_ + 1, code)) return fail(begin, 2, "\\u needs four hex digits");
  at_ += 5;
  if (code >= 0xD800 && code <= 0xDFFF) {
    std::uint32_t low = 0;
    const bool pair =
        code < 0xDC00 && text_.substr(at_, 2) == "\\u" && scan_hex(at_ + 2, low) && low >= 0xDC00 && low <= 0xDFFF;
    if (!pair) return fail(begin, 6, "half of a surrogate pair is not a character; a pair is written \\ud83d\\ude00");
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    at_ += 6;
  }
  if (decoded != nullptr) append_utf8(code, *decoded);
  return true;
}

// The grammar of JSON is narrower than that of any conversion function, so it is checked here, digit by digit.
bool JsonScanner::scan_number() {
  const std::size_t begin = at_;
  const auto digits = [this] {
    const std::size_t from = at_;
    while (is_digit(peek())) ++at_;
    return at_ - from;
  };
  if (peek() == '-') ++at_;
  const std::size_t first = at_;
  const std::size_t whole = digits();
  bool ok = whole != 0 && (whole == 1 || text_[first] != '0');
  if (peek() == '.') {
    ++at_;
    ok = digits() != 0 && ok;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    ok = digits() != 0 && ok;
  }
  if (ok && (at_end() || !is_word(peek()))) return true;

  // The whole word is what was meant as a number: 1.2.3, 0x1F, 5GB.
  while (!at_end() && (is_word(peek()) || peek() == '+')) ++at_;
  const std::string_view all = text_.substr(begin, at_ - begin);
  const std::string message = config_text::in_quotes(all) + " is not a number in JSON";
  if (whole > 1 && text_[first] == '0') return fail(begin, all.size(), message + ": it cannot begin with 0");
  if (all.find("Inf") != std::string_view::npos) return fail(begin, all.size(), message + ": it has no infinity");
  return fail(begin, all.size(), message);
}

bool JsonScanner::scan_literal() {
  const std::size_t begin = at_;
  while (!at_end() && is_word(peek())) ++at_;
  const std::string_view word = text_.substr(begin, at_ - begin);
  if (word == "true" || word == "false" || word == "null") return true;
  at_ = begin;
  if (word.empty()) {
    if (peek() == '\'') return fail(begin, 1, "a string stands in double quotes, not in single ones");
    return fail(begin, 1, "expected a value, found " + what_is_here());
  }
  if (word == "NaN" || word == "Infinity") {
    return fail(begin, word.size(), config_text::in_quotes(word) + " is not a number in JSON: it has only finite ones");
  }
  std::string lower(word);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto literal = lower == "none" ? "null" : suggest(lower, {"true", "false", "null"});
  return fail(begin, word.size(), "expected a value, found " + what_is_here(),
              literal ? did_you_mean(*literal) : "a string stands in double quotes");
}

}  // namespace shunt
