// SPDX-License-Identifier: Apache-2.0
#include "serve/front/api_keys.hpp"

#include "serve/front/message_head.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace shunt::host::front {

namespace {

Result<std::string> read_all(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return Error{ErrorKind::Config, "E342", "the file of API keys cannot be read: " + file.string()};
  return text;
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return trimmed(line);
}

}  // namespace

ApiKeys ApiKeys::parse(std::string_view text) {
  ApiKeys keys;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (!line.empty() && !line.starts_with('#')) keys.digests_.push_back(digest_of(line));
  }
  return keys;
}

Result<ApiKeys> ApiKeys::read(const std::filesystem::path& file) {
  const Result<std::string> text = read_all(file);
  if (!text) return text.error();
  ApiKeys keys = parse(*text);
  if (!keys.required()) return Error{ErrorKind::Config, "E342", "there is no API key in " + file.string()};
  return keys;
}

bool ApiKeys::knows(std::string_view key) const noexcept {
  const Digest digest = digest_of(key);
  int found = 0;
  for (const Digest& known : digests_) found |= CRYPTO_memcmp(known.data(), digest.data(), digest.size()) == 0 ? 1 : 0;
  return found != 0;
}

ApiKeys::Digest ApiKeys::digest_of(std::string_view key) noexcept {
  Digest digest{};
  EVP_Digest(key.data(), key.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

Result<std::string> read_key(const std::filesystem::path& file) {
  const Result<std::string> text = read_all(file);
  if (!text) return text.error();
  std::string_view rest = *text;
  const std::string_view key = next_line(rest);
  const bool printable = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 127; });
  if (key.empty() || !printable) {
    return Error{ErrorKind::Config, "E342", "the first line is not an API key: " + file.string()};
  }
  return std::string(key);
}

std::string_view bearer_key(std::string_view authorization) noexcept {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() <= kScheme.size() || !same_name(authorization.substr(0, kScheme.size()), kScheme)) return {};
  return trimmed(authorization.substr(kScheme.size()));
}

}  // namespace shunt::host::front
