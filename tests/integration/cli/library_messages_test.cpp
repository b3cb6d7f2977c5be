// SPDX-License-Identifier: Apache-2.0
// Whole messages about libraries that cannot be loaded, as users of a config see them.
#include <elf.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "program.hpp"

namespace shunt::testing {
namespace {

namespace fs = std::filesystem;

class LibraryMessages : public ::testing::Test {
 protected:
  // A fixture under a name of its own, with the rights that a library should have.
  void install(const std::string& name, fs::perms rights = fs::perms::owner_all) {
    const fs::path to = folder_.path() / name;
    fs::copy_file(fs::path(SHUNT_FIXTURE_DIRECTORY) / "libraries" / name, to);
    fs::permissions(to, rights);
  }

  void put(const std::string& name, const std::string& bytes) {
    folder_.write(name, bytes);
    fs::permissions(folder_.path() / name, fs::perms::owner_all);
  }

  // What is said, without what differs from one run to the next.
  std::string complaint() const {
    const Ran ran = folder_.run({"config", "check", "-c", "c.jsonc"});
    EXPECT_EQ(ran.code, 4) << ran.err;
    std::string text = ran.err;
    replace(text, folder_.path().string(), "DIR");
    replace(text, std::string(SHUNT_BINARY_DIRECTORY) + "/plugins", "PLUGINS");
    text = std::regex_replace(text, std::regex("this host runs on [^:]*"), "this host runs on MACHINE");
    return std::regex_replace(text, std::regex("[0-9a-f]{64}"), "HASH");
  }

  static void replace(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }

  Folder folder_;
};

TEST_F(LibraryMessages, EveryUnfitLibraryAtItsPlace) {
  for (const char* name : {"no_entry.so", "runpath.so", "other_major.so", "newer_minor.so", "undefined.so",
                           "unlike_manifest.so", "good.so"}) {
    install(name);
  }
  std::ifstream file(folder_.path() / "good.so", std::ios::binary);
  std::string foreign(std::istreambuf_iterator<char>(file), {});
  const std::uint16_t machine = EM_S390;
  std::memcpy(foreign.data() + offsetof(Elf64_Ehdr, e_machine), &machine, sizeof machine);
  put("other_machine.so", foreign);
  put("text.so", "not a library");
  put("open.so", foreign);
  fs::permissions(folder_.path() / "open.so", fs::perms::all);
  folder_.write("c.jsonc", R"({
  "pluginDirs": [ "." ],
  "libraries": [
    "absent.so",
    "text.so",
    "other_machine.so",
    "no_entry.so",
    "other_major.so",
    "newer_minor.so",
    "undefined.so",
    "open.so",
    { "path": "good.so", "sha256": "0000000000000000000000000000000000000000000000000000000000000000" },
    "unlike_manifest.so",
    "runpath.so"
  ]
}
)");
  EXPECT_EQ(
      complaint(),
      R"(c.jsonc:4:5: error[P101]: "absent.so" was not found: tried "DIR/absent.so" and "PLUGINS/absent.so"; correct the name, extend the plugin path, or give an absolute path
    4 |     "absent.so",
      |     ^~~~~~~~~~~
c.jsonc:5:5: error[P120]: "DIR/text.so" is not an ELF file: name the shared object itself (.so)
    5 |     "text.so",
      |     ^~~~~~~~~
c.jsonc:6:5: error[P122]: "DIR/other_machine.so" is built for IBM Z, this host runs on MACHINE: rebuild it for this machine
    6 |     "other_machine.so",
      |     ^~~~~~~~~~~~~~~~~~
c.jsonc:7:5: error[P162]: "DIR/no_entry.so" does not export the function shunt_library_entry_v1: use the SDK's library macro and keep the function visible in the version script
    7 |     "no_entry.so",
      |     ^~~~~~~~~~~~~
c.jsonc:8:5: error[P150]: "DIR/other_major.so" is built for ABI 2.0-rc2, this host speaks 1.0-rc2: rebuild it against SDK 1.x, or use a host that speaks ABI 2
    8 |     "other_major.so",
      |     ^~~~~~~~~~~~~~~~
c.jsonc:9:5: error[P152]: "DIR/newer_minor.so" is built for ABI 1.0-rc3, this host speaks 1.0-rc2, and release candidates fit only their own number: rebuild it against SDK 1.0-rc2, or upgrade the host
    9 |     "newer_minor.so",
      |     ^~~~~~~~~~~~~~~~
c.jsonc:10:5: error[P161]: "DIR/undefined.so" could not be loaded: undefined symbol: fixture_function_that_nobody_defines (built without -z defs? Link with -Wl,-z,defs to see what is missing, and link it in)
   10 |     "undefined.so",
      |     ^~~~~~~~~~~~~~
c.jsonc:11:5: error[P113]: "DIR/open.so" may be written by its group and by everybody, who could change what this process runs: chmod go-w DIR/open.so
   11 |     "open.so",
      |     ^~~~~~~~~
c.jsonc:12:5: error[P115]: "DIR/good.so" has SHA-256 HASH, the config pins HASH: install the pinned file, or pin the new one if you trust it
   12 |     { "path": "good.so", "sha256": "HASH" },
      |     ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
c.jsonc:13:5: error[P165]: "DIR/unlike_manifest.so" has a manifest and tables that differ in 7 points; build both from the same literals, as the SDK's macros do:
  - library version: manifest "1.0.0", table "1.0.1"
  - abi min_minor: manifest 7, table 2147483650
  - plugin "fixture-unlike" version: manifest "1.0.0", table "1.1.0"
  - plugin "fixture-unlike" stability: manifest "stable", table "beta"
  - plugin "fixture-unlike" interfaces: manifest "shunt.scorer/1", table "shunt.scorer/1 and shunt.filter/1"
  - plugin "fixture-unlike" parameters schema: manifest "{"type":"object"}", table "{}"
  - plugin "fixture-promised" is only in the manifest
   13 |     "unlike_manifest.so",
      |     ^~~~~~~~~~~~~~~~~~~~
c.jsonc:14:5: error[P130]: "DIR/runpath.so" has a RUNPATH "$ORIGIN/lib": link without -rpath and take private dependencies in statically: a copy of the library is loaded, for which such a path means another place
   14 |     "runpath.so"
      |     ^~~~~~~~~~~~
11 errors; the config cannot be used
)");
}

TEST_F(LibraryMessages, ATypeThatTwoLibrariesOffer) {
  install("good.so");
  fs::copy_file(folder_.path() / "good.so", folder_.path() / "again.so");
  std::ofstream(folder_.path() / "again.so", std::ios::binary | std::ios::app) << '\0';  // else it is the same library
  folder_.write("c.jsonc", R"({ "pluginDirs": [ "." ],
  "libraries": [ "good.so", "again.so" ], "models": { "a": {} } }
)");
  EXPECT_EQ(
      complaint(),
      R"(c.jsonc:2:29: error[P170]: "DIR/again.so" offers plugin type "fixture-good", which "DIR/good.so" offers too and "fixture-second", which "DIR/good.so" offers too: remove one of the libraries, or pin the type to one of them in the config
    2 |   "libraries": [ "good.so", "again.so" ], "models": { "a": {} } }
      |                             ^~~~~~~~~~
1 error; the config cannot be used
)");
}

}  // namespace
}  // namespace shunt::testing
