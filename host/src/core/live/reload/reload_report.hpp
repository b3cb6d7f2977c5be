// SPDX-License-Identifier: Apache-2.0
// reload_report.hpp: what one reload did, or would do.
#pragma once

#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/state_transfer.hpp>

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/canary/canary_trial.hpp"
#include "live/reload/config_changes.hpp"

namespace shunt::host {

// Canary: what was found out about one.
enum class ReloadCause : std::uint8_t { Signal, Api, File, Rollback, Canary };
inline constexpr std::size_t kReloadCauses = 5;
std::string_view to_string(ReloadCause cause);

enum class ReloadResult : std::uint8_t {
  Published,   // the new generation decides
  Unchanged,   // the config says what runs already
  Refused,     // nothing was changed; `diagnostics` says why
  Tried,       // a dry run that would have been published
  Canary,      // the new generation decides for a share of the requests
  Promoted,    // what was the canary decides
  RolledBack,  // what was the canary decides no more
  Superseded   // likewise, because of another reload
};
inline constexpr std::size_t kReloadResults = 8;
std::string_view to_string(ReloadResult result);
// False where the two never come together, and for dry runs: there is nothing to count then.
bool is_counted(ReloadCause cause, ReloadResult result);

struct ReloadReport {
  std::uint64_t number = 0;  // of the reload, from 1
  ReloadCause cause = ReloadCause::Api;
  ReloadResult result = ReloadResult::Refused;
  bool dry_run = false;
  std::int64_t wall_ns = 0;      // when it began
  std::int64_t begun_ns = 0;     // likewise, on the clock of the host
  std::int64_t duration_ns = 0;  // until it was published or refused
  std::uint64_t generation = 0;  // that decides afterwards
  std::uint64_t replaced = 0;    // that decided before; the same where nothing was published
  std::vector<ConfigChange> changes;
  std::vector<StateTransfer> transfers;
  std::uint64_t rehearsed = 0;  // decisions; 0: there was no rehearsal, or it did not get that far
  std::int64_t rehearsal_ns = 0;
  bool took_too_long = false;          // a rehearsal
  std::optional<CanaryReport> canary;  // that began or ended, or would begin
  Diagnostics diagnostics;
};

// {"number":3,"cause":"signal","result":"published","generation":8,...}
boost::json::object to_json(const ReloadReport& report);
// One line for the log: "reload 3 (signal): generation 8 takes the place of 7, 2 changes, 41 ms".
std::string summary(const ReloadReport& report);

}  // namespace shunt::host
