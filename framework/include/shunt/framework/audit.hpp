// SPDX-License-Identifier: Apache-2.0
// audit.hpp: what can be said about a library without executing any of its code.
//
//   shunt::Result<shunt::AuditReport> report = shunt::audit_library("queue_scorer.so");
//   for (const auto& finding : report->findings) std::cout << finding.rule << ": " << finding.text << '\n';
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <shunt/framework/elf_file.hpp>
#include <shunt/framework/error.hpp>
#include <shunt/framework/manifest.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

enum class FindingSeverity {
  Error,    // the host refuses to load the library
  Warning,  // it loads, and somebody should look at it
  Info      // worth knowing
};

// "error", "warning", "info".
std::string_view to_string(FindingSeverity severity);

// One observation. `rule` is a stable word: "runpath", "executable-stack", "no-entry", "manifest", "abi",
// "extra-export", "unique-symbol", "undefined-check", "import-of-interest", "needs-private-library",
// "text-relocations", "no-build-id", "thread-local", "lazy-binding".
struct AuditFinding {
  FindingSeverity severity = FindingSeverity::Warning;
  std::string rule;
  std::string text;    // what was found
  std::string advice;  // what to do about it
  std::string code;    // of errors: the code that loading fails with
};

struct AuditReport {
  std::filesystem::path path;
  std::uint64_t size = 0;  // bytes of the file
  std::string sha256;      // lower-case hex
  ElfFile elf;
  std::optional<Manifest> manifest;    // absent where the finding "manifest" says why
  std::vector<AuditFinding> findings;  // errors first, then in the order of the list above

  bool has_errors() const;
  const AuditFinding* find(std::string_view rule) const;  // the first of that rule, or null
};

// Reads and judges a file. Fails only where there is nothing to judge: the file cannot be read or is no shared object
// of this machine. Trust is not part of the audit: see trust.hpp.
Result<AuditReport> audit_library(const std::filesystem::path& path);

// Judges what was already read; `sha256` and `size` are for the report.
AuditReport audit_elf(ElfFile elf, const std::filesystem::path& path, std::string sha256, std::uint64_t size);

}  // namespace shunt
