// SPDX-License-Identifier: Apache-2.0
#include "reader.hpp"

#include <algorithm>
#include <cmath>
#include <shunt/framework/suggest.hpp>
#include <utility>

#include "config_keys.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

using config_text::found;
using config_text::in_quotes;

namespace {

std::vector<std::string> to_strings(std::span<const std::string_view> words) { return {words.begin(), words.end()}; }

// A whole number in 64 bits, also when written 3.0.
std::optional<std::int64_t> as_integer(const json::value& value) {
  if (const std::int64_t* number = value.if_int64()) return *number;
  const double* number = value.if_double();
  constexpr double kExact = 9007199254740992.0;
  if (number == nullptr || !(std::abs(*number) <= kExact) || std::trunc(*number) != *number) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

}  // namespace

// All complaints of the first pass go through these two, so each has a position.
void ReadContext::error(std::string_view pointer, At at, std::string_view code, std::string message,
                        std::string suggestion, std::vector<std::string> notes) const {
  diagnostics.add(document.diagnose(pointer, at, code, std::move(message), std::move(suggestion), std::move(notes)));
}

void ReadContext::warning(std::string_view pointer, At at, std::string_view code, std::string message,
                          std::string suggestion, std::vector<std::string> notes) const {
  Diagnostic d = document.diagnose(pointer, at, code, std::move(message), std::move(suggestion), std::move(notes));
  d.severity = Severity::Warning;
  diagnostics.add(std::move(d));
}

const json::object* ReadContext::object(const json::value& value, std::string_view pointer,
                                        std::string_view what) const {
  const json::object* object = value.if_object();
  if (object == nullptr)
    error(pointer, At::Value, "C105", std::string(what) + " must be an object, found " + found(value));
  return object;
}

const json::array* ReadContext::list(const json::value& value, std::string_view pointer, std::string_view what) const {
  const json::array* list = value.if_array();
  if (list == nullptr) error(pointer, At::Value, "C105", std::string(what) + " must be a list, found " + found(value));
  return list;
}

bool ReadContext::text(const json::value& value, std::string_view pointer, std::string_view what) const {
  const json::string* text = value.if_string();
  if (text == nullptr) {
    error(pointer, At::Value, "C105", std::string(what) + " must be a string, found " + found(value));
  } else if (text->empty()) {
    error(pointer, At::Value, "C406", std::string(what) + " must not be empty");
  }
  return text != nullptr && !text->empty();
}

std::string ReadContext::note_first(std::string_view pointer, At at) const {
  const SourcePosition position = at == At::Key ? document.key_position(pointer) : document.value_position(pointer);
  return "the first one is at " + config_text::at_line(position.line);
}

std::string ObjectReader::what(std::string_view key) const {
  return in_quotes(key) + (where_.empty() ? "" : " in " + where_);
}

// Unknown keys are errors, not warnings: a setting that is silently ignored is found when it is needed.
void ObjectReader::allow(std::span<const std::string_view> keys) {
  for (const auto& member : object_) {
    const std::string_view key = member.key();
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const auto close = suggest(key, keys);
    if (close) misspelt_.push_back(*close);
    context_.error(pointer(key), At::Key, "C104", "unknown key " + what(key), close ? did_you_mean(*close) : "",
                   {"allowed keys: " + config_text::joined(to_strings(keys))});
  }
}

void ObjectReader::missing(std::string_view key, std::string_view who) const {
  if (std::find(misspelt_.begin(), misspelt_.end(), key) != misspelt_.end()) return;
  context_.error(pointer_, At::Value, "C106", std::string(who) + " has no " + in_quotes(key));
}

std::optional<std::string> ObjectReader::text(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (const json::string* text = value->if_string()) return std::string(*text);
  context_.error(pointer(key), At::Value, "C105", what(key) + " must be a string, found " + found(*value));
  return std::nullopt;
}

// Null counts as absent: it is what YAML makes of a key whose value was forgotten.
std::optional<std::string> ObjectReader::required_text(std::string_view key) const {
  const json::value* value = member(key);
  if (value != nullptr && !value->is_null()) {
    return context_.text(*value, pointer(key), what(key)) ? std::optional<std::string>(value->get_string())
                                                          : std::nullopt;
  }
  missing(key, where_);
  return std::nullopt;
}

std::optional<bool> ObjectReader::flag(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (const bool* flag = value->if_bool()) return *flag;
  context_.error(pointer(key), At::Value, "C105", what(key) + " must be true or false, found " + found(*value));
  return std::nullopt;
}

std::optional<double> ObjectReader::number(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (const double* number = value->if_double()) return *number;
  if (const std::int64_t* number = value->if_int64()) return static_cast<double>(*number);
  if (const std::uint64_t* number = value->if_uint64()) return static_cast<double>(*number);
  context_.error(pointer(key), At::Value, "C105", what(key) + " must be a number, found " + found(*value));
  return std::nullopt;
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view key, std::int64_t least, std::int64_t most) const {
  const json::value* value = member(key);
  if (value == nullptr) return std::nullopt;
  const auto number = as_integer(*value);
  if (!number && !value->is_uint64()) {
    context_.error(pointer(key), At::Value, "C105", what(key) + " must be a whole number, found " + found(*value));
    return std::nullopt;
  }
  if (number && *number >= least && *number <= most) return number;
  // A bound that only exists because doubles end there would confuse more than it says.
  const bool open = most >= std::int64_t{1} << 53;
  context_.error(pointer(key), At::Value, "C404",
                 what(key) + " must be " +
                     (open && number ? "at least " + std::to_string(least)
                                     : "from " + std::to_string(least) + " to " + std::to_string(most)) +
                     ", found " + config_text::literal(*value));
  return std::nullopt;
}

std::vector<std::string> ObjectReader::texts(std::string_view key) const {
  std::vector<std::string> out;
  const json::array* values = list(key);
  if (values == nullptr) return out;
  for (std::size_t i = 0; i < values->size(); ++i) {
    const json::value& value = (*values)[i];
    if (context_.text(value, child_pointer(pointer(key), i), "each element of " + what(key))) {
      out.emplace_back(value.get_string());
    }
  }
  return out;
}

std::optional<std::size_t> ObjectReader::word(std::string_view key, std::span<const std::string_view> words) const {
  const std::optional<std::string> value = text(key);
  if (!value) return std::nullopt;
  const auto it = std::find(words.begin(), words.end(), *value);
  if (it != words.end()) return static_cast<std::size_t>(it - words.begin());
  const auto close = suggest(*value, words);
  context_.error(pointer(key), At::Value, "C405", what(key) + " cannot be " + in_quotes(*value),
                 close ? did_you_mean(*close) : "", {"allowed: " + config_text::joined(to_strings(words))});
  return std::nullopt;
}

OnError ObjectReader::on_error(std::string_view key) const {
  const auto which = word(key, config_keys::kOnError);
  if (!which) return OnError::Default;
  return *which == 0 ? OnError::Fail : OnError::Skip;
}

const json::object* ObjectReader::object(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr || value->is_null()) return nullptr;
  return context_.object(*value, pointer(key), what(key));
}

const json::array* ObjectReader::list(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr || value->is_null()) return nullptr;
  return context_.list(*value, pointer(key), what(key));
}

}  // namespace shunt
