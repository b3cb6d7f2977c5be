// SPDX-License-Identifier: Apache-2.0
#include "rust_crate.hpp"

#include <system_error>
#include <utility>

#include "beside_program.hpp"

namespace shunt::host {

namespace {

namespace fs = std::filesystem;

// Relative to the folder of the executable; SHUNT_RUST_DIR comes from the build's idea of an installation.
constexpr const char* kInstalled = "../" SHUNT_RUST_DIR;
constexpr const char* kBuildTree = "../share/shunt/rust";

bool is_crate(const fs::path& folder) {
  std::error_code ignored;
  return !folder.empty() && fs::is_regular_file(folder / "Cargo.toml", ignored);
}

Error not_there(std::string message) { return {ErrorKind::Operation, "E325", std::move(message)}; }

}  // namespace

Result<std::string> find_rust_crate(const std::string& given, const fs::path& plugin_folder) {
  if (given.empty()) {
    const fs::path own = folder_beside_program({kInstalled, kBuildTree});
    if (!is_crate(own)) return not_there("the crate shunt-sdk, which a plugin in Rust needs, is not installed here");
    return own.string();
  }
  const fs::path named(given);
  if (!is_crate(named)) return not_there("there is no crate in " + given + ": it has no Cargo.toml");
  if (named.is_absolute()) return named.lexically_normal().string();
  return fs::absolute(named)
      .lexically_normal()
      .lexically_relative(fs::absolute(plugin_folder).lexically_normal())
      .string();
}

}  // namespace shunt::host
