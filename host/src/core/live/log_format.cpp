// SPDX-License-Identifier: Apache-2.0
#include "live/log_format.hpp"

#include <spdlog/details/log_msg.h>

#include <chrono>
#include <ctime>

namespace shunt::host {

namespace {

// Length of the valid UTF-8 sequence in front; 0 where there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool no_character = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) >= 0x90);
  return overlong || no_character ? 0 : length;
}

std::string timestamp(spdlog::log_clock::time_point time) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto whole = static_cast<std::time_t>(milliseconds / 1000);
  std::tm utc{};
  gmtime_r(&whole, &utc);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::string out(text, length);
  const std::string fraction = std::to_string(1000 + milliseconds % 1000);
  return out + "." + fraction.substr(1) + "Z";
}

// A plugin may log what it likes, but each call is one line.
void append_one_line(std::string& out, std::string_view text) {
  for (const char c : text) out += c == '\n' || c == '\r' ? ' ' : c;
}

class LogFormatter final : public spdlog::formatter {
 public:
  explicit LogFormatter(bool json) : json_(json) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& dest) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    const auto name = spdlog::level::to_string_view(message.level);
    const std::string_view level(name.data(), name.size());
    const bool request = std::string_view(message.logger_name.data(), message.logger_name.size()) == kRequestLogger;
    std::string line;
    if (!json_) {
      line.append(timestamp(message.time))
          .append(" ")
          .append(request ? std::string_view("request") : level)
          .append(" ");
      append_one_line(line, text);
    } else {
      line.append("{\"time\":\"").append(timestamp(message.time)).append("\",\"level\":\"").append(level).append("\",");
      if (request) {
        line.append(text);
      } else {
        line.append("\"message\":");
        append_json_text(line, text);
      }
      line += '}';
    }
    line += '\n';
    dest.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LogFormatter>(json_); }

 private:
  bool json_;
};

}  // namespace

std::unique_ptr<spdlog::formatter> make_log_formatter(bool json) { return std::make_unique<LogFormatter>(json); }

void append_json_text(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = sequence_length(text);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)) {
      out.append("\\u00").append({kHex[(c >> 4) & 0xF], kHex[c & 0xF]});
    } else if (length == 0) {
      out.append("\xEF\xBF\xBD");
      length = 1;
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  out += '"';
}

}  // namespace shunt::host
