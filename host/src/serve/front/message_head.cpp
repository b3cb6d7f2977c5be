// SPDX-License-Identifier: Apache-2.0
#include "serve/front/message_head.hpp"

#include <algorithm>
#include <cstring>

namespace shunt::host::front {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool has_token(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (same_name(trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

void HeadFields::start(std::string_view method, std::string_view target) {
  clear();
  text_.append(method).append(target);
  method_size_ = method.size();
  target_size_ = target.size();
}

void HeadFields::add(http::field id, std::string_view name, std::string_view value) {
  const auto at = static_cast<std::uint32_t>(text_.size());
  text_.append(name).append(value);
  fields_.push_back({id, at, static_cast<std::uint32_t>(name.size()), at + static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
}

std::string_view HeadFields::find(http::field id) const noexcept {
  for (const Field& field : fields_) {
    if (field.id == id) return value(field);
  }
  return {};
}

std::string_view HeadFields::find(std::string_view wanted) const noexcept {
  for (const Field& field : fields_) {
    if (same_name(name(field), wanted)) return value(field);
  }
  return {};
}

std::size_t HeadFields::count(http::field id) const noexcept {
  return static_cast<std::size_t>(std::ranges::count(fields_, id, &Field::id));
}

const char* problem_of_head(const HeadFields& fields, bool http11, bool request) noexcept {
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  std::size_t hosts = 0;
  for (const HeadFields::Field& field : fields.all()) {
    const std::string_view value = fields.value(field);
    switch (field.id) {
      case http::field::content_length:
        ++lengths;
        if (!all_digits(value)) return "Content-Length is not a number";
        break;
      case http::field::transfer_encoding:
        ++encodings;
        if (!same_name(trimmed(value), "chunked")) return "the only Transfer-Encoding understood here is chunked";
        break;
      case http::field::host:
        ++hosts;
        if (value.find_first_of(" \t,/\\@") != std::string_view::npos) return "Host is not a host name";
        break;
      default: break;
    }
  }
  if (lengths > 1) return "there is more than one Content-Length";
  if (encodings > 1) return "there is more than one Transfer-Encoding";
  if (lengths != 0 && encodings != 0) return "there is both a Content-Length and a Transfer-Encoding";
  if (encodings != 0 && !http11) return "HTTP/1.0 knows no Transfer-Encoding";
  if (!request) return nullptr;
  if (hosts > 1) return "there is more than one Host";
  if (http11 && hosts == 0) return "there is no Host";
  return nullptr;
}

bool has_folded_line(std::string_view head) noexcept {
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    if (at + 1 < head.size() && (head[at + 1] == ' ' || head[at + 1] == '\t')) return true;
  }
  return false;
}

void BodyPiece::add(const char* data, std::size_t size) noexcept {
  if (size == 0) return;
  if (size_ == 0) {
    data_ = const_cast<char*>(data);
  } else if (data_ + size_ != data) {
    std::memmove(data_ + size_, data, size);
  }
  size_ += size;
}

}  // namespace shunt::host::front
