// SPDX-License-Identifier: Apache-2.0
// A shared object as bytes, and the manifest in it.
#include <shunt/abi/manifest.h>

#include <shunt/framework/elf_file.hpp>
#include <shunt/framework/manifest.hpp>
#include <span>

#include "properties.hpp"

namespace {

using shunt::fuzz::require;

constexpr const char* kFile = "fuzz.so";

void require_reason(const shunt::Error& error, std::string_view codes) {
  require(codes.find(error.code) != std::string_view::npos, "refused with the code", error.code);
  require(error.message.find(kFile) != std::string::npos, "a message does not name the file:", error.message);
}

std::size_t bytes_kept(const shunt::ElfFile& elf) {
  std::size_t bytes = elf.soname.size() + elf.rpath.value_or("").size() + elf.runpath.value_or("").size();
  for (const shunt::ElfSection& section : elf.sections) bytes += section.name.size();
  for (const shunt::ElfNote& note : elf.notes) bytes += note.owner.size() + note.content.size();
  for (const shunt::ElfSymbol& symbol : elf.exports) bytes += symbol.name.size();
  for (const shunt::ElfSymbol& symbol : elf.imports) bytes += symbol.name.size();
  for (const std::string& name : elf.needed) bytes += name.size();
  return bytes;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const shunt::Result<shunt::ElfFile> elf = shunt::read_elf(std::as_bytes(std::span(data, size)), kFile);
  if (!elf) {
    require_reason(elf.error(), "P120 P121 P122 P123 P124");
    return 0;
  }
  require(bytes_kept(*elf) <= (std::size_t{64} << 20), "a file is unfolded without end");
  require(elf->build_id.size() <= 128 && elf->build_id.find_first_not_of("0123456789abcdef") == std::string::npos,
          "a build id is not short and hexadecimal:", elf->build_id);
  for (const shunt::ElfSymbol& symbol : elf->exports) {
    require(elf->exports_symbol(symbol.name), "an export is not exported:", symbol.name);
  }
  const shunt::Result<shunt::Manifest> manifest = shunt::manifest_of(*elf, kFile);
  if (!manifest) {
    require_reason(manifest.error(), "P140 P141");
    return 0;
  }
  require(elf->find_notes(SHUNT_MANIFEST_OWNER, SHUNT_MANIFEST_NOTE).size() == 1, "a manifest without its note");
  if (const auto loadable = shunt::check_abi(*manifest, kFile); !loadable) {
    require_reason(loadable.error(), "P150 P151 P152");
  }
  return 0;
}
