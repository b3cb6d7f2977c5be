// SPDX-License-Identifier: Apache-2.0
// elf_file.hpp: what a shared object says about itself, read from its bytes without loading it.
//
//   shunt::Result<shunt::ElfFile> elf = shunt::read_elf(bytes, "queue_scorer.so");
//   if (elf && elf->executable_stack) std::cerr << "asks for an executable stack\n";
//
// The reader trusts nothing in the file: every offset, size and index is checked, and what it keeps is bounded
// whatever the bytes claim. It believes the program headers first, because those are what the loader acts on;
// section headers only add names, and what is left when a file has no dynamic hash table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <shunt/framework/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

enum class ElfBinding {
  Local,
  Global,
  Weak,
  Unique,  // STB_GNU_UNIQUE: one per process, whichever library brought it first
  Other
};

// A dynamic symbol: one that other objects see, or that must come from them.
struct ElfSymbol {
  std::string name;
  ElfBinding binding = ElfBinding::Global;
  bool versioned = false;        // imports: bound to a symbol version when the library was linked
  bool is_thread_local = false;  // STT_TLS
};

struct ElfSection {
  std::string name;
  std::uint32_t type = 0;   // SHT_*
  std::uint64_t flags = 0;  // SHF_*
  std::uint64_t size = 0;
};

struct ElfNote {
  std::string owner;  // without its NUL
  std::uint32_t type = 0;
  std::string content;
};

// A shared object of this machine's own kind. Owns all its text.
struct ElfFile {
  std::uint16_t machine = 0;  // EM_*
  std::uint16_t type = 0;     // ET_*
  std::vector<ElfSection> sections;
  std::vector<ElfNote> notes;  // of sections and of segments, each once
  std::vector<ElfSymbol> exports;
  std::vector<ElfSymbol> imports;
  std::vector<std::string> needed;
  std::string soname;
  std::optional<std::string> rpath;
  std::optional<std::string> runpath;
  std::string build_id;           // lower-case hex; empty where there is none
  bool bind_now = false;          // linked with -z now
  bool text_relocations = false;  // the loader must write into its code
  bool executable_stack = false;  // asked for, or not declined
  bool stack_declared = false;    // there is a PT_GNU_STACK at all
  bool thread_local_storage = false;

  bool exports_symbol(std::string_view name) const;

  // The notes of one owner and type, in file order.
  std::vector<const ElfNote*> find_notes(std::string_view owner, std::uint32_t note_type) const;
};

// Reads a shared object. `path` only names it in messages. Fails with a code of its own when the bytes are not ELF
// (P120), of another word size or byte order (P121), for another machine (P122), no shared object (P123), cut off or
// contradictory (P124).
Result<ElfFile> read_elf(std::span<const std::byte> bytes, std::string_view path);

// As above, from an open regular file. The descriptor stays open; its offset does not move.
Result<ElfFile> read_elf(int descriptor, std::string_view path);

// "x86-64", "AArch64"; "machine 243" for what this table does not name.
std::string elf_machine_name(std::uint16_t machine);

}  // namespace shunt
