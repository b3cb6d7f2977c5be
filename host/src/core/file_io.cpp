// SPDX-License-Identifier: Apache-2.0
#include "file_io.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

namespace shunt::host {

namespace {

Error unreadable(const std::string& why) { return {ErrorKind::Config, "E101", "the file cannot be read: " + why}; }

Error too_large(std::size_t most) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  return unreadable("it has more than " + std::to_string(most / kMiB) + " MiB");
}

struct OpenFile {
  explicit OpenFile(int number) : descriptor(number) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor >= 0) close(descriptor);
  }
  const int descriptor;
};

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path) {
  return read_file(path, kMaximumFileBytes, FileKind::Any);
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t most, FileKind kind) {
  // Opening a pipe would wait for somebody who writes to it, as it should where one was named on purpose.
  const int wait = kind == FileKind::Regular ? O_NONBLOCK : 0;
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | wait));
  if (file.descriptor < 0) return unreadable(errno == ENOENT ? "there is no such file" : std::strerror(errno));
  struct stat status {};
  if (fstat(file.descriptor, &status) != 0) return unreadable(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return unreadable("it is a directory");
  if (kind == FileKind::Regular && !S_ISREG(status.st_mode)) return unreadable("it is not a regular file");
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > most) return too_large(most);
  std::string text;
  std::array<char, 1 << 16> block;
  for (;;) {
    const ssize_t count = read(file.descriptor, block.data(), block.size());
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(std::strerror(errno));
    text.append(block.data(), static_cast<std::size_t>(count));
    if (text.size() > most) return too_large(most);
  }
}

Result<std::string> read_stream(std::istream& stream) { return read_stream(stream, kMaximumFileBytes); }

Result<std::string> read_stream(std::istream& stream, std::size_t most) {
  std::string text;
  char block[1 << 16];
  while (stream.read(block, sizeof block) || stream.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > most) return too_large(most);
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
