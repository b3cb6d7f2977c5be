// SPDX-License-Identifier: Apache-2.0
// json_line.hpp: writes one line of JSON, keys in the order they are given.
//
//   JsonLine line;
//   line.begin_object().key("id").text("r1").key("picks").begin_array().text("pod-0").end_array().end_object();
//   std::string out = line.take();
//
// Private to the scheduling code. A tree would have to be built only to be thrown away, and would print 2.8 as 2.8E0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <shunt/framework/decision_json.hpp>

namespace shunt {

class JsonLine {
 public:
  JsonLine& begin_object() { return open('{'); }
  JsonLine& end_object() { return close('}'); }
  JsonLine& begin_array() { return open('['); }
  JsonLine& end_array() { return close(']'); }

  JsonLine& key(std::string_view name) {
    text(name);
    out_ += ':';
    after_key_ = true;
    return *this;
  }
  JsonLine& text(std::string_view value) {
    separate();
    quote(value);
    return *this;
  }
  JsonLine& number(double value) { return raw(number_to_json(value)); }
  JsonLine& count(std::uint64_t value) { return raw(std::to_string(value)); }
  JsonLine& integer(std::int64_t value) { return raw(std::to_string(value)); }
  JsonLine& flag(bool value) { return raw(value ? "true" : "false"); }

  std::string take() { return std::move(out_); }

 private:
  JsonLine& raw(std::string_view token) {
    separate();
    out_ += token;
    return *this;
  }
  JsonLine& open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  JsonLine& close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  void separate() {
    if (!first_ && !after_key_) out_ += ',';
    first_ = false;
    after_key_ = false;
  }

  // Length of the valid UTF-8 sequence at the front of `text`; 0 where there is none.
  static std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
    if (length == 0 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) return 0;
    }
    // Overlong forms, surrogates and what lies beyond the last code point.
    const bool impossible = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
                            (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F);
    return impossible ? 0 : length;
  }

  void quote(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    out_ += '"';
    while (!text.empty()) {
      const std::size_t length = sequence_length(text);
      const char c = text.front();
      const auto byte = static_cast<unsigned char>(c);
      if (length == 0) {
        out_ += "\xEF\xBF\xBD";  // nobody checks the texts of plugins; the line stays valid all the same
      } else if (c == '"' || c == '\\') {
        out_.append(1, '\\').append(1, c);
      } else if (c == '\n') {
        out_ += "\\n";
      } else if (c == '\t') {
        out_ += "\\t";
      } else if (c == '\r') {
        out_ += "\\r";
      } else if (byte < 0x20) {
        out_.append("\\u00").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 0xFU]);
      } else {
        out_ += text.substr(0, length);
      }
      text.remove_prefix(length == 0 ? 1 : length);
    }
    out_ += '"';
  }

  std::string out_;
  bool first_ = true;       // nothing yet in the innermost bracket
  bool after_key_ = false;  // the next value belongs to the key just written
};

}  // namespace shunt
