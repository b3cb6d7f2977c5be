// SPDX-License-Identifier: Apache-2.0
// One request on one line. Texts that clients choose are quoted and cut, so that none can look like another field or fill the
// log.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "live/log.hpp"
#include "live/log_format.hpp"

namespace shunt::host {

namespace {

constexpr std::size_t kLongestText = 256;

std::string in_milliseconds(std::int64_t nanoseconds) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), static_cast<double>(nanoseconds) * 1e-6,
                                 std::chars_format::fixed, 3)
                       .ptr;
  return {buffer.data(), end};
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\'; });
}

// Calls text(name, value) and number(name, digits) for each field that is there, in a fixed order.
template <class Text, class Number>
void each_field(const RequestLine& line, const Text& text, const Number& number) {
  const auto filled = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value.substr(0, kLongestText));
  };
  const auto counted = [&](std::string_view name, std::optional<std::uint64_t> value) {
    if (value) number(name, std::to_string(*value));
  };
  filled("id", line.id);
  filled("decision", line.decision);
  filled("door", line.door);
  filled("path", line.path);
  filled("model", line.model);
  filled("endpoint", line.endpoint);
  filled("outcome", line.outcome);
  filled("code", line.code);
  if (line.http_status != 0) number("status", std::to_string(line.http_status));
  if (line.attempts > 1) number("attempts", std::to_string(line.attempts));
  if (line.decision_ns != 0) number("decision_ms", in_milliseconds(line.decision_ns));
  if (line.first_token_ns != 0) number("first_token_ms", in_milliseconds(line.first_token_ns));
  number("duration_ms", in_milliseconds(line.duration_ns));
  counted("prompt_tokens", line.prompt_tokens);
  counted("cached_tokens", line.cached_tokens);
  counted("output_tokens", line.output_tokens);
}

}  // namespace

std::string request_line_text(const RequestLine& line) {
  std::string out;
  const auto begin = [&out](std::string_view name) -> std::string& {
    return out.append(out.empty() ? "" : " ").append(name).append("=");
  };
  each_field(
      line,
      [&](std::string_view name, std::string_view value) {
        begin(name);
        if (is_plain(value))
          out.append(value);
        else
          append_json_text(out, value);
      },
      [&](std::string_view name, const std::string& digits) { begin(name).append(digits); });
  return out;
}

std::string request_line_json(const RequestLine& line) {
  std::string out = "\"message\":\"request\"";
  const auto begin = [&out](std::string_view name) -> std::string& {
    return out.append(",\"").append(name).append("\":");
  };
  each_field(
      line, [&](std::string_view name, std::string_view value) { append_json_text(begin(name), value); },
      [&](std::string_view name, const std::string& digits) { begin(name).append(digits); });
  return out;
}

}  // namespace shunt::host
