// SPDX-License-Identifier: Apache-2.0
#include "process/descriptor_io.hpp"

#include <unistd.h>

#include <cerrno>

namespace shunt::process {

bool write_whole(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace shunt::process
