// SPDX-License-Identifier: Apache-2.0
#include "field_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <shunt/framework/decision_json.hpp>
#include <shunt/framework/suggest.hpp>

#include "json_text.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostQuoted = 60;
constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

Diagnostic diagnose(const InputFile& file, std::string_view pointer, At at, std::string_view code, std::string message,
                    std::string suggestion, std::vector<std::string> notes) {
  return moved_to_line(
      file.document.diagnose(pointer, at, code, std::move(message), std::move(suggestion), std::move(notes)),
      file.first_line);
}

}  // namespace

Diagnostic moved_to_line(Diagnostic diagnostic, std::uint32_t line) {
  if (diagnostic.position.line != 0) diagnostic.position.line += line - 1;
  return diagnostic;
}

void InputFile::error(std::string_view pointer, At at, std::string_view code, std::string message,
                      std::string suggestion, std::vector<std::string> notes) const {
  diagnostics.add(diagnose(*this, pointer, at, code, std::move(message), std::move(suggestion), std::move(notes)));
}

void InputFile::warning(std::string_view pointer, At at, std::string_view code, std::string message,
                        std::string suggestion, std::vector<std::string> notes) const {
  Diagnostic d = diagnose(*this, pointer, at, code, std::move(message), std::move(suggestion), std::move(notes));
  d.severity = Severity::Warning;
  diagnostics.add(std::move(d));
}

std::uint32_t InputFile::line_of(std::string_view pointer, At at) const {
  const SourcePosition position = at == At::Key ? document.key_position(pointer) : document.value_position(pointer);
  return position.line + first_line - 1;
}

std::string in_quotes(std::string_view text) {
  std::string shown(text.substr(0, kMostQuoted));
  // Not in the middle of a character.
  while (shown.size() < text.size() && !shown.empty() &&
         (static_cast<unsigned char>(text[shown.size()]) & 0xC0U) == 0x80U) {
    shown.pop_back();
  }
  const bool cut = shown.size() < text.size();
  std::string out = compact_json(json::value(shown));
  if (cut) out.insert(out.size() - 1, "...");
  return out;
}

std::string describe(const json::value& value) {
  switch (value.kind()) {
    case json::kind::object: return "an object";
    case json::kind::array: return "a list";
    case json::kind::string: return "the string " + in_quotes(value.get_string());
    case json::kind::double_:
      return "the number " +
             (std::isfinite(value.get_double()) ? number_to_json(value.get_double()) : std::string("NaN or infinity"));
    case json::kind::int64:
    case json::kind::uint64: return "the number " + compact_json(value);
    case json::kind::bool_: return value.get_bool() ? "true" : "false";
    case json::kind::null: break;
  }
  return "null";
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

std::string FieldReader::what(std::string_view key) const {
  return in_quotes(key) + (where_.empty() ? "" : " of " + where_);
}

void FieldReader::allow(std::span<const std::string_view> keys) const {
  for (const auto& entry : object_) {
    const std::string_view key = entry.key();
    if (std::ranges::find(keys, key) != keys.end()) continue;
    const auto close = suggest(key, keys);
    file_.error(pointer(key), At::Key, "E102", "unknown key " + what(key), close ? did_you_mean(*close) : "",
                {"allowed keys: " + listed(keys)});
  }
}

const json::value* FieldReader::member(std::string_view key) const {
  const json::value* value = object_.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void FieldReader::wrong_type(std::string_view key, std::string_view expected, const json::value& found) const {
  file_.error(pointer(key), At::Value, "E103",
              what(key) + " must be " + std::string(expected) + ", found " + describe(found));
}

std::optional<std::string> FieldReader::text(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (const json::string* text = value->if_string()) return std::string(*text);
  wrong_type(key, "a string", *value);
  return std::nullopt;
}

std::optional<std::string> FieldReader::filled_text(std::string_view key) const {
  std::optional<std::string> value = text(key);
  if (!value || !value->empty()) return value;
  file_.error(pointer(key), At::Value, "E108", what(key) + " must not be empty");
  return std::nullopt;
}

std::optional<bool> FieldReader::flag(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (const bool* flag = value->if_bool()) return *flag;
  wrong_type(key, "true or false", *value);
  return std::nullopt;
}

std::optional<double> FieldReader::number(std::string_view key, double least, double most) const {
  const json::value* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    wrong_type(key, "a number", *value);
    return std::nullopt;
  }
  const double number = value->to_number<double>();
  if (std::isfinite(number) && number >= least && number <= most) return number;
  const std::string range = !std::isfinite(number) ? "finite"
                            : std::isinf(most)     ? "at least " + number_to_json(least)
                                                   : "from " + number_to_json(least) + " to " + number_to_json(most);
  file_.error(pointer(key), At::Value, "E105", what(key) + " must be " + range + ", found " + describe(*value));
  return std::nullopt;
}

std::optional<std::uint64_t> FieldReader::count(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (const auto count = as_count(*value)) return count;
  if (!value->is_number()) {
    wrong_type(key, "a whole number", *value);
  } else {
    file_.error(pointer(key), At::Value, "E105",
                what(key) + " must be a whole number, 0 or more, found " + describe(*value));
  }
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::integer(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (const std::int64_t* number = value->if_int64()) return *number;
  const double* number = value->if_double();
  if (number != nullptr && std::trunc(*number) == *number && std::abs(*number) < kTwoTo63) {
    return static_cast<std::int64_t>(*number);
  }
  wrong_type(key, "a whole number", *value);
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::duration_ns(std::string_view key) const {
  const auto milliseconds = number(key, 0.0, std::numeric_limits<double>::infinity());
  if (!milliseconds) return std::nullopt;
  if (const auto duration = to_nanoseconds(*milliseconds)) return duration;
  file_.error(pointer(key), At::Value, "E105", what(key) + " is longer than 292 years");
  return std::nullopt;
}

const json::object* FieldReader::members(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) wrong_type(key, "an object", *value);
  return value->if_object();
}

const json::array* FieldReader::list(std::string_view key) const {
  const json::value* value = member(key);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) wrong_type(key, "a list", *value);
  return value->if_array();
}

std::vector<std::pair<std::string, std::string>> FieldReader::texts(std::string_view key) const {
  std::vector<std::pair<std::string, std::string>> out;
  const json::object* object = members(key);
  if (object == nullptr) return out;
  for (const auto& entry : *object) {
    const json::value& value = entry.value();
    if (value.is_string()) {
      out.emplace_back(entry.key(), value.get_string());
    } else if (value.is_number() || value.is_bool()) {
      out.emplace_back(entry.key(), compact_json(value));
    } else {
      file_.error(child_pointer(pointer(key), entry.key()), At::Value, "E103",
                  in_quotes(entry.key()) + " in " + what(key) + " must be a string, found " + describe(value));
    }
  }
  return out;
}

std::optional<std::uint64_t> as_count(const json::value& value) {
  if (const std::uint64_t* number = value.if_uint64()) return *number;
  if (const std::int64_t* number = value.if_int64()) {
    return *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
  }
  const double* number = value.if_double();
  if (number == nullptr || !(*number >= 0.0 && *number < kTwoTo64) || std::trunc(*number) != *number)
    return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<std::int64_t> to_nanoseconds(double milliseconds) {
  const double nanoseconds = milliseconds * 1e6;
  if (!(std::abs(nanoseconds) < kTwoTo63)) return std::nullopt;
  return std::llround(nanoseconds);
}

}  // namespace shunt::host
