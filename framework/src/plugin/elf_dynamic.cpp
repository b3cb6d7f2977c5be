// SPDX-License-Identifier: Apache-2.0
#include "plugin/elf_dynamic.hpp"

#include <algorithm>
#include <optional>

namespace shunt::detail {
namespace {

constexpr std::uint64_t kMaximumDynamicEntries = 1U << 16U;
constexpr std::uint64_t kMaximumSymbols = 1U << 20U;

// The dynamic entries that matter here.
struct DynamicTable {
  std::optional<std::uint64_t> strings, string_size, symbols, symbol_size, gnu_hash, hash, versions;
  std::optional<std::uint64_t> soname, rpath, runpath;
  std::vector<std::uint64_t> needed;
  std::uint64_t flags = 0;
  std::uint64_t flags_1 = 0;
  bool bind_now = false;
  bool text_relocations = false;
  bool version_definitions = false;
};

// Follows addresses instead of section names, as the loader does. Stops at the first thing that does not fit: what the
// loader would make of the rest cannot be foretold.
class DynamicReader {
 public:
  DynamicReader(const ElfBytes& bytes, const ElfHeaders& headers, ElfBudget& budget, ElfFile& elf)
      : bytes_(bytes), headers_(headers), budget_(budget), elf_(elf) {}

  DynamicResult run() {
    const auto segment = std::find_if(headers_.segments.begin(), headers_.segments.end(),
                                      [](const Elf64_Phdr& header) { return header.p_type == PT_DYNAMIC; });
    if (segment == headers_.segments.end()) return {"has no dynamic section", false};
    if (!read_entries(*segment)) return {"has a dynamic section outside of the file", true};
    if ((table_.flags_1 & DF_1_PIE) != 0) return {"is an executable program", false};
    if (!read_texts()) return {"has dynamic entries that point outside of its string table", true};
    if (!read_symbols()) return {"has a dynamic symbol table that points outside of the file", true};
    elf_.bind_now = table_.bind_now || (table_.flags & DF_BIND_NOW) != 0 || (table_.flags_1 & DF_1_NOW) != 0;
    elf_.text_relocations = table_.text_relocations || (table_.flags & DF_TEXTREL) != 0;
    return {};
  }

 private:
  // Where in the file lies what the loader will see at a virtual address?
  std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr& header : headers_.segments) {
      if (header.p_type != PT_LOAD || address < header.p_vaddr) continue;
      const std::uint64_t distance = address - header.p_vaddr;
      if (distance < header.p_filesz) return header.p_offset + distance;  // the segment lies in the file: no overflow
    }
    return std::nullopt;
  }

  bool read_entries(const Elf64_Phdr& segment) {
    const std::optional<std::uint64_t> start = offset_of(segment.p_vaddr);
    if (!start) return false;
    const std::uint64_t count = std::min<std::uint64_t>(segment.p_filesz / sizeof(Elf64_Dyn), kMaximumDynamicEntries);
    for (std::uint64_t index = 0; index < count; ++index) {
      const auto entry = bytes_.read<Elf64_Dyn>(*start + index * sizeof(Elf64_Dyn));
      if (!entry) return false;
      if (entry->d_tag == DT_NULL) return true;
      take_entry(entry->d_tag, entry->d_un.d_val);
    }
    return true;
  }

  void take_entry(std::int64_t tag, std::uint64_t value) {
    switch (tag) {
      case DT_NEEDED: table_.needed.push_back(value); break;
      case DT_STRTAB: table_.strings = value; break;
      case DT_STRSZ: table_.string_size = value; break;
      case DT_SYMTAB: table_.symbols = value; break;
      case DT_SYMENT: table_.symbol_size = value; break;
      case DT_GNU_HASH: table_.gnu_hash = value; break;
      case DT_HASH: table_.hash = value; break;
      case DT_VERSYM: table_.versions = value; break;
      case DT_VERDEF: table_.version_definitions = true; break;
      case DT_SONAME: table_.soname = value; break;
      case DT_RPATH: table_.rpath = value; break;
      case DT_RUNPATH: table_.runpath = value; break;
      case DT_BIND_NOW: table_.bind_now = true; break;
      case DT_TEXTREL: table_.text_relocations = true; break;
      case DT_FLAGS: table_.flags |= value; break;
      case DT_FLAGS_1: table_.flags_1 |= value; break;
      default: break;
    }
  }

  // A text of the dynamic string table, charged to the budget.
  std::optional<std::string> text(std::uint64_t index) {
    if (!strings_) return std::nullopt;
    const std::optional<std::string_view> found = bytes_.text(*strings_, table_.string_size.value_or(0), index);
    if (!found || !budget_.take(found->size())) return std::nullopt;
    return std::string(*found);
  }

  bool read_texts() {
    if (table_.strings) strings_ = offset_of(*table_.strings);
    for (const std::uint64_t index : table_.needed) {
      std::optional<std::string> name = text(index);
      if (!name) return false;
      elf_.needed.push_back(*std::move(name));
    }
    if (table_.soname) {
      std::optional<std::string> name = text(*table_.soname);
      if (!name) return false;
      elf_.soname = *std::move(name);
    }
    if (table_.rpath && !(elf_.rpath = text(*table_.rpath))) return false;
    return !table_.runpath || (elf_.runpath = text(*table_.runpath));
  }

  // Nothing in the dynamic section says how many symbols there are; the hash tables imply it. The GNU table covers
  // only what is exported, but exports come last.
  std::uint64_t symbol_count() const {
    std::uint64_t count = 0;
    if (table_.hash) {
      const std::optional<std::uint64_t> start = offset_of(*table_.hash);
      if (start) count = bytes_.read<std::uint32_t>(*start + 4).value_or(0);
    }
    if (table_.gnu_hash) {
      const std::optional<std::uint64_t> start = offset_of(*table_.gnu_hash);
      if (start) count = std::max(count, gnu_hash_count(*start));
    }
    // An empty GNU table hides the imports; section headers, where they were kept, do not.
    for (const Elf64_Shdr& section : headers_.sections) {
      if (section.sh_type == SHT_DYNSYM && section.sh_addr == table_.symbols) {
        count = std::max<std::uint64_t>(count, section.sh_size / sizeof(Elf64_Sym));
      }
    }
    return count;
  }

  std::uint64_t gnu_hash_count(std::uint64_t start) const {
    const auto buckets = bytes_.read<std::uint32_t>(start);
    const auto first_symbol = bytes_.read<std::uint32_t>(start + 4);
    const auto bloom_words = bytes_.read<std::uint32_t>(start + 8);
    if (!buckets || !first_symbol || !bloom_words) return 0;
    const std::uint64_t bucket_start = start + 16 + std::uint64_t{*bloom_words} * 8;
    std::uint64_t last = 0;
    for (std::uint64_t index = 0; index < *buckets; ++index) {
      const auto bucket = bytes_.read<std::uint32_t>(bucket_start + index * 4);
      if (!bucket) return 0;
      last = std::max<std::uint64_t>(last, *bucket);
    }
    if (last < *first_symbol) return *first_symbol;
    const std::uint64_t chain_start = bucket_start + std::uint64_t{*buckets} * 4;
    while (true) {  // ends with the chain, or with the file
      const auto link = bytes_.read<std::uint32_t>(chain_start + (last - *first_symbol) * 4);
      if (!link) return 0;
      ++last;
      if ((*link & 1U) != 0) return last;
    }
  }

  bool read_symbols() {
    if (!table_.symbols) return true;
    const std::optional<std::uint64_t> start = offset_of(*table_.symbols);
    const std::uint64_t count = symbol_count();
    if (!start || table_.symbol_size.value_or(sizeof(Elf64_Sym)) != sizeof(Elf64_Sym)) return false;
    if (count > kMaximumSymbols || !bytes_.contains(*start, count * sizeof(Elf64_Sym))) return false;
    const std::optional<std::uint64_t> versions = table_.versions ? offset_of(*table_.versions) : std::nullopt;
    for (std::uint64_t index = 1; index < count; ++index) {  // number 0 is reserved
      const auto symbol = bytes_.read<Elf64_Sym>(*start + index * sizeof(Elf64_Sym));
      std::uint16_t version = VER_NDX_GLOBAL;
      if (versions) version = bytes_.read<std::uint16_t>(*versions + index * 2).value_or(VER_NDX_GLOBAL);
      if (!symbol || !take_symbol(*symbol, version)) return false;
    }
    return true;
  }

  bool take_symbol(const Elf64_Sym& symbol, std::uint16_t version) {
    const auto binding = static_cast<unsigned char>(ELF64_ST_BIND(symbol.st_info));
    const auto type = static_cast<unsigned char>(ELF64_ST_TYPE(symbol.st_info));
    if (binding == STB_LOCAL || symbol.st_name == 0) return true;
    // The names of a library's own version definitions are symbols too, but nobody binds to them.
    if (symbol.st_shndx == SHN_ABS && table_.version_definitions) return true;
    const unsigned char visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    const bool imported = symbol.st_shndx == SHN_UNDEF;
    if (!imported && (visibility == STV_HIDDEN || visibility == STV_INTERNAL)) return true;
    std::optional<std::string> name = text(symbol.st_name);
    if (!name || !budget_.take(sizeof(ElfSymbol))) return false;
    ElfSymbol entry;
    entry.name = *std::move(name);
    entry.versioned = (version & 0x7fffU) > VER_NDX_GLOBAL;
    entry.is_thread_local = type == STT_TLS;
    entry.binding = binding == STB_GLOBAL       ? ElfBinding::Global
                    : binding == STB_WEAK       ? ElfBinding::Weak
                    : binding == STB_GNU_UNIQUE ? ElfBinding::Unique
                                                : ElfBinding::Other;
    (imported ? elf_.imports : elf_.exports).push_back(std::move(entry));
    return true;
  }

  const ElfBytes& bytes_;
  const ElfHeaders& headers_;
  ElfBudget& budget_;
  ElfFile& elf_;
  DynamicTable table_;
  std::optional<std::uint64_t> strings_;
};

}  // namespace

DynamicResult read_dynamic(const ElfBytes& bytes, const ElfHeaders& headers, ElfBudget& budget, ElfFile& elf) {
  return DynamicReader(bytes, headers, budget, elf).run();
}

}  // namespace shunt::detail
