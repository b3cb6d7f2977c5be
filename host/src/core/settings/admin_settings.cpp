// SPDX-License-Identifier: Apache-2.0
#include "settings/admin_settings.hpp"

#include <array>

#include "settings/section.hpp"

namespace shunt::host {

namespace {

constexpr std::array<std::string_view, 5> kKeys = {"enabled", "listen", "tokenFile", "hosts", "decisions"};
constexpr std::array<std::string_view, 3> kDecisionKeys = {"keep", "explainedPerSecond", "bundles"};

}  // namespace

AdminSettings read_admin_settings(const ObjectReader& root, const std::filesystem::path& folder,
                                  const ReadContext& context) {
  AdminSettings settings;
  const Section section(root, "admin", kKeys, context);
  settings.pointer = section.reader().pointer();
  section.flag("enabled", settings.enabled);
  section.address("listen", settings.listen);
  section.file("tokenFile", folder, settings.token_file);
  settings.hosts = section.reader().texts("hosts");
  const Section decisions(section.reader(), "decisions", kDecisionKeys, context);
  decisions.integer("keep", 0, 100'000, settings.decisions.keep);
  decisions.integer("explainedPerSecond", 0, 1'000'000, settings.decisions.explained_per_second);
  decisions.integer("bundles", 0, 1'000, settings.decisions.bundles);
  return settings;
}

}  // namespace shunt::host
