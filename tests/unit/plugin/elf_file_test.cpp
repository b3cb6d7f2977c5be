// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <shunt/abi/manifest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <shunt/framework/elf_file.hpp>

#include "support.hpp"

namespace shunt {
namespace {

using test::bytes_of;
using test::fixture;
using test::read_file;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Result<ElfFile> read(const std::string& bytes) { return read_elf(bytes_of(bytes), "/x/plugin.so"); }

Error failure_of(const std::string& bytes) {
  const Result<ElfFile> elf = read(bytes);
  return elf ? Error{} : elf.error();
}

std::string good() { return read_file(fixture("good.so")); }

// Overwrites some bytes of a copy.
template <class T>
std::string patched(std::string bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
  return bytes;
}

std::string without_section_headers(std::string bytes) {
  bytes = patched(std::move(bytes), offsetof(Elf64_Ehdr, e_shoff), Elf64_Off{0});
  bytes = patched(std::move(bytes), offsetof(Elf64_Ehdr, e_shnum), std::uint16_t{0});
  return patched(std::move(bytes), offsetof(Elf64_Ehdr, e_shstrndx), std::uint16_t{0});
}

TEST(ElfFile, ReadsWhatALibrarySaysAboutItself) {
  const Result<ElfFile> elf = read(good());
  ASSERT_TRUE(elf) << elf.error().message;
  EXPECT_EQ(elf->type, ET_DYN);
  EXPECT_TRUE(elf->exports_symbol("shunt_library_entry_v1"));
  EXPECT_FALSE(elf->exports_symbol("shunt_library_entry_v2"));
  EXPECT_EQ(elf->exports.size(), 1U);
  EXPECT_EQ(elf->find_notes("shunt", SHUNT_MANIFEST_NOTE).size(), 1U) << "reachable by section and segment";
  EXPECT_EQ(elf->build_id.size(), 40U);
  EXPECT_TRUE(elf->bind_now);
  EXPECT_TRUE(elf->stack_declared);
  EXPECT_FALSE(elf->executable_stack);
  EXPECT_FALSE(elf->thread_local_storage);
  EXPECT_FALSE(elf->runpath);
  EXPECT_FALSE(elf->rpath);
  EXPECT_TRUE(std::any_of(elf->sections.begin(), elf->sections.end(),
                          [](const ElfSection& section) { return section.name == SHUNT_MANIFEST_SECTION; }));
}

TEST(ElfFile, ReadsTheSameFromADescriptorWithoutMovingIt) {
  const int descriptor = open(fixture("good.so").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const Result<ElfFile> elf = read_elf(descriptor, "good.so");
  EXPECT_EQ(lseek(descriptor, 0, SEEK_CUR), 0);
  close(descriptor);
  ASSERT_TRUE(elf);
  EXPECT_EQ(elf->build_id, read(good())->build_id);
}

TEST(ElfFile, NeedsNoSectionHeaders) {
  const Result<ElfFile> elf = read(without_section_headers(good()));
  ASSERT_TRUE(elf) << elf.error().message;
  EXPECT_TRUE(elf->sections.empty());
  EXPECT_TRUE(elf->exports_symbol("shunt_library_entry_v1"));
  EXPECT_EQ(elf->find_notes("shunt", SHUNT_MANIFEST_NOTE).size(), 1U);
}

TEST(ElfFile, SeesSearchPathsStacksAndThreadLocals) {
  EXPECT_EQ(read(read_file(fixture("runpath.so")))->runpath, "$ORIGIN/lib");
  EXPECT_EQ(read(read_file(fixture("rpath.so")))->rpath, "/opt/fixture");
  EXPECT_TRUE(read(read_file(fixture("executable_stack.so")))->executable_stack);
  const Result<ElfFile> suspicious = read(read_file(fixture("suspicious.so")));
  EXPECT_TRUE(suspicious->thread_local_storage);
  const auto fork_import = std::find_if(suspicious->imports.begin(), suspicious->imports.end(),
                                        [](const ElfSymbol& symbol) { return symbol.name == "fork"; });
  ASSERT_NE(fork_import, suspicious->imports.end());
  EXPECT_TRUE(fork_import->versioned);
  EXPECT_THAT(read(read_file(fixture("private_dependency.so")))->needed, Contains("libshunt_fixture_private.so"));
}

TEST(ElfFile, SeesUniqueSymbols) {
  const Result<ElfFile> elf = read(read_file(fixture("unique_symbol.so")));
  ASSERT_TRUE(elf);
  EXPECT_TRUE(std::any_of(elf->exports.begin(), elf->exports.end(),
                          [](const ElfSymbol& symbol) { return symbol.binding == ElfBinding::Unique; }));
}

TEST(ElfFile, TellsWhatIsNoElfFile) {
  const Error text = failure_of("INPUT(libgood.so.1)\n");
  EXPECT_EQ(text.code, "P120");
  EXPECT_EQ(text.kind, ErrorKind::Plugin);
  EXPECT_THAT(text.message, StartsWith("\"/x/plugin.so\" is not an ELF file"));
  const Error empty = failure_of("");
  EXPECT_EQ(empty.code, "P120");
  EXPECT_THAT(empty.message, HasSubstr("is empty"));
}

TEST(ElfFile, TellsOtherWordSizesAndByteOrders) {
  const Error narrow = failure_of(patched(good(), EI_CLASS, static_cast<unsigned char>(ELFCLASS32)));
  EXPECT_EQ(narrow.code, "P121");
  EXPECT_THAT(narrow.message, HasSubstr("is a 32-bit little-endian ELF file"));
  const Error swapped = failure_of(patched(good(), EI_DATA, static_cast<unsigned char>(ELFDATA2MSB)));
  EXPECT_EQ(swapped.code, "P121");
  EXPECT_THAT(swapped.message, HasSubstr("big-endian"));
}

TEST(ElfFile, NamesBothMachines) {
  const std::uint16_t own = read(good())->machine;
  const std::uint16_t other = own == EM_AARCH64 ? EM_X86_64 : EM_AARCH64;
  const Error failure = failure_of(patched(good(), offsetof(Elf64_Ehdr, e_machine), other));
  EXPECT_EQ(failure.code, "P122");
  EXPECT_THAT(failure.message, HasSubstr("is built for " + elf_machine_name(other)));
  EXPECT_THAT(failure.message, HasSubstr("this host runs on " + elf_machine_name(own)));
  EXPECT_THAT(failure.message, HasSubstr("rebuild it"));
  EXPECT_EQ(elf_machine_name(47806), "machine 47806");
}

TEST(ElfFile, TellsWhatIsNoSharedObject) {
  const auto of_type = [](std::uint16_t type) {
    return failure_of(patched(good(), offsetof(Elf64_Ehdr, e_type), type));
  };
  EXPECT_EQ(of_type(ET_REL).code, "P123");
  EXPECT_THAT(of_type(ET_REL).message, HasSubstr("is an object file, not a shared object: link it with -shared"));
  EXPECT_THAT(of_type(ET_EXEC).message, HasSubstr("is an executable program"));
  EXPECT_THAT(of_type(ET_CORE).message, HasSubstr("is a core dump"));
  // This program itself: a position independent executable looks like a shared object at first.
  const Error self = failure_of(read_file("/proc/self/exe"));
  EXPECT_EQ(self.code, "P123") << self.message;
}

TEST(ElfFile, IsTruncatedAtAnyLengthWithoutHarm) {
  const std::string whole = good();
  for (std::size_t length = 0; length < whole.size(); length += length < 1024 ? 1 : 61) {
    const Error failure = failure_of(whole.substr(0, length));
    EXPECT_EQ(failure.code, length < 4 ? "P120" : "P124") << "at " << length << ": " << failure.message;
  }
  EXPECT_THAT(failure_of(whole.substr(0, 2000)).message, HasSubstr("(it has 2000 bytes): it is cut off or damaged"));
}

TEST(ElfFile, SurvivesRandomDamage) {
  const std::string whole = good();
  std::mt19937 random(20240817);
  std::size_t accepted = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string bytes = round % 2 == 0 ? whole : without_section_headers(whole);
    for (std::uint32_t change = 0; change <= random() % 6; ++change) {
      // The tables that everything else hangs on are hit more often than the rest.
      const std::size_t range = random() % 2 == 0 ? 1024 : bytes.size();
      const std::size_t offset = random() % std::min(range, bytes.size() - 8);
      const std::uint64_t values[] = {0, 1, 0x7fffffff, 0xffffffffffffffff, 0x8000000000000000, random()};
      const std::uint64_t value = values[random() % std::size(values)];
      std::memcpy(bytes.data() + offset, &value, std::size_t{1} << (random() % 4));
    }
    const Result<ElfFile> elf = read(bytes);
    if (elf) {
      ++accepted;
    } else {
      EXPECT_THAT(elf.error().message, StartsWith("\"/x/plugin.so\" "));
    }
  }
  EXPECT_GT(accepted, 0U);
}

}  // namespace
}  // namespace shunt
