// SPDX-License-Identifier: Apache-2.0
// log.hpp: the log of a running host: written by a thread of its own, bounded, and never waited for by a request.
//
//   auto log = LogOutput::open(settings.log);          // before any other thread is there
//   if (request_log_enabled()) log_request(line);
//   log_limited(LogLevel::Warning, "endpoint pod-3", "connection refused");
//
// Lines that plugins and the rest of the program write with spdlog come out here too. No function of this file throws, and none
// takes a prompt.
#pragma once

#include <shunt/framework/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "settings/log_settings.hpp"

namespace shunt::host {

// While it lives, the log of the process goes where the settings say. One at a time. Its end writes what is queued.
class LogOutput {
 public:
  // Fails where the file cannot be opened.
  static Result<std::unique_ptr<LogOutput>> open(const LogSettings& settings);
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

 private:
  struct State;
  explicit LogOutput(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

LogLevel log_level() noexcept;
void set_log_level(LogLevel level) noexcept;
std::string_view to_string(LogLevel level);

// What one line says about a request that has ended. Texts are borrowed; an absent one is empty.
struct RequestLine {
  std::string_view id;
  std::string_view decision;  // id of the last one
  std::string_view door;
  std::string_view path;
  std::string_view model;
  std::string_view endpoint;
  std::string_view outcome;  // to_string(Ending)
  std::string_view code;
  std::uint32_t http_status = 0;  // 0: none
  std::uint32_t attempts = 0;
  std::int64_t decision_ns = 0;     // 0: not decided
  std::int64_t first_token_ns = 0;  // after dispatch; 0: none
  std::int64_t duration_ns = 0;
  std::optional<std::uint64_t> prompt_tokens;
  std::optional<std::uint64_t> cached_tokens;
  std::optional<std::uint64_t> output_tokens;
};

// A read of one word: to be asked before a line is put together.
bool request_log_enabled() noexcept;
void set_request_log(bool enabled) noexcept;
void log_request(const RequestLine& line) noexcept;

// The first message about `about` (an endpoint, an instance, a source) at once, then ten a minute, with the number of those that
// were left out.
void log_limited(LogLevel level, std::string_view about, std::string_view text) noexcept;

// Lines lost because more came than could be written.
std::uint64_t dropped_log_lines() noexcept;

// The fields of a request line: "id=r1 door=http ..." and "\"id\":\"r1\",...".
std::string request_line_text(const RequestLine& line);
std::string request_line_json(const RequestLine& line);

}  // namespace shunt::host
