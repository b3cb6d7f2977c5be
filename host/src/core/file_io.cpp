// SPDX-License-Identifier: Apache-2.0
#include "file_io.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

namespace shunt::host {

namespace {

Error unreadable(const std::string& why) { return {ErrorKind::Config, "E101", "the file cannot be read: " + why}; }

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  if (status.type() == std::filesystem::file_type::not_found) return unreadable("there is no such file");
  if (failure) return unreadable(failure.message());
  if (std::filesystem::is_directory(status)) return unreadable("it is a directory");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(errno != 0 ? std::strerror(errno) : "it cannot be opened");
  return read_stream(file);
}

Result<std::string> read_stream(std::istream& stream) {
  std::string text;
  char block[1 << 16];
  while (stream.read(block, sizeof block) || stream.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kMaximumFileBytes) return unreadable("it is larger than 1 GiB");
  }
  if (stream.bad()) return unreadable("reading failed");
  return text;
}

Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
  const auto failed = [&](const std::string& why) {
    return Error{ErrorKind::Operation, "", "cannot write " + path.string() + ": " + why};
  };
  std::filesystem::path temporary = path;
  temporary += ".part";
  errno = 0;
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  std::error_code ignored;
  if (!file) {
    const std::string why = errno != 0 ? std::strerror(errno) : "unknown reason";
    std::filesystem::remove(temporary, ignored);
    return failed(why);
  }
  std::error_code failure;
  std::filesystem::rename(temporary, path, failure);
  if (failure) {
    std::filesystem::remove(temporary, ignored);
    return failed(failure.message());
  }
  return {};
}

}  // namespace shunt::host
