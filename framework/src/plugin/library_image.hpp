// SPDX-License-Identifier: Apache-2.0
// library_image.hpp: the bytes of a file, as they were at one moment.
//
//   Result<LibraryImage> image = read_image(file.descriptor(), path);
//   image->sha256();
#pragma once

#include <cstddef>
#include <functional>
#include <shunt/framework/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::detail {

class LibraryImage {
 public:
  explicit LibraryImage(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  std::span<const std::byte> bytes() const { return bytes_; }

  // Lower-case hex, computed with each call; empty where the crypto library has no SHA-256.
  std::string sha256() const;

 private:
  std::vector<std::byte> bytes_;
};

// Larger files are refused: the whole content is held in memory for a moment.
inline constexpr std::size_t kMaximumImageBytes = std::size_t{512} << 20;

// Reads a regular file from its start through a descriptor whose offset does not move. Starts again when the file
// changed meanwhile, a few times. `after_read` runs between a reading and its check; tests use it to interfere.
Result<LibraryImage> read_image(int descriptor, std::string_view path, const std::function<void()>& after_read = {});

}  // namespace shunt::detail
