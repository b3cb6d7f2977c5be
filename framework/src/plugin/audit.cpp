// SPDX-License-Identifier: Apache-2.0
#include <shunt/abi/library.h>

#include <algorithm>
#include <array>
#include <shunt/framework/audit.hpp>
#include <shunt/framework/trust.hpp>
#include <utility>

#include "plugin/library_image.hpp"
#include "plugin/plugin_error.hpp"

namespace shunt {
namespace {

using detail::joined;
using detail::quote;

// Present on every machine that runs the host. What the sanitizers bring is in a build for tests only.
constexpr std::array<std::string_view, 13> kSystemLibraries = {
    "libc.so.",      "libm.so.",      "libpthread.so.", "libdl.so.",   "librt.so.",    "libgcc_s.so.", "libstdc++.so.",
    "libatomic.so.", "libresolv.so.", "ld-linux",       "libasan.so.", "libubsan.so.", "libtsan.so."};

// Answered by the program of a sanitized build.
constexpr std::array<std::string_view, 6> kSanitizerPrefixes = {"__asan_", "__tsan_",     "__ubsan_",
                                                                "__lsan_", "__sanitizer", "__interceptor_"};

// Older linkers export these from everything; nobody binds to them.
constexpr std::array<std::string_view, 5> kLinkerSymbols = {"_init", "_fini", "_edata", "_end", "__bss_start"};

// Part of the mangled name of everything in shunt::sdk::detail.
constexpr std::string_view kSdkNamespace = "N5shunt3sdk6detail";

struct ImportOfInterest {
  std::string_view name;
  std::string_view reason;
};

constexpr std::array<ImportOfInterest, 24> kImportsOfInterest = {{
    {"dlopen", "loads further code that nobody audits"},
    {"dlmopen", "loads further code that nobody audits"},
    {"fork", "duplicates a process with threads and open connections"},
    {"vfork", "duplicates a process with threads and open connections"},
    {"system", "starts programs"},
    {"popen", "starts programs"},
    {"posix_spawn", "starts programs"},
    {"execve", "replaces the process"},
    {"execv", "replaces the process"},
    {"execvp", "replaces the process"},
    {"signal", "changes signal handling of the whole process"},
    {"sigaction", "changes signal handling of the whole process"},
    {"pthread_create", "starts threads; the host calls plugins, they need none"},
    {"_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE",
     "starts threads; the host calls plugins, they need none"},
    {"exit", "ends the process"},
    {"_exit", "ends the process"},
    {"quick_exit", "ends the process"},
    {"setenv", "changes the environment while other threads read it"},
    {"putenv", "changes the environment while other threads read it"},
    {"unsetenv", "changes the environment while other threads read it"},
    {"setlocale", "changes how the whole process reads and writes numbers"},
    {"chdir", "changes the working directory of the whole process"},
    {"umask", "changes the permissions of files that the host creates"},
    {"getenv", "reads the environment; a plugin's input is its parameters"},
}};

template <class Prefixes>
bool starts_with_any(std::string_view name, const Prefixes& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

std::vector<std::string> quoted_names(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(quote(name));
  return out;
}

// Runs all rules, one after the other; none depends on the outcome of another.
class Auditor {
 public:
  explicit Auditor(AuditReport& report) : report_(report), elf_(report.elf) {}

  void run() {
    check_manifest();
    check_entry();
    check_paths();
    check_stack();
    check_exports();
    check_imports();
    check_dependencies();
    check_build();
    std::stable_sort(
        report_.findings.begin(), report_.findings.end(),
        [](const AuditFinding& left, const AuditFinding& right) { return left.severity < right.severity; });
  }

 private:
  void error(std::string_view code, std::string_view rule, std::string text, std::string advice) {
    report_.findings.push_back(
        {FindingSeverity::Error, std::string(rule), std::move(text), std::move(advice), std::string(code)});
  }

  void note(FindingSeverity severity, std::string_view rule, std::string text, std::string advice) {
    report_.findings.push_back({severity, std::string(rule), std::move(text), std::move(advice), {}});
  }

  // An error message of another part without the path that it begins with: a report names the file once.
  void take(const Error& failure, std::string_view rule) {
    const std::size_t prefix = quote(report_.path.string()).size() + 1;
    const std::string text = failure.message.substr(std::min(prefix, failure.message.size()));
    const std::size_t colon = text.find(": ");
    const bool split = colon != std::string::npos && text.find('\n') == std::string::npos;
    error(failure.code, rule, split ? text.substr(0, colon) : text, split ? text.substr(colon + 2) : std::string());
  }

  void check_manifest() {
    const std::string path = report_.path.string();
    Result<Manifest> manifest = manifest_of(elf_, path);
    if (!manifest) return take(manifest.error(), "manifest");
    report_.manifest = *std::move(manifest);
    if (Result<void> spoken = check_abi(*report_.manifest, path); !spoken) take(spoken.error(), "abi");
  }

  void check_entry() {
    if (elf_.exports_symbol(SHUNT_LIBRARY_ENTRY_NAME)) return;
    error("P162", "no-entry", "does not export the function " SHUNT_LIBRARY_ENTRY_NAME,
          "use the SDK's library macro and keep the function visible in the version script");
  }

  void check_paths() {
    const auto check = [this](const std::optional<std::string>& path, std::string_view kind) {
      if (!path) return;
      error(
          "P130", "runpath", "has a " + std::string(kind) + " " + quote(*path),
          "link without -rpath and take private dependencies in statically: a copy of the library is loaded, for which "
          "such a path means another place");
    };
    check(elf_.rpath, "RPATH");
    check(elf_.runpath, "RUNPATH");
  }

  void check_stack() {
    if (!elf_.executable_stack) return;
    error("P131", "executable-stack",
          elf_.stack_declared ? "asks for an executable stack" : "does not say that it needs no executable stack",
          "link with -Wl,-z,noexecstack; assembler files need a .note.GNU-stack section");
  }

  void check_exports() {
    std::vector<std::string> extra;
    std::vector<std::string> unique;
    std::vector<std::string> unique_of_sdk;
    std::vector<std::string> local_to_threads;
    for (const ElfSymbol& symbol : elf_.exports) {
      if (symbol.binding == ElfBinding::Unique) {
        const bool of_sdk = symbol.name.find(kSdkNamespace) != std::string::npos;
        (of_sdk ? unique_of_sdk : unique).push_back(symbol.name);
      }
      if (symbol.is_thread_local) local_to_threads.push_back(symbol.name);
      const bool linker = std::find(kLinkerSymbols.begin(), kLinkerSymbols.end(), symbol.name) != kLinkerSymbols.end();
      if (!linker && !symbol.name.starts_with("shunt_library_entry_v")) extra.push_back(symbol.name);
    }
    if (!extra.empty()) {
      note(FindingSeverity::Warning, "extra-export", "exports more than its entry function: " + joined(extra),
           "link with a version script that keeps all other symbols local, as shunt_add_plugin() does");
    }
    if (!unique_of_sdk.empty()) {
      error("P132", "shared-sdk",
            "shares its tables with every other version of itself, so a newer one would run the code of the older: " +
                joined(unique_of_sdk),
            "rebuild against the host's SDK, which hides them whatever the flags are");
    }
    if (!unique.empty()) {
      note(FindingSeverity::Warning, "unique-symbol",
           "has symbols that are unique per process, so an old and a new version of it would share them: " +
               joined(unique),
           "compile with -fno-gnu-unique and link with a version script, as shunt_add_plugin() does");
    }
    if (!local_to_threads.empty() || elf_.thread_local_storage) {
      note(FindingSeverity::Warning, "thread-local",
           "has thread-local variables" + (local_to_threads.empty() ? "" : ": " + joined(local_to_threads)),
           "keep state in the instance: one instance is called by many threads, and reloads leave these variables "
           "behind");
    }
  }

  void check_imports() {
    std::vector<std::string> unresolved;
    for (const ElfSymbol& symbol : elf_.imports) {
      const auto interest =
          std::find_if(kImportsOfInterest.begin(), kImportsOfInterest.end(),
                       [&symbol](const ImportOfInterest& entry) { return entry.name == symbol.name; });
      if (interest != kImportsOfInterest.end()) {
        const std::string shown = symbol.name.starts_with("_ZNSt6thread") ? "std::thread" : symbol.name;
        note(FindingSeverity::Warning, "import-of-interest", "calls " + shown + ": " + std::string(interest->reason),
             "have a look at why, or do without");
      }
      // What the linker found in a library of the system got a version there.
      if (!symbol.versioned && symbol.binding == ElfBinding::Global &&
          !starts_with_any(symbol.name, kSanitizerPrefixes)) {
        unresolved.push_back(symbol.name);
      }
    }
    if (!unresolved.empty() && private_libraries().empty()) {
      note(FindingSeverity::Warning, "undefined-check",
           "needs symbols that no library it is linked with defines: " + joined(unresolved),
           "link with -Wl,-z,defs, which names the place that uses them; as it is, loading will fail");
    }
  }

  std::vector<std::string> private_libraries() const {
    std::vector<std::string> found;
    for (const std::string& name : elf_.needed) {
      if (!starts_with_any(name, kSystemLibraries)) found.push_back(name);
    }
    return found;
  }

  void check_dependencies() {
    const std::vector<std::string> libraries = private_libraries();
    if (libraries.empty()) return;
    note(FindingSeverity::Warning, "needs-private-library",
         "needs libraries that are not part of every system: " + joined(quoted_names(libraries)),
         "link them statically (-Wl,--exclude-libs,ALL keeps their symbols inside)");
  }

  void check_build() {
    if (elf_.text_relocations) {
      note(FindingSeverity::Warning, "text-relocations", "must be changed in memory before it runs",
           "compile everything in it with -fPIC");
    }
    if (elf_.build_id.empty()) {
      note(FindingSeverity::Warning, "no-build-id", "has no build id, by which a crash report finds its debug symbols",
           "link with -Wl,--build-id");
    }
    if (!elf_.bind_now) {
      note(FindingSeverity::Info, "lazy-binding", "asks for its symbols to be bound at the first call",
           "link with -Wl,-z,now; this host binds all symbols while loading anyway");
    }
  }

  AuditReport& report_;
  const ElfFile& elf_;
};

}  // namespace

std::string_view to_string(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::Error: return "error";
    case FindingSeverity::Warning: return "warning";
    case FindingSeverity::Info: break;
  }
  return "info";
}

bool AuditReport::has_errors() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const AuditFinding& finding) { return finding.severity == FindingSeverity::Error; });
}

const AuditFinding* AuditReport::find(std::string_view rule) const {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [rule](const AuditFinding& finding) { return finding.rule == rule; });
  return found == findings.end() ? nullptr : &*found;
}

AuditReport audit_elf(ElfFile elf, const std::filesystem::path& path, std::string sha256, std::uint64_t size) {
  AuditReport report;
  report.path = path;
  report.size = size;
  report.sha256 = std::move(sha256);
  report.elf = std::move(elf);
  Auditor(report).run();
  return report;
}

Result<AuditReport> audit_library(const std::filesystem::path& path) {
  const Result<OpenLibrary> file = open_library(path);
  if (!file) return file.error();
  const std::string name = file->path().string();
  const Result<detail::LibraryImage> image = detail::read_image(file->descriptor(), name);
  if (!image) return image.error();
  Result<ElfFile> elf = read_elf(image->bytes(), name);
  if (!elf) return elf.error();
  return audit_elf(*std::move(elf), file->path(), image->sha256(), image->bytes().size());
}

}  // namespace shunt
