// SPDX-License-Identifier: Apache-2.0
// log_settings.hpp: the section "log".
#pragma once

#include <shunt/framework/object_reader.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace shunt::host {

enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warning, Error, Off };

struct LogSettings {
  LogLevel level = LogLevel::Info;
  bool json = false;
  bool requests = false;       // one line per request
  std::filesystem::path file;  // empty: standard error
};

LogSettings read_log_settings(const ObjectReader& root, const std::filesystem::path& folder,
                              const ReadContext& context);

}  // namespace shunt::host
