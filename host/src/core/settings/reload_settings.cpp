// SPDX-License-Identifier: Apache-2.0
#include "settings/reload_settings.hpp"

#include <array>

#include "settings/section.hpp"

namespace shunt::host {

namespace {

constexpr std::array<std::string_view, 4> kKeys = {"watch", "settleMs", "pollMs", "generations"};

}  // namespace

ReloadSettings read_reload_settings(const ObjectReader& root, const ReadContext& context) {
  ReloadSettings settings;
  const Section section(root, "reload", kKeys, context);
  section.flag("watch", settings.watch);
  section.integer("settleMs", 1, 60'000, settings.settle_ms);
  section.integer("pollMs", 100, kDayMs, settings.poll_ms);
  section.integer("generations", 1, 100'000, settings.generations);
  return settings;
}

}  // namespace shunt::host
