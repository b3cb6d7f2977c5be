// SPDX-License-Identifier: Apache-2.0
// field_reader.hpp: takes members out of a JSON object of an input file and complains, with the place, about each that is
// not as it should be.
//
//   InputFile file{document, diagnostics};
//   FieldReader endpoint(file, object, "/endpoints/0", "endpoint \"pod-0\"");
//   endpoint.allow(kEndpointKeys);
//   std::optional<std::string> address = endpoint.text("address");
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <shunt/framework/document.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::host {

// A document that is being read and where complaints about it go.
struct InputFile {
  const Document& document;
  Diagnostics& diagnostics;
  std::uint32_t first_line = 1;  // of the document in the file: a requests file has one document a line

  void error(std::string_view pointer, At at, std::string_view code, std::string message, std::string suggestion = {},
             std::vector<std::string> notes = {}) const;
  void warning(std::string_view pointer, At at, std::string_view code, std::string message, std::string suggestion = {},
               std::vector<std::string> notes = {}) const;
  // Line of the key or value at `pointer` in the file.
  std::uint32_t line_of(std::string_view pointer, At at) const;
};

// Moves what was found in a document of one line to that line's place in its file.
Diagnostic moved_to_line(Diagnostic diagnostic, std::uint32_t line);

// `text` in double quotes, control characters escaped, shortened where it is long.
std::string in_quotes(std::string_view text);

// "a list", "the number 3": completes "found ...".
std::string describe(const boost::json::value& value);

// "a, b, c"
std::string listed(std::span<const std::string_view> words);

class FieldReader {
 public:
  // `where` completes "in ...": endpoint "pod-0".
  FieldReader(const InputFile& file, const boost::json::object& object, std::string pointer, std::string where)
      : file_(file), object_(object), pointer_(std::move(pointer)), where_(std::move(where)) {}

  const InputFile& file() const { return file_; }
  const boost::json::object& object() const { return object_; }
  const std::string& pointer() const { return pointer_; }
  std::string pointer(std::string_view key) const { return child_pointer(pointer_, key); }
  std::string what(std::string_view key) const;

  // Complains about every other key.
  void allow(std::span<const std::string_view> keys) const;

  // Null where the key is absent or null: both mean that nothing is known.
  const boost::json::value* member(std::string_view key) const;

  // Empty where absent, or, after a complaint, where the value is not as it should be.
  std::optional<std::string> text(std::string_view key) const;
  std::optional<std::string> filled_text(std::string_view key) const;  // not empty
  std::optional<bool> flag(std::string_view key) const;
  std::optional<double> number(std::string_view key, double least, double most) const;
  std::optional<std::uint64_t> count(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<std::int64_t> duration_ns(std::string_view key) const;  // of a member in milliseconds
  const boost::json::object* members(std::string_view key) const;
  const boost::json::array* list(std::string_view key) const;

  // Every member of an object as a name and a text; numbers and flags are taken as they are written.
  std::vector<std::pair<std::string, std::string>> texts(std::string_view key) const;

  void wrong_type(std::string_view key, std::string_view expected, const boost::json::value& found) const;

 private:
  const InputFile& file_;
  const boost::json::object& object_;
  std::string pointer_;
  std::string where_;
};

// A whole number from 0 to 2^64 - 1, also when it is written 3.0.
std::optional<std::uint64_t> as_count(const boost::json::value& value);

// Milliseconds as nanoseconds; empty beyond 292 years.
std::optional<std::int64_t> to_nanoseconds(double milliseconds);

}  // namespace shunt::host
