// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/detail/json_parser.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>

namespace shunt::testing::detail {

namespace {

class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : text_(text) {}

  JsonResult parse() {
    JsonResult result;
    if (value(result.value, 0)) {
      skip_space();
      if (at_ != text_.size()) fail("text after the end of the value");
    }
    result.error = error_;
    return result;
  }

 private:
  static constexpr int kDeepest = 64;

  bool fail(const std::string& what) {
    if (error_.empty()) error_ = what + " at byte " + std::to_string(at_);
    return false;
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return fail("unknown word");
    at_ += expected.size();
    return true;
  }

  bool value(Json& out, int depth) {
    skip_space();
    if (depth > kDeepest) return fail("nested too deeply");
    if (at_ == text_.size()) return fail("a value is missing");
    switch (text_[at_]) {
      case '{': return object(out, depth);
      case '[': return list(out, depth);
      case '"': out.type = SHUNT_PARAMETER_TEXT; return string(out.text);
      case 't':
        out.type = SHUNT_PARAMETER_FLAG;
        out.number = 1;
        return word("true");
      case 'f': out.type = SHUNT_PARAMETER_FLAG; return word("false");
      case 'n': return word("null");
      default: return number(out);
    }
  }

  bool object(Json& out, int depth) {
    out.type = SHUNT_PARAMETER_OBJECT;
    ++at_;
    if (accept('}')) return true;
    do {
      skip_space();
      std::string key;
      if (at_ == text_.size() || text_[at_] != '"') return fail("a key is missing");
      if (!string(key)) return false;
      if (out.member(key) != nullptr) return fail("key \"" + key + "\" appears twice");
      if (!accept(':')) return fail("':' is missing");
      out.members.push_back({key, {}});
      if (!value(out.members.back().value, depth + 1)) return false;
    } while (accept(','));
    return accept('}') || fail("'}' is missing");
  }

  bool list(Json& out, int depth) {
    out.type = SHUNT_PARAMETER_LIST;
    ++at_;
    if (accept(']')) return true;
    do {
      out.members.push_back({});
      if (!value(out.members.back().value, depth + 1)) return false;
    } while (accept(','));
    return accept(']') || fail("']' is missing");
  }

  bool number(Json& out) {
    out.type = SHUNT_PARAMETER_NUMBER;
    // from_chars also reads words such as "inf", which are no JSON.
    if (text_[at_] != '-' && (text_[at_] < '0' || text_[at_] > '9')) return fail("no value starts like this");
    const auto [end, problem] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), out.number);
    if (problem != std::errc() || !std::isfinite(out.number)) return fail("no number");
    at_ = static_cast<std::size_t>(end - text_.data());
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_++];
      if (static_cast<unsigned char>(c) < 0x20) return fail("control character in a string");
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return false;
      }
    }
    if (at_ == text_.size()) return fail("a string does not end");
    ++at_;
    return true;
  }

  bool escape(std::string& out) {
    if (at_ == text_.size()) return fail("a string does not end");
    const char c = text_[at_++];
    switch (c) {
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case '"':
      case '\\':
      case '/': out += c; return true;
      case 'u': break;
      default: return fail("unknown escape");
    }
    std::uint32_t code = 0;
    if (!hex(code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      std::uint32_t low = 0;
      if (text_.substr(at_, 2) != "\\u") return fail("half of a surrogate pair");
      at_ += 2;
      if (!hex(low)) return false;
      if (low < 0xdc00 || low > 0xdfff) return fail("half of a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, code);
    return true;
  }

  bool hex(std::uint32_t& code) {
    const char* const begin = text_.data() + at_;
    const auto [end, problem] = std::from_chars(begin, text_.data() + std::min(at_ + 4, text_.size()), code, 16);
    if (problem != std::errc() || end != begin + 4) return fail("four hexadecimal digits are missing");
    at_ += 4;
    return true;
  }

  static void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xc0 | (code >> 6));
      tail(0);
    } else if (code < 0x10000) {
      out += static_cast<char>(0xe0 | (code >> 12));
      tail(6);
      tail(0);
    } else {
      out += static_cast<char>(0xf0 | (code >> 18));
      tail(12);
      tail(6);
      tail(0);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
};

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

void append_json(std::string& out, const Json& value) {
  char digits[32];
  switch (value.type) {
    case SHUNT_PARAMETER_FLAG: out += value.number != 0 ? "true" : "false"; break;
    case SHUNT_PARAMETER_NUMBER:
      out.append(digits, std::to_chars(digits, digits + sizeof digits, value.number).ptr);
      break;
    case SHUNT_PARAMETER_TEXT: append_string(out, value.text); break;
    case SHUNT_PARAMETER_LIST:
    case SHUNT_PARAMETER_OBJECT: {
      const bool object = value.type == SHUNT_PARAMETER_OBJECT;
      out += object ? '{' : '[';
      for (std::size_t i = 0; i < value.members.size(); ++i) {
        if (i > 0) out += ',';
        if (object) {
          append_string(out, value.members[i].key);
          out += ':';
        }
        append_json(out, value.members[i].value);
      }
      out += object ? '}' : ']';
      break;
    }
    default: out += "null";
  }
}

}  // namespace

const Json* Json::member(std::string_view key) const {
  if (type != SHUNT_PARAMETER_OBJECT) return nullptr;
  for (const JsonMember& candidate : members) {
    if (candidate.key == key) return &candidate.value;
  }
  return nullptr;
}

Json* Json::member(std::string_view key) {
  for (JsonMember& candidate : members) {
    if (type == SHUNT_PARAMETER_OBJECT && candidate.key == key) return &candidate.value;
  }
  return nullptr;
}

JsonResult parse_json(std::string_view text) { return JsonParser(text).parse(); }

std::string to_text(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace shunt::testing::detail
