// SPDX-License-Identifier: Apache-2.0
// rust_crate.hpp: where the crate lies that plugins in Rust depend on.
#pragma once

#include <filesystem>
#include <shunt/framework/error.hpp>
#include <string>

namespace shunt::host {

// As the Cargo.toml of a plugin in `plugin_folder` writes it. `given`: the folder of the crate as the user named it; one that
// is relative stays relative, so that both folders may move together. Empty: the crate that is installed with this program.
Result<std::string> find_rust_crate(const std::string& given, const std::filesystem::path& plugin_folder);

}  // namespace shunt::host
