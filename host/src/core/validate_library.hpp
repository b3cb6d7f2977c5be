// SPDX-License-Identifier: Apache-2.0
// validate_library.hpp: runs the chosen cases against one library.
#pragma once

#include <filesystem>
#include <optional>
#include <shunt/framework/audit.hpp>

#include "arguments.hpp"
#include "commands.hpp"
#include "validate/report.hpp"
#include "validate/run_memory.hpp"

namespace shunt::host {

// `staging`: where private copies of the library go. `only`: the cases to be run; nothing: those of the arguments.
validate::Report validate_library(const ValidateArguments& arguments, Surroundings& surroundings,
                                  const std::filesystem::path& file, const AuditReport& audit,
                                  const std::filesystem::path& staging,
                                  const std::optional<validate::FailedCases>& only);

}  // namespace shunt::host
