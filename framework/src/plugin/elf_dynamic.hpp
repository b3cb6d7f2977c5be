// SPDX-License-Identifier: Apache-2.0
// elf_dynamic.hpp: the part of an ELF file that the loader acts on: dynamic entries and dynamic symbols.
#pragma once

#include <elf.h>

#include <shunt/framework/elf_file.hpp>
#include <string>
#include <vector>

#include "plugin/elf_bytes.hpp"

namespace shunt::detail {

// What elf_file.cpp has already read and checked.
struct ElfHeaders {
  std::vector<Elf64_Phdr> segments;
  std::vector<Elf64_Shdr> sections;
};

// How much of a file may end up in memory as names and notes. Tables of a hostile file can overlap, so that a small
// file could otherwise be unfolded without end.
struct ElfBudget {
  std::uint64_t bytes = std::uint64_t{64} << 20;

  bool take(std::uint64_t length) {
    if (length > bytes) return false;
    bytes -= length;
    return true;
  }
};

struct DynamicResult {
  std::string problem;        // empty where all went well
  bool shared_object = true;  // false: an executable, or nothing that can be loaded at all
};

// Fills the dynamic part of `elf`.
DynamicResult read_dynamic(const ElfBytes& bytes, const ElfHeaders& headers, ElfBudget& budget, ElfFile& elf);

}  // namespace shunt::detail
