// SPDX-License-Identifier: Apache-2.0
// file_digest.hpp: by which bytes of a file are known: Library::sha256() of a library that was loaded from them says the same.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace shunt {

// SHA-256 as 64 lower-case hex digits; empty where the file cannot be read or is no regular one.
std::string file_sha256(const std::filesystem::path& path);
std::string text_sha256(std::string_view text);

}  // namespace shunt
