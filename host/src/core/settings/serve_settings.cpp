// SPDX-License-Identifier: Apache-2.0
#include "settings/serve_settings.hpp"

#include <array>

#include "settings/section.hpp"

namespace shunt::host {

namespace {

constexpr std::array<std::string_view, 11> kKeys = {"listen",      "threads",      "fallbacks", "decisionHeader",
                                                    "apiKeysFile", "tls",          "limits",    "timeouts",
                                                    "retries",     "drainDelayMs", "drainMs"};
constexpr std::array<std::string_view, 3> kTlsKeys = {"enabled", "certificateFile", "keyFile"};
constexpr std::array<std::string_view, 3> kLimitKeys = {"headerBytes", "bodyBytes", "connections"};
constexpr std::array<std::string_view, 7> kTimeoutKeys = {"headerMs",         "bodyMs",         "idleMs", "connectMs",
                                                          "responseHeaderMs", "responseIdleMs", "writeMs"};
constexpr std::array<std::string_view, 2> kRetryKeys = {"attempts", "budgetPercent"};

}  // namespace

ServeSettings read_serve_settings(const ObjectReader& root, const std::filesystem::path& folder,
                                  const ReadContext& context) {
  ServeSettings settings;
  const Section section(root, "serve", kKeys, context);
  settings.pointer = section.reader().pointer();
  settings.written = section.written();
  section.address("listen", settings.listen);
  section.integer("threads", 0, 1024, settings.threads);
  section.integer("fallbacks", 0, 64, settings.fallbacks);
  section.flag("decisionHeader", settings.decision_header);
  section.file("apiKeysFile", folder, settings.api_keys_file);
  section.integer("drainDelayMs", 0, kDayMs, settings.drain_delay_ms);
  section.integer("drainMs", 0, kDayMs, settings.drain_ms);

  const Section tls(section.reader(), "tls", kTlsKeys, context);
  settings.tls.enabled = tls.written();
  tls.flag("enabled", settings.tls.enabled);
  tls.file("certificateFile", folder, settings.tls.certificate_file);
  tls.file("keyFile", folder, settings.tls.key_file);
  if (settings.tls.enabled) {
    if (settings.tls.certificate_file.empty()) tls.reader().missing("certificateFile", "\"tls\"");
    if (settings.tls.key_file.empty()) tls.reader().missing("keyFile", "\"tls\"");
  }

  const Section limits(section.reader(), "limits", kLimitKeys, context);
  limits.integer("headerBytes", 1024, 16 << 20, settings.limits.header_bytes);
  limits.integer("bodyBytes", 0, std::int64_t{1} << 40, settings.limits.body_bytes);
  limits.integer("connections", 1, 1'000'000, settings.limits.connections);

  const Section timeouts(section.reader(), "timeouts", kTimeoutKeys, context);
  timeouts.integer("headerMs", 1, kDayMs, settings.timeouts.header_ms);
  timeouts.integer("bodyMs", 1, kDayMs, settings.timeouts.body_ms);
  timeouts.integer("idleMs", 1, kDayMs, settings.timeouts.idle_ms);
  timeouts.integer("connectMs", 1, kDayMs, settings.timeouts.connect_ms);
  timeouts.integer("responseHeaderMs", 1, kDayMs, settings.timeouts.response_header_ms);
  timeouts.integer("responseIdleMs", 1, kDayMs, settings.timeouts.response_idle_ms);
  timeouts.integer("writeMs", 1, kDayMs, settings.timeouts.write_ms);

  const Section retries(section.reader(), "retries", kRetryKeys, context);
  retries.integer("attempts", 1, 16, settings.retries.attempts);
  retries.integer("budgetPercent", 0, 100, settings.retries.budget_percent);
  return settings;
}

}  // namespace shunt::host
