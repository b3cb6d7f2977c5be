// SPDX-License-Identifier: Apache-2.0
#include "settings/reload_settings.hpp"

#include <array>

#include "settings/section.hpp"

namespace shunt::host {

namespace {

constexpr std::array<std::string_view, 6> kKeys = {"watch", "settleMs", "pollMs", "generations", "rehearsal", "canary"};
constexpr std::array<std::string_view, 4> kRehearsalKeys = {"enabled", "decisions", "timeLimitMs", "growthKib"};

}  // namespace

ReloadSettings read_reload_settings(const ObjectReader& root, const ReadContext& context) {
  ReloadSettings settings;
  const Section section(root, "reload", kKeys, context);
  section.flag("watch", settings.watch);
  section.integer("settleMs", 1, 60'000, settings.settle_ms);
  section.integer("pollMs", 100, kDayMs, settings.poll_ms);
  section.integer("generations", 1, 100'000, settings.generations);
  const Section rehearsal(section.reader(), "rehearsal", kRehearsalKeys, context);
  rehearsal.flag("enabled", settings.rehearsal.enabled);
  rehearsal.integer("decisions", 2, 10'000'000, settings.rehearsal.decisions);
  rehearsal.integer("timeLimitMs", 100, kDayMs, settings.rehearsal.time_limit_ms);
  rehearsal.integer("growthKib", 64, 1'000'000'000, settings.rehearsal.growth_kib);
  read_canary_settings(section.reader(), context, settings.canary);
  return settings;
}

}  // namespace shunt::host
