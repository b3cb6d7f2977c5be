// SPDX-License-Identifier: Apache-2.0
// spared_libraries.hpp: a quarantine must not be the end of a host. Where its config cannot be built without a library that is in
// quarantine, and nothing else is wrong with it, the library is loaded all the same, and the host says so.
//
//   StartWithout start(quarantined);
//   do {
//     workspace = std::make_shared<Workspace>(plugin_path);
//     workspace->respect(start.respected());
//   } while (!build(*workspace, diagnostics) && start.spares_more(*workspace, diagnostics));
//   for (const QuarantinedLibrary& library : start.spared()) complain(library);
#pragma once

#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/generation.hpp>

#include <string>
#include <vector>

#include "contain/quarantine.hpp"

namespace shunt::host {

class Workspace;

class StartWithout {
 public:
  explicit StartWithout(std::vector<QuarantinedLibrary> quarantined) : respected_(std::move(quarantined)) {}

  const std::vector<QuarantinedLibrary>& respected() const { return respected_; }
  const std::vector<QuarantinedLibrary>& spared() const { return spared_; }
  // After an attempt that has failed: those that nothing can take the place of, and after those, where a plugin could not be created,
  // all of them: it may have named one that was left out. False where there is nothing to spare that would help; else `diagnostics`
  // are emptied for the next attempt.
  bool spares_more(const Workspace& attempt, Diagnostics& diagnostics);

 private:
  std::vector<QuarantinedLibrary> respected_;
  std::vector<QuarantinedLibrary> spared_;
};

// Why it is loaded all the same, for people.
std::string why_spared(const QuarantinedLibrary& library);

// Those of them that plugins of `generation` come from.
std::vector<QuarantinedLibrary> in_use(const std::vector<QuarantinedLibrary>& quarantined,
                                       const Generation& generation);

}  // namespace shunt::host
