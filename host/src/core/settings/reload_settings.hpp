// SPDX-License-Identifier: Apache-2.0
// reload_settings.hpp: the section "reload": how the config of a running host is replaced.
#pragma once

#include <shunt/framework/object_reader.hpp>

#include <cstdint>

#include "settings/canary_settings.hpp"

namespace shunt::host {

// Of a new config, in a process of its own, before it decides for anybody.
struct RehearsalSettings {
  bool enabled = true;
  std::uint64_t decisions = 2'000;
  std::int64_t time_limit_ms = 10'000;
  std::uint64_t growth_kib = 32'768;  // that the second half of the decisions may take
};

struct ReloadSettings {
  bool watch = false;              // the config file and the libraries in use: reload when one of them changes
  std::int64_t settle_ms = 200;    // a file that changes has to be the same for so long
  std::int64_t poll_ms = 10'000;   // how often watched files are looked at where the kernel tells nothing
  std::uint32_t generations = 64;  // older ones that still serve requests: with more, a reload is refused
  RehearsalSettings rehearsal;
  CanarySettings canary;
};

ReloadSettings read_reload_settings(const ObjectReader& root, const ReadContext& context);

}  // namespace shunt::host
