// SPDX-License-Identifier: Apache-2.0
// quarantine.hpp: libraries that have crashed or hung a host, by the hash of their bytes. A file in the state folder, so that
// they stay out when the host is started anew.
//
//   Quarantine quarantine(folder);
//   auto entries = quarantine.read();
//   if (auto entry = find(*entries, sha256)) refuse(entry->sentence());
#pragma once

#include <shunt/framework/error.hpp>

#include <boost/json/value.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::host {

struct QuarantinedLibrary {
  std::string sha256;
  std::string library;  // path
  std::string plugin;   // name of the instance; empty: the library itself, while it was loaded
  std::string type;
  std::string function;
  std::string reason;  // "SIGSEGV", "it did not return within 2000 ms"
  std::string time;    // UTC, as in "2026-11-21T14:29:08Z"
  std::string report;  // file

  // Why it is not loaded, for people.
  std::string sentence() const;
};

boost::json::array to_json(const std::vector<QuarantinedLibrary>& libraries);
// Nothing where `value` is no such list.
std::optional<std::vector<QuarantinedLibrary>> quarantined_from_json(const boost::json::value& value);

class Quarantine {
 public:
  // An empty folder: there is no quarantine, and nothing can be added. `also`: libraries that are in quarantine though the file does
  // not say so, because it could not be written.
  explicit Quarantine(const std::filesystem::path& folder, std::vector<QuarantinedLibrary> also = {});

  const std::filesystem::path& file() const { return file_; }
  const std::vector<QuarantinedLibrary>& also() const { return also_; }
  // From now on read() passes over these hashes.
  void spare(std::vector<std::string> hashes) { spared_ = std::move(hashes); }

  // A file that is not there is an empty quarantine; E362 for one that cannot be read.
  Result<std::vector<QuarantinedLibrary>> read() const;
  // Where the file cannot be read, what is known without it.
  std::vector<QuarantinedLibrary> read_or_known() const;
  // Replaces what is there about the same hash. Makes the folder. The answer is false where another process kept the folder locked:
  // what both wrote at that moment may have become what one of them wrote.
  Result<bool> add(const QuarantinedLibrary& library) const;
  // Takes out all whose hash begins with `digits`. Answers those that were in it.
  Result<std::vector<QuarantinedLibrary>> lift(std::string_view digits) const;

 private:
  Result<std::vector<QuarantinedLibrary>> read_file_only() const;
  Result<void> write(const std::vector<QuarantinedLibrary>& libraries) const;

  std::filesystem::path file_;
  std::vector<QuarantinedLibrary> also_;
  std::vector<std::string> spared_;
};

}  // namespace shunt::host
