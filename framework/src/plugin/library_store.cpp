// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <map>
#include <mutex>
#include <shunt/framework/audit.hpp>
#include <shunt/framework/call_marks.hpp>
#include <shunt/framework/library_store.hpp>
#include <shunt/framework/trust.hpp>
#include <utility>

#include "plugin/library_image.hpp"
#include "plugin/library_mapping.hpp"
#include "plugin/library_table.hpp"
#include "plugin/loader.hpp"
#include "plugin/plugin_error.hpp"
#include "plugin/staging.hpp"

namespace shunt {
namespace {

using detail::plugin_error;
using detail::quote;

// The findings that refuse a library, as one message.
Error audit_error(const AuditReport& report) {
  const auto sentence = [](const AuditFinding& finding) {
    return finding.advice.empty() ? finding.text : finding.text + ": " + finding.advice;
  };
  std::vector<const AuditFinding*> errors;
  for (const AuditFinding& finding : report.findings) {
    if (finding.severity == FindingSeverity::Error) errors.push_back(&finding);
  }
  const std::string path = report.path.string();
  if (errors.size() == 1) return plugin_error(errors.front()->code, path, sentence(*errors.front()));
  std::string text = "is refused for " + std::to_string(errors.size()) + " reasons:";
  for (const AuditFinding* finding : errors) text += "\n  - " + sentence(*finding);
  return plugin_error(errors.front()->code, path, text);
}

// What to do about the most frequent failures of the loader, by the words that glibc uses.
std::string loader_advice(std::string_view text) {
  const auto says = [text](std::string_view words) { return text.find(words) != std::string_view::npos; };
  if (says("undefined symbol")) {
    return "built without -z defs? Link with -Wl,-z,defs to see what is missing, and link it in";
  }
  if (says("not found (required by")) return "built on a newer system? Build it on the oldest one that it shall run on";
  if (says("cannot open shared object file")) return "link private dependencies statically";
  if (says("failed to map segment")) return "is the staging directory mounted noexec? Name another one";
  if (says("static TLS")) return "compile without -ftls-model=initial-exec, or without thread-local variables";
  return "see `shunt plugin inspect` for what it needs";
}

Error loader_error(std::string_view path, std::string text, const std::filesystem::path& staged) {
  // The loader speaks of the copy, which nobody but this process knows.
  for (std::string_view name : {staged.native() + ": ", staged.native()}) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name)) text.erase(at, name.size());
  }
  const bool undefined = text.find("undefined symbol") != std::string::npos;
  return plugin_error(undefined ? "P161" : "P160", path,
                      "could not be loaded: " + text + " (" + loader_advice(text) + ")");
}

}  // namespace

struct LibraryStore::State {
  // What became of some bytes: a mapping, or the reason why they are mapped for nothing.
  struct Content {
    std::shared_ptr<LibraryMapping> mapping;
    Error failure;
    std::string failure_path;
    std::map<std::string, std::weak_ptr<const Library>> libraries;  // by path
  };

  explicit State(LibraryStoreOptions store_options)
      : options(std::move(store_options)), staging(options.staging_parent) {}

  Result<std::shared_ptr<const Library>> load(const std::filesystem::path& path,
                                              const std::optional<std::string>& sha256_pin) {
    const Result<OpenLibrary> file = open_library(path);
    if (!file) return file.error();
    if (options.check_trust) {
      const TrustOptions trust{options.trusted_directories};
      if (const Result<void> trusted = check_trust(*file, trust); !trusted) return trusted.error();
    }
    const std::string name = file->path().string();
    const Result<detail::LibraryImage> image = detail::read_image(file->descriptor(), name);
    if (!image) return image.error();
    const std::string sha256 = image->sha256();
    // Without a hash nothing tells one content from another.
    if (sha256.empty()) return plugin_error("P102", name, "cannot be hashed: the crypto library offers no SHA-256");
    if (sha256_pin) {
      if (const Result<void> pinned = check_pin(name, sha256, *sha256_pin); !pinned) return pinned.error();
    }
    return load_image(*image, file->path(), sha256);
  }

  Result<std::shared_ptr<const Library>> load_copy(const std::filesystem::path& copy, const std::filesystem::path& path,
                                                   const std::string& sha256) {
    const Result<OpenLibrary> file = open_library(copy);
    if (!file) return file.error();
    const Result<detail::LibraryImage> image = detail::read_image(file->descriptor(), path.string());
    if (!image) return image.error();
    if (const Result<void> same = check_pin(path.string(), image->sha256(), sha256); !same) return same.error();
    return load_image(*image, path, sha256, copy);
  }

  Result<std::shared_ptr<const Library>> load_image(const detail::LibraryImage& image,
                                                    const std::filesystem::path& path, const std::string& sha256,
                                                    const std::filesystem::path& copy = {}) {
    if (options.refuse) {
      if (const auto why = options.refuse(sha256)) return plugin_error("P169", path.string(), *why);
    }
    auto content = contents.find(sha256);
    if (content == contents.end()) {
      const Result<AuditReport> report = judge(image, path, sha256);
      if (!report) return report.error();
      if (options.before_mapping) {
        if (auto refused = options.before_mapping(path, sha256)) return *std::move(refused);
      }
      Result<Content> loaded = map(image, *report, copy);
      if (!loaded) return loaded.error();
      content = contents.emplace(sha256, *std::move(loaded)).first;
    }
    return library_of(content->second, path);
  }

  // All that can be said before any of its code runs.
  Result<AuditReport> judge(const detail::LibraryImage& image, const std::filesystem::path& path,
                            const std::string& sha256) const {
    Result<ElfFile> elf = read_elf(image.bytes(), path.string());
    if (!elf) return elf.error();
    AuditReport report = audit_elf(*std::move(elf), path, sha256, image.bytes().size());
    if (report.has_errors()) return audit_error(report);
    if (contents.size() >= options.maximum_libraries + beyond) {
      return plugin_error(
          "P167", path.string(),
          "would be number " + std::to_string(contents.size() + 1) +
              " of the libraries that this process has mapped, and mapped libraries stay; the limit is " +
              std::to_string(options.maximum_libraries) +
              ": hand over to a fresh worker process: shunt reload --fresh-worker");
    }
    return report;
  }

  // An error answer means that nothing was mapped; a Content with a failure, that the mapping is of no use.
  Result<Content> map(const detail::LibraryImage& image, const AuditReport& report, const std::filesystem::path& copy) {
    const std::string name = report.path.string();
    const Result<std::filesystem::path> staged = staging.write(image.bytes(), report.sha256, report.path, copy);
    if (!staged) return staged.error();
    const std::uint32_t mark = mark_library(name, report.sha256);
    detail::LoadOutcome outcome = [&] {
      const CallMark running(mark, PluginFunction::Load);
      return detail::map_for_good(*staged);
    }();
    if (!outcome.mapped) {
      std::error_code ignored;
      std::filesystem::remove(*staged, ignored);
      return loader_error(name, std::move(outcome.text), *staged);
    }
    Content content;
    content.failure_path = name;
    if (outcome.entry == nullptr) {
      content.failure =
          plugin_error("P162", name, "has an entry function that the loader does not find: " + outcome.text);
      return content;
    }
    mark_library_text(mark, reinterpret_cast<const void*>(outcome.entry));
    Result<detail::LibraryTable> table = [&] {
      const CallMark running(mark, PluginFunction::Describe);
      return detail::read_table(outcome.entry, name);
    }();
    if (!table) {
      content.failure = table.error();
      return content;
    }
    if (const Result<void> same = detail::compare_facts(*report.manifest, table->facts, name); !same) {
      content.failure = same.error();
      return content;
    }
    LibraryMapping::Parts parts{report.sha256, *staged, *report.manifest, table->library, std::move(table->plugins),
                                mark};
    for (std::size_t index = 0; index < parts.manifest.plugins.size(); ++index) {
      // Equal in meaning; the table's text is as its author wrote it.
      parts.manifest.plugins[index].parameters_schema = std::move(table->facts.plugins[index].parameters_schema);
    }
    content.mapping = std::make_shared<LibraryMapping>(std::move(parts));
    return content;
  }

  static Result<std::shared_ptr<const Library>> library_of(Content& content, const std::filesystem::path& path) {
    if (content.mapping == nullptr) {
      // Asked again, perhaps by another name: loading it again would only map it once more.
      Error failure = content.failure;
      failure.message.replace(0, quote(content.failure_path).size(), quote(path.string()));
      return failure;
    }
    std::erase_if(content.libraries, [](const auto& entry) { return entry.second.expired(); });
    std::weak_ptr<const Library>& known = content.libraries[path.string()];
    std::shared_ptr<const Library> library = known.lock();
    if (library == nullptr) {
      library = std::make_shared<Library>(path, content.mapping);
      known = library;
    }
    return library;
  }

  const LibraryStoreOptions options;
  std::size_t beyond = 0;
  mutable std::mutex mutex;
  detail::StagingDirectory staging;
  std::map<std::string, Content> contents;  // by SHA-256
};

LibraryStore::LibraryStore(LibraryStoreOptions options) : state_(std::make_unique<State>(std::move(options))) {}

LibraryStore::~LibraryStore() = default;

Result<std::shared_ptr<const Library>> LibraryStore::load(const std::filesystem::path& path,
                                                          const std::optional<std::string>& sha256_pin) {
  const std::scoped_lock lock(state_->mutex);
  try {
    return state_->load(path, sha256_pin);
  } catch (const std::exception& failure) {  // no memory, or a name that the file system library cannot handle
    return plugin_error("P102", path.string(), "cannot be loaded: " + std::string(failure.what()));
  }
}

Result<std::shared_ptr<const Library>> LibraryStore::load_copy(const std::filesystem::path& copy,
                                                               const std::filesystem::path& path,
                                                               const std::string& sha256) {
  const std::scoped_lock lock(state_->mutex);
  try {
    return state_->load_copy(copy, path, sha256);
  } catch (const std::exception& failure) {
    return plugin_error("P102", path.string(), "cannot be loaded: " + std::string(failure.what()));
  }
}

std::size_t LibraryStore::distinct() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->contents.size();
}

std::size_t LibraryStore::maximum() const { return state_->options.maximum_libraries; }

void LibraryStore::allow_beyond(std::size_t libraries) {
  const std::scoped_lock lock(state_->mutex);
  state_->beyond = libraries;
}

std::filesystem::path LibraryStore::staging_directory() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->staging.path();
}

}  // namespace shunt
