// SPDX-License-Identifier: Apache-2.0
#include "serve/front/usage_watch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace shunt::host::front {

namespace {

// Members whose text is a token that the client gets to see.
constexpr std::array<std::string_view, 8> kContent = {"\"content\"",      "\"text\"",      "\"delta\"",
                                                      "\"reasoning\"",    "\"arguments\"", "\"reasoning_content\"",
                                                      "\"partial_json\"", "\"thinking\""};

constexpr std::string_view kUsage = "\"usage\"";

std::string_view skip_spaces(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

// The text behind `"key":` at `at`, or nothing where that is something else than a key.
std::optional<std::string_view> value_behind(std::string_view text, std::size_t at, std::string_view quoted) {
  if (at > 0 && text[at - 1] == '\\') return std::nullopt;  // inside a string
  const std::string_view rest = skip_spaces(text.substr(at + quoted.size()));
  if (!rest.starts_with(':')) return std::nullopt;
  return skip_spaces(rest.substr(1));
}

std::optional<std::uint64_t> number_of(std::string_view object, std::string_view quoted) {
  for (std::size_t at = object.find(quoted); at != std::string_view::npos; at = object.find(quoted, at + 1)) {
    const auto value = value_behind(object, at, quoted);
    if (!value) continue;
    std::uint64_t number = 0;
    const auto result = std::from_chars(value->data(), value->data() + value->size(), number);
    if (result.ec == std::errc{}) return number;
  }
  return std::nullopt;
}

// The object that `text` begins with; empty where its end is not there. Usage holds no text, so that braces are braces.
std::string_view object_at_front(std::string_view text) {
  if (!text.starts_with('{')) return {};
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return text.substr(0, i + 1);
  }
  return {};
}

std::optional<std::uint64_t> either(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) {
  return a ? a : b;
}

// Of the object behind the key at `at`, where it is complete.
std::optional<Usage> usage_at(std::string_view text, std::size_t at) {
  const auto value = value_behind(text, at, kUsage);
  const std::string_view object = value ? object_at_front(*value) : std::string_view();
  if (object.empty()) return std::nullopt;
  Usage usage;
  // Chat and completions; responses and Anthropic.
  usage.prompt_tokens = either(number_of(object, "\"prompt_tokens\""), number_of(object, "\"input_tokens\""));
  usage.output_tokens = either(number_of(object, "\"completion_tokens\""), number_of(object, "\"output_tokens\""));
  usage.cached_tokens =
      either(number_of(object, "\"cached_tokens\""), number_of(object, "\"cache_read_input_tokens\""));
  return usage;
}

// What `usage` does not know is taken from `other`.
void complete(Usage& usage, const Usage& other) {
  usage.prompt_tokens = either(usage.prompt_tokens, other.prompt_tokens);
  usage.cached_tokens = either(usage.cached_tokens, other.cached_tokens);
  usage.output_tokens = either(usage.output_tokens, other.output_tokens);
}

// Behind the last member with content in it; npos where there is none.
std::size_t last_content(std::string_view text) {
  std::size_t last = std::string_view::npos;
  for (const std::string_view key : kContent) {
    for (std::size_t at = text.rfind(key);
         at != std::string_view::npos && (last == std::string_view::npos || at > last);
         at = at == 0 ? std::string_view::npos : text.rfind(key, at - 1)) {
      const auto value = value_behind(text, at, key);
      if (value && value->size() >= 2 && (*value)[0] == '"' && (*value)[1] != '"') last = at;
    }
  }
  return last;
}

// Empty lines, which end events.
std::size_t event_ends_in(std::string_view text) {
  std::size_t ends = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (text.substr(at).starts_with("\n\n") || text.substr(at).starts_with("\n\r\n")) ++ends;
  }
  return ends;
}

}  // namespace

Usage UsageWatch::find_usage(std::string_view text) noexcept {
  for (std::size_t at = text.rfind(kUsage); at != std::string_view::npos;
       at = at == 0 ? at - 1 : text.rfind(kUsage, at - 1)) {
    if (const auto usage = usage_at(text, at)) return *usage;
  }
  return {};
}

Usage UsageWatch::find_first_usage(std::string_view text) noexcept {
  for (std::size_t at = text.find(kUsage); at != std::string_view::npos; at = text.find(kUsage, at + 1)) {
    if (const auto usage = usage_at(text, at)) return *usage;
  }
  return {};
}

bool UsageWatch::has_content(std::string_view text) noexcept {
  for (const std::string_view key : kContent) {
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
      const auto value = value_behind(text, at, key);
      if (value && value->size() >= 2 && (*value)[0] == '"' && (*value)[1] != '"') return true;
    }
  }
  return false;
}

void UsageWatch::begin(BufferPool& pool, bool events) noexcept {
  tail_ = pool.take(kTail);
  seen_ = 0;
  early_ = {};
  events_ = events;
  first_token_ = false;
}

bool UsageWatch::see(std::string_view piece) noexcept {
  if (!tail_) return false;
  const bool looked_for = events_ && !first_token_;
  // Events that come in one large piece pass in steps, or the first of them would be out of sight.
  constexpr std::size_t kStep = kTail / 2;
  for (; events_ && !first_token_ && piece.size() > kStep; piece.remove_prefix(kStep)) look(piece.substr(0, kStep));
  if (events_ && !first_token_) {
    look(piece);
  } else {
    keep(piece);
  }
  return looked_for && first_token_;
}

void UsageWatch::look(std::string_view piece) noexcept {
  keep(piece);
  // Anthropic tells what came in with its first event. An event may come in several pieces: look at what is kept.
  const std::string_view text = seen_ == piece.size() ? piece : tail();
  complete(early_, find_first_usage(text));
  first_token_ = has_content(text);
}

Usage UsageWatch::usage() noexcept {
  if (!tail_) return {};
  Usage usage = find_usage(tail());
  complete(usage, early_);
  return usage;
}

std::optional<std::uint64_t> UsageWatch::streamed_tokens(std::uint64_t events, std::uint64_t bytes) noexcept {
  if (!tail_ || !first_token_) return std::nullopt;
  const std::string_view text = tail();
  const std::uint64_t last_ends = event_ends_in(text);
  const std::size_t content = last_content(text);
  // What follows the last token says why the stream ends, and that it does.
  const std::uint64_t ends_behind = content == std::string_view::npos ? last_ends : event_ends_in(text.substr(content));
  const std::uint64_t others = content == std::string_view::npos || ends_behind == 0 ? ends_behind : ends_behind - 1;
  if (events <= others || last_ends == 0) return std::nullopt;
  // bytes / events > 2 * size / ends, without division
  if (bytes * last_ends > 2 * text.size() * events) return std::nullopt;
  return events - others;
}

// A ring: byte i of the response lies at i modulo its size.
void UsageWatch::keep(std::string_view piece) noexcept {
  if (piece.size() > kTail) {
    seen_ += piece.size() - kTail;
    piece.remove_prefix(piece.size() - kTail);
  }
  const std::size_t at = seen_ % kTail;
  const std::size_t first = std::min(piece.size(), kTail - at);
  std::memcpy(tail_.data() + at, piece.data(), first);
  std::memcpy(tail_.data(), piece.data() + first, piece.size() - first);
  seen_ += piece.size();
}

std::string_view UsageWatch::tail() noexcept {
  if (seen_ <= kTail) return {tail_.data(), seen_};
  std::rotate(tail_.data(), tail_.data() + seen_ % kTail, tail_.data() + kTail);
  seen_ = kTail;  // byte 0 is the oldest one now
  return {tail_.data(), kTail};
}

}  // namespace shunt::host::front
