// SPDX-License-Identifier: Apache-2.0
#include "settings/upstream_settings.hpp"

#include <array>

#include "settings/section.hpp"

namespace shunt::host {

namespace {

constexpr std::array<std::string_view, 2> kKeys = {"tls", "apiKeyFile"};
constexpr std::array<std::string_view, 6> kTlsKeys = {"enabled", "caFile",     "certificateFile",
                                                      "keyFile", "serverName", "verify"};

}  // namespace

UpstreamSettings read_upstream_settings(const ObjectReader& root, const std::filesystem::path& folder,
                                        const ReadContext& context) {
  UpstreamSettings settings;
  const Section section(root, "upstream", kKeys, context);
  section.file("apiKeyFile", folder, settings.api_key_file);
  const Section tls(section.reader(), "tls", kTlsKeys, context);
  settings.tls.enabled = tls.written();
  tls.flag("enabled", settings.tls.enabled);
  tls.file("caFile", folder, settings.tls.ca_file);
  tls.file("certificateFile", folder, settings.tls.certificate_file);
  tls.file("keyFile", folder, settings.tls.key_file);
  tls.text("serverName", settings.tls.server_name);
  tls.flag("verify", settings.tls.verify);
  if (settings.tls.certificate_file.empty() != settings.tls.key_file.empty()) {
    tls.reader().missing(settings.tls.key_file.empty() ? "keyFile" : "certificateFile", "\"tls\"");
  }
  return settings;
}

}  // namespace shunt::host
