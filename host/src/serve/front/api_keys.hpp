// SPDX-License-Identifier: Apache-2.0
// api_keys.hpp: who may send requests. Keys are kept and compared as digests, all of them every time, so that the time it
// takes says nothing about them.
#pragma once

#include <shunt/framework/error.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::host::front {

class ApiKeys {
 public:
  // One key a line; empty lines and lines that begin with # are none.
  static Result<ApiKeys> read(const std::filesystem::path& file);
  static ApiKeys parse(std::string_view text);

  bool required() const noexcept { return !digests_.empty(); }
  bool knows(std::string_view key) const noexcept;

 private:
  using Digest = std::array<unsigned char, 32>;
  static Digest digest_of(std::string_view key) noexcept;
  std::vector<Digest> digests_;
};

// The first line of a file that holds one key.
Result<std::string> read_key(const std::filesystem::path& file);

// The key in "Bearer abc"; empty where it is something else.
std::string_view bearer_key(std::string_view authorization) noexcept;

}  // namespace shunt::host::front
