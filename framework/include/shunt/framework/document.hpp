// SPDX-License-Identifier: Apache-2.0
// document.hpp: a JSON or YAML text as one tree that knows where in the text each of its values stands.
//
//   shunt::Diagnostics diagnostics;
//   auto document = shunt::Document::parse("router.yaml", text, shunt::DocumentFormat::Detect, diagnostics);
//   if (document) document->value_position("/plugins/0/type");  // {3, 11}
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <shunt/framework/diagnostic.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

enum class DocumentFormat {
  Detect,  // by the file's name (.json, .jsonc, .yaml, .yml), else by its first character: "{" and "[" mean JSON
  Json,    // with // and /* */ comments and trailing commas
  Yaml     // 1.2 core schema, one document, with aliases and merge keys
};

// Which end of a member a problem concerns.
enum class At {
  Key,    // an unknown or duplicate key, a missing sibling
  Value,  // a wrong value. Array elements and the root have no key: their value is meant
  File    // nothing in particular: the diagnostic has no position
};

// An immutable parsed text. Cheap to copy; safe to read from several threads.
//
// Null stands for a text with nothing but spaces and comments. YAML scalars are typed by the core schema: quoted ones
// are strings, and so are yes, no, on, off and 0123. Numbers that are not finite (.nan, .inf) stay numbers.
class Document {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{16} << 20;  // of a config, and of what aliases expand to
  static constexpr std::size_t kMaxDepth = 64;                     // of nested lists and objects

  // Reads `text`; `file` is only a name for messages. Empty where the text has no tree: wrong syntax, invalid UTF-8,
  // too large (more than `max_bytes`), too deep. Duplicate keys are errors too, but leave a tree (the last value wins), so that whoever
  // looks at it can report more. Throws nothing, whatever the bytes are.
  static std::optional<Document> parse(std::string file, std::string text, DocumentFormat format,
                                       Diagnostics& diagnostics, std::size_t max_bytes = kMaxBytes);

  const std::string& file() const;
  const std::string& text() const;  // without byte order mark
  DocumentFormat format() const;    // Json or Yaml
  const boost::json::value& root() const;

  // The value at an RFC 6901 pointer; null where there is none. Valid as long as any copy of this document.
  const boost::json::value* find(std::string_view pointer) const;

  // Where the key, or the value, at `pointer` begins, and how many bytes it has. {0, 0} and 0 where there is none.
  // The length of a YAML list or object written over several lines is 1.
  SourcePosition key_position(std::string_view pointer) const;
  SourcePosition value_position(std::string_view pointer) const;
  std::uint32_t key_length(std::string_view pointer) const;
  std::uint32_t value_length(std::string_view pointer) const;

  // Line `number` (from 1) without its line end; empty where there is no such line.
  std::string_view source_line(std::uint32_t number) const;

  // An error about the member at `pointer`, with everything filled in that can be looked up. A pointer to something
  // that does not exist is placed at its closest parent.
  Diagnostic diagnose(std::string_view pointer, At at, std::string_view code, std::string message,
                      std::string suggestion = {}, std::vector<std::string> notes = {}) const;

  struct Contents;  // private to the implementation

 private:
  explicit Document(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

  std::shared_ptr<const Contents> contents_;
};

// The pointer of a member or an element of what is at `parent`.
std::string child_pointer(std::string_view parent, std::string_view key);
std::string child_pointer(std::string_view parent, std::size_t index);

}  // namespace shunt
