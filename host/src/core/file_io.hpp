// SPDX-License-Identifier: Apache-2.0
// file_io.hpp: whole files, with messages that say why not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <shunt/framework/error.hpp>
#include <string>
#include <string_view>

namespace shunt::host {

// Larger files are refused: they are the wrong file more often than not.
inline constexpr std::size_t kMaximumFileBytes = std::size_t{1} << 30;

// Regular: a pipe or a device, which would keep whoever reads it waiting, is refused.
enum class FileKind : std::uint8_t { Any, Regular };

// E101 where it cannot be read, or has more than `most` bytes; without that, kMaximumFileBytes of any kind of file.
Result<std::string> read_file(const std::filesystem::path& path);
Result<std::string> read_file(const std::filesystem::path& path, std::size_t most, FileKind kind);
Result<std::string> read_stream(std::istream& stream);
Result<std::string> read_stream(std::istream& stream, std::size_t most);

// Replaces the file in one step, so that nobody ever sees half of it.
Result<void> write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace shunt::host
