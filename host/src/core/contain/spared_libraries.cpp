// SPDX-License-Identifier: Apache-2.0
#include "contain/spared_libraries.hpp"

#include <shunt/framework/instance.hpp>
#include <shunt/framework/library.hpp>

#include <algorithm>
#include <utility>

#include "workspace.hpp"

namespace shunt::host {

bool StartWithout::spares_more(const Workspace& attempt, Diagnostics& diagnostics) {
  const auto& needed = attempt.needed_of_quarantine();
  const bool some_are_needed = std::ranges::any_of(
      respected_, [&](const QuarantinedLibrary& library) { return needed.contains(library.sha256); });
  const bool refused = !attempt.left_out().empty() && exit_code_of(diagnostics) == ExitCode::PluginError;
  if (respected_.empty() || (!some_are_needed && !refused)) return false;
  std::vector<QuarantinedLibrary> still;
  for (QuarantinedLibrary& library : respected_) {
    const bool spare = !some_are_needed || needed.contains(library.sha256);
    (spare ? spared_ : still).push_back(std::move(library));
  }
  respected_ = std::move(still);
  diagnostics = {};
  return true;
}

std::string why_spared(const QuarantinedLibrary& library) {
  return library.library +
         " is loaded all the same, because the config cannot be built without it, and may take the host down again: "
         "it " +
         library.sentence();
}

std::vector<QuarantinedLibrary> in_use(const std::vector<QuarantinedLibrary>& quarantined,
                                       const Generation& generation) {
  std::vector<QuarantinedLibrary> used;
  std::ranges::copy_if(quarantined, std::back_inserter(used), [&generation](const QuarantinedLibrary& library) {
    return std::ranges::any_of(generation.instances(),
                               [&](const auto& instance) { return instance->library()->sha256() == library.sha256; });
  });
  return used;
}

}  // namespace shunt::host
