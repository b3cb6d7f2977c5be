// SPDX-License-Identifier: Apache-2.0
// served_config.hpp: a workspace as a running host needs it, built from its config: what serving adds to what deciding needs.
#pragma once

#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/generation.hpp>

#include <optional>

#include "schedule_inputs.hpp"
#include "workspace.hpp"

namespace shunt::host {

// The config that decides where none is named.
NamedText default_config();

// Opens and builds. True where `workspace` has a generation that can serve; every problem is in `diagnostics`, sorted.
bool build_served(Workspace& workspace, std::optional<NamedText> config, const BuildOptions& options,
                  Diagnostics& diagnostics);

}  // namespace shunt::host
