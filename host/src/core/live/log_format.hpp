// SPDX-License-Identifier: Apache-2.0
// log_format.hpp: what a line of the log looks like, for people and for programs.
//
//   2026-11-21T14:29:08.123Z warning plugin queue-scorer: ...
//   {"time":"2026-11-21T14:29:08.123Z","level":"warning","message":"plugin queue-scorer: ..."}
#pragma once

#include <spdlog/formatter.h>

#include <memory>
#include <string>
#include <string_view>

namespace shunt::host {

// Lines of the logger of this name are about one request; what they say is written by request_line_text() or _json().
inline constexpr std::string_view kRequestLogger = "request";

std::unique_ptr<spdlog::formatter> make_log_formatter(bool json);

// In double quotes. Bytes that are no UTF-8 become the replacement character, so that a line is always JSON.
void append_json_text(std::string& out, std::string_view text);

}  // namespace shunt::host
