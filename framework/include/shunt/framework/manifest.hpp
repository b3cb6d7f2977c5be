// SPDX-License-Identifier: Apache-2.0
// manifest.hpp: the static facts of a library, as it carries them in an ELF note.
//
//   shunt::Result<shunt::Manifest> manifest = shunt::manifest_of(elf, path);
//   if (manifest) for (const auto& plugin : manifest->plugins) std::cout << plugin.type << '\n';
#pragma once

#include <cstddef>
#include <cstdint>
#include <shunt/framework/error.hpp>
#include <shunt/framework/plugin_description.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

struct ElfFile;

struct Manifest {
  std::string name;     // of the library
  std::string version;  // of the library
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;      // built with
  std::uint32_t abi_min_minor = 0;  // least minor of a host that it runs on
  std::vector<PluginDescription> plugins;
};

// Longer texts are refused unread.
inline constexpr std::size_t kMaximumManifestBytes = std::size_t{1} << 20;
// More plugins in one library are refused.
inline constexpr std::size_t kMaximumPluginsPerLibrary = 256;

// Reads the text of a manifest (NULs at its end are padding). Strict: one message lists every problem, each with the
// place of its value. Two things are forgiven, so that the ABI check can say what is really wrong: members that this
// host does not know in a library built with a newer ABI, and any plugin entry of a library that it will not load.
// `path` names the library in messages and, without its directories, in the descriptions.
Result<Manifest> parse_manifest(std::string_view text, std::string_view path);

// Finds the one manifest note of a library and reads it.
Result<Manifest> manifest_of(const ElfFile& elf, std::string_view path);

struct AbiVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
};

// What this build of the framework speaks.
extern const AbiVersion kHostAbi;

// Whether a host may load a library with this ABI range. The message names both sides and says what to do.
Result<void> check_abi(const Manifest& manifest, std::string_view path, AbiVersion host = kHostAbi);

// "1.4"; "1.0-rc2" for a release candidate (minor 0x80000000 + 2).
std::string to_string(AbiVersion version);

}  // namespace shunt
