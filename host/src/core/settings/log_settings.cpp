// SPDX-License-Identifier: Apache-2.0
#include "settings/log_settings.hpp"

#include <array>

#include "settings/section.hpp"

namespace shunt::host {

namespace {

constexpr std::array<std::string_view, 4> kKeys = {"level", "format", "requests", "file"};
constexpr std::array<std::string_view, 6> kLevels = {"trace", "debug", "info", "warning", "error", "off"};
constexpr std::array<std::string_view, 2> kFormats = {"text", "json"};

}  // namespace

LogSettings read_log_settings(const ObjectReader& root, const std::filesystem::path& folder,
                              const ReadContext& context) {
  LogSettings settings;
  const Section section(root, "log", kKeys, context);
  if (const auto level = section.reader().word("level", kLevels)) settings.level = static_cast<LogLevel>(*level);
  if (const auto format = section.reader().word("format", kFormats)) settings.json = *format == 1;
  section.flag("requests", settings.requests);
  section.file("file", folder, settings.file);
  return settings;
}

}  // namespace shunt::host
