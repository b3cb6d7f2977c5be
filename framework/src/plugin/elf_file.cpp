// SPDX-License-Identifier: Apache-2.0
#include <elf.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <shunt/framework/elf_file.hpp>
#include <utility>

#include "plugin/elf_bytes.hpp"
#include "plugin/elf_dynamic.hpp"
#include "plugin/library_image.hpp"
#include "plugin/plugin_error.hpp"

namespace shunt {
namespace {

using detail::ElfBudget;
using detail::ElfBytes;
using detail::ElfHeaders;
using detail::plugin_error;

#if defined(__x86_64__)
constexpr std::uint16_t kHostMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kHostMachine = EM_AARCH64;
#else
#error "add the ELF machine number of this platform"
#endif

constexpr unsigned char kHostByteOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
constexpr std::size_t kMaximumSections = 65536;

std::uint64_t round_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

// Reads from the outside in: identity, program headers, sections, notes, dynamic section. Each step may rely on what
// the ones before have checked, which is why segments are known to lie in the file from then on.
class FileReader {
 public:
  FileReader(std::span<const std::byte> bytes, std::string_view path) : bytes_(bytes), path_(path) {}

  Result<ElfFile> run() {
    if (Result<void> kind = check_identity(); !kind) return kind.error();
    if (!read_segments()) return malformed("has program headers outside of the file");
    if (!read_sections()) return malformed("has sections outside of the file");
    if (!read_section_names()) return malformed("has section names outside of the file");
    if (!read_notes()) return malformed("has notes that contradict themselves");
    const detail::DynamicResult dynamic = detail::read_dynamic(bytes_, headers_, budget_, elf_);
    if (!dynamic.shared_object) {
      return plugin_error("P123", path_, dynamic.problem + ", not a shared object: link it with -shared");
    }
    if (!dynamic.problem.empty()) return malformed(dynamic.problem);
    return std::move(elf_);
  }

 private:
  Error malformed(std::string_view problem) const {
    return plugin_error("P124", path_,
                        std::string(problem) + " (it has " + std::to_string(bytes_.size()) +
                            " bytes): it is cut off or damaged; copy or build it again");
  }

  Result<void> check_identity() {
    const std::optional<std::string_view> magic = bytes_.slice(0, SELFMAG);
    if (!magic || *magic != std::string_view(ELFMAG, SELFMAG)) {
      return plugin_error("P120", path_,
                          bytes_.size() == 0 ? "is empty, not an ELF shared object: build or copy it again"
                                             : "is not an ELF file: name the shared object itself (.so)");
    }
    const auto identity = bytes_.read<std::array<unsigned char, EI_NIDENT>>(0);
    if (!identity) return malformed("ends within its ELF header");
    if ((*identity)[EI_CLASS] != ELFCLASS64 || (*identity)[EI_DATA] != kHostByteOrder) {
      const std::string_view width = (*identity)[EI_CLASS] == ELFCLASS32 ? "32-bit" : "64-bit";
      const std::string_view order = (*identity)[EI_DATA] == ELFDATA2MSB ? "big-endian" : "little-endian";
      return plugin_error("P121", path_,
                          "is a " + std::string(width) + " " + std::string(order) +
                              " ELF file, this host loads 64-bit " +
                              (kHostByteOrder == ELFDATA2LSB ? "little-endian" : "big-endian") +
                              " ones: rebuild it for " + elf_machine_name(kHostMachine));
    }
    const auto header = bytes_.read<Elf64_Ehdr>(0);
    if (!header) return malformed("ends within its ELF header");
    header_ = *header;
    elf_.machine = header_.e_machine;
    elf_.type = header_.e_type;
    if (header_.e_machine != kHostMachine) {
      return plugin_error("P122", path_,
                          "is built for " + elf_machine_name(header_.e_machine) + ", this host runs on " +
                              elf_machine_name(kHostMachine) + ": rebuild it for this machine");
    }
    if (header_.e_type != ET_DYN) {
      const std::string_view what = header_.e_type == ET_REL    ? "is an object file"
                                    : header_.e_type == ET_EXEC ? "is an executable program"
                                    : header_.e_type == ET_CORE ? "is a core dump"
                                                                : "is an ELF file of unknown type";
      return plugin_error("P123", path_, std::string(what) + ", not a shared object: link it with -shared");
    }
    return {};
  }

  bool read_segments() {
    if (header_.e_phnum == 0 || header_.e_phentsize != sizeof(Elf64_Phdr)) return false;
    headers_.segments.reserve(header_.e_phnum);
    for (std::uint64_t index = 0; index < header_.e_phnum; ++index) {
      if (header_.e_phoff > bytes_.size()) return false;
      const auto segment = bytes_.read<Elf64_Phdr>(header_.e_phoff + index * sizeof(Elf64_Phdr));
      if (!segment || !bytes_.contains(segment->p_offset, segment->p_filesz)) return false;
      if (segment->p_type == PT_GNU_STACK) {
        elf_.stack_declared = true;
        elf_.executable_stack = (segment->p_flags & PF_X) != 0;
      }
      if (segment->p_type == PT_TLS && segment->p_memsz != 0) elf_.thread_local_storage = true;
      headers_.segments.push_back(*segment);
    }
    // A file that says nothing gets what its platform did before the mark was invented: an executable stack.
    if (!elf_.stack_declared) elf_.executable_stack = true;
    return true;
  }

  bool read_sections() {
    if (header_.e_shoff == 0) return true;  // stripped of them, which is legal
    if (header_.e_shentsize != sizeof(Elf64_Shdr)) return false;
    std::uint64_t count = header_.e_shnum;
    if (count == 0) {  // 65280 or more: the number is in the first header
      const auto first = bytes_.read<Elf64_Shdr>(header_.e_shoff);
      if (!first) return false;
      count = first->sh_size;
    }
    if (count > kMaximumSections || !bytes_.contains(header_.e_shoff, count * sizeof(Elf64_Shdr))) return false;
    headers_.sections.reserve(count);
    for (std::uint64_t index = 0; index < count; ++index) {
      const auto section = bytes_.read<Elf64_Shdr>(header_.e_shoff + index * sizeof(Elf64_Shdr));
      if (!section) return false;
      const bool has_bytes = section->sh_type != SHT_NOBITS && section->sh_type != SHT_NULL;
      if (has_bytes && !bytes_.contains(section->sh_offset, section->sh_size)) return false;
      headers_.sections.push_back(*section);
    }
    return true;
  }

  bool read_section_names() {
    if (headers_.sections.empty()) return true;
    std::uint64_t names = header_.e_shstrndx;
    if (names == SHN_XINDEX) names = headers_.sections.front().sh_link;
    if (names == SHN_UNDEF) return true;
    if (names >= headers_.sections.size() || headers_.sections[names].sh_type == SHT_NOBITS) return false;
    const Elf64_Shdr& table = headers_.sections[names];
    elf_.sections.reserve(headers_.sections.size());
    for (const Elf64_Shdr& section : headers_.sections) {
      if (section.sh_type == SHT_NULL) {
        elf_.sections.emplace_back();
        continue;
      }
      const std::optional<std::string_view> name = bytes_.text(table.sh_offset, table.sh_size, section.sh_name);
      if (!name || !budget_.take(name->size())) return false;
      elf_.sections.push_back({std::string(*name), section.sh_type, section.sh_flags, section.sh_size});
    }
    return true;
  }

  bool read_notes() {
    for (const Elf64_Phdr& segment : headers_.segments) {
      if (segment.p_type == PT_NOTE && !read_note_region(segment.p_offset, segment.p_filesz, segment.p_align)) {
        return false;
      }
    }
    for (std::size_t index = 0; index < headers_.sections.size(); ++index) {
      const Elf64_Shdr& section = headers_.sections[index];
      // A compiler may call a note ordinary data; its name still says what it is.
      const bool is_note =
          section.sh_type == SHT_NOTE || (section.sh_type == SHT_PROGBITS && index < elf_.sections.size() &&
                                          elf_.sections[index].name.starts_with(".note.") && section.sh_size != 0 &&
                                          elf_.sections[index].name != ".note.GNU-stack");
      if (is_note && !read_note_region(section.sh_offset, section.sh_size, section.sh_addralign)) return false;
    }
    return true;
  }

  bool read_note_region(std::uint64_t offset, std::uint64_t length, std::uint64_t region_alignment) {
    const std::uint64_t alignment = region_alignment == 8 ? 8 : 4;
    const std::uint64_t end = offset + length;  // lies in the file: no overflow
    while (end - offset >= sizeof(Elf64_Nhdr)) {
      const auto note = bytes_.read<Elf64_Nhdr>(offset);
      if (!note) return false;
      const std::uint64_t owner_start = offset + sizeof(Elf64_Nhdr);
      // Sizes have 32 bits and offsets lie in the file: these sums cannot overflow either.
      const std::uint64_t content_start = offset + round_up(sizeof(Elf64_Nhdr) + note->n_namesz, alignment);
      const std::uint64_t content_end = content_start + note->n_descsz;
      if (content_start > end || content_end > end) return false;
      if (!take_note(offset, owner_start, content_start, *note)) return false;
      offset = std::min(end, content_start + round_up(note->n_descsz, alignment));
    }
    return true;
  }

  bool take_note(std::uint64_t offset, std::uint64_t owner_start, std::uint64_t content_start, const Elf64_Nhdr& note) {
    // Most notes are reachable twice, by section and by segment. Zeros are padding between two of them.
    if (note.n_namesz == 0 && note.n_descsz == 0) return true;
    if (!note_offsets_.insert(offset).second) return true;
    if (!budget_.take(sizeof(ElfNote) + std::uint64_t{note.n_namesz} + note.n_descsz)) return false;
    const std::optional<std::string_view> owner = bytes_.slice(owner_start, note.n_namesz);
    const std::optional<std::string_view> content = bytes_.slice(content_start, note.n_descsz);
    if (!owner || !content) return false;
    const std::string_view name = owner->substr(0, owner->find('\0'));
    if (name == "GNU" && note.n_type == NT_GNU_BUILD_ID) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      elf_.build_id.clear();
      for (const char character : content->substr(0, 64)) {
        const auto byte = static_cast<unsigned char>(character);
        elf_.build_id += kDigits[byte >> 4U];
        elf_.build_id += kDigits[byte & 15U];
      }
    }
    elf_.notes.push_back({std::string(name), note.n_type, std::string(*content)});
    return true;
  }

  ElfBytes bytes_;
  std::string_view path_;
  Elf64_Ehdr header_{};
  ElfHeaders headers_;
  ElfBudget budget_;
  std::set<std::uint64_t> note_offsets_;
  ElfFile elf_;
};

}  // namespace

bool ElfFile::exports_symbol(std::string_view name) const {
  return std::any_of(exports.begin(), exports.end(), [name](const ElfSymbol& symbol) { return symbol.name == name; });
}

std::vector<const ElfNote*> ElfFile::find_notes(std::string_view owner, std::uint32_t note_type) const {
  std::vector<const ElfNote*> found;
  for (const ElfNote& note : notes) {
    if (note.type == note_type && note.owner == owner) found.push_back(&note);
  }
  return found;
}

Result<ElfFile> read_elf(std::span<const std::byte> bytes, std::string_view path) {
  return FileReader(bytes, path).run();
}

Result<ElfFile> read_elf(int descriptor, std::string_view path) {
  const Result<detail::LibraryImage> image = detail::read_image(descriptor, path);
  if (!image) return image.error();
  return read_elf(image->bytes(), path);
}

std::string elf_machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "AArch64";
    case EM_386: return "x86 (32 bits)";
    case EM_ARM: return "ARM (32 bits)";
    case EM_RISCV: return "RISC-V";
    case EM_PPC64: return "POWER";
    case EM_S390: return "IBM Z";
    default: return "machine " + std::to_string(machine);
  }
}

}  // namespace shunt
