// SPDX-License-Identifier: Apache-2.0
// subject_inputs.hpp: what a command that runs plugins is given, checked before anything runs. All complain to the console.
#pragma once

#include <filesystem>
#include <optional>
#include <shunt/framework/audit.hpp>
#include <shunt/framework/document.hpp>
#include <string>

#include "arguments.hpp"
#include "console.hpp"
#include "plugin_path.hpp"

namespace shunt::host {

// Parameters that were given are an object, with comments where somebody likes to; none stay none. False after a failure.
bool read_parameters(SubjectArguments& arguments, std::optional<Document>& parameters, Console& console);
// The path of a library that was named on the command line.
std::optional<std::filesystem::path> find_library(const std::string& name, const PluginPath& path, Console& console);
// Whether the library has the plugin type that was asked for.
bool check_type(const SubjectArguments& arguments, const std::filesystem::path& file, const AuditReport& audit,
                Console& console);
// Whether the schemas of the chosen types accept the parameters.
bool check_parameters(const SubjectArguments& arguments, const std::optional<Document>& parameters,
                      const AuditReport& audit, Console& console);

}  // namespace shunt::host
