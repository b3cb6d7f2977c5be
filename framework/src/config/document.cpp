// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <exception>
#include <shunt/framework/document.hpp>
#include <utility>

#include "contents.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

namespace {

// Of a longer line only a window is kept: a minified file is one line, and each diagnostic holds its own copy.
constexpr std::size_t kMaxLine = 160;
constexpr std::size_t kWindowBefore = 60;

std::string_view extension(std::string_view file) {
  const std::size_t dot = file.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : file.substr(dot);
}

// Offset of the first byte that is neither a space nor in a comment that JSON with comments has.
std::size_t first_content(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    at = text.find_first_not_of(" \t\r\n", at);
    if (at == std::string_view::npos) return text.size();
    if (text.substr(at, 2) == "//") {
      at = text.find('\n', at);
    } else if (text.substr(at, 2) == "/*") {
      at = text.find("*/", at + 2);
      if (at != std::string_view::npos) at += 2;
    } else {
      return at;
    }
    if (at == std::string_view::npos) return text.size();
  }
}

// A name settles it, so that an empty or broken file gets the words of the right language.
DocumentFormat detect(std::string_view file, std::string_view text) {
  const std::string_view ending = extension(file);
  if (ending == ".yaml" || ending == ".yml") return DocumentFormat::Yaml;
  if (ending == ".json" || ending == ".jsonc") return DocumentFormat::Json;
  const std::size_t at = first_content(text);
  return at < text.size() && (text[at] == '{' || text[at] == '[') ? DocumentFormat::Json : DocumentFormat::Yaml;
}

// Where a pointer leads: as far as it could be followed.
struct Found {
  const json::value* value = nullptr;
  std::uint32_t node = 0;
  Span key;
  bool exact = true;
};

// Values and places have the same shape, so one walk goes through both.
Found follow(const Document::Contents& contents, std::string_view pointer) {
  Found found{&contents.root, contents.locations.root, {}, true};
  while (!pointer.empty()) {
    if (pointer.front() != '/') {
      found.exact = false;
      return found;
    }
    pointer.remove_prefix(1);
    const std::size_t slash = std::min(pointer.find('/'), pointer.size());
    const std::string token = config_text::decode_token(pointer.substr(0, slash));
    pointer.remove_prefix(slash);

    const json::value* next = nullptr;
    std::size_t index = 0;
    if (const json::object* object = found.value->if_object()) {
      if (const auto it = object->find(token); it != object->end()) {
        next = &it->value();
        index = static_cast<std::size_t>(it - object->begin());
      }
    } else if (const json::array* array = found.value->if_array()) {
      const auto result = std::from_chars(token.data(), token.data() + token.size(), index);
      if (result.ec == std::errc{} && result.ptr == token.data() + token.size() && index < array->size()) {
        next = &(*array)[index];
      }
    }
    const LocationTree::Node& node = contents.locations.nodes[found.node];
    if (next == nullptr || index >= node.child_count) {
      found.exact = false;
      return found;
    }
    const LocationTree::Child& child = contents.locations.children[node.first_child + index];
    found = {next, child.node, child.key, true};
  }
  return found;
}

// Checked once for both languages: neither parser has to be trusted with it, and every message is valid UTF-8.
bool check_text(const Document::Contents& contents, Diagnostics& diagnostics) {
  const std::size_t invalid = config_text::first_invalid_utf8(contents.text);
  if (invalid == std::string_view::npos) return true;
  diagnostics.add(contents.diagnose({static_cast<std::uint32_t>(invalid), 1}, "C102", "this byte is not valid UTF-8",
                                    {}, {"save the file with the encoding UTF-8"}));
  return false;
}

}  // namespace

std::uint32_t LocationTree::add(Span value) {
  nodes.push_back({value, 0, 0});
  return static_cast<std::uint32_t>(nodes.size() - 1);
}

void LocationTree::set_children(std::uint32_t node, const std::vector<Child>& of_node) {
  nodes[node].first_child = static_cast<std::uint32_t>(children.size());
  nodes[node].child_count = static_cast<std::uint32_t>(of_node.size());
  children.insert(children.end(), of_node.begin(), of_node.end());
}

void Document::Contents::index_lines() {
  line_starts.assign(1, 0);
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    line_starts.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

SourcePosition Document::Contents::position(std::size_t offset) const {
  offset = std::min(offset, text.size());
  const auto after = std::upper_bound(line_starts.begin(), line_starts.end(), offset);
  const auto line = static_cast<std::uint32_t>(after - line_starts.begin());
  return {line, static_cast<std::uint32_t>(offset - line_starts[line - 1] + 1)};
}

std::string_view Document::Contents::line(std::uint32_t number) const {
  if (number == 0 || number > line_starts.size()) return {};
  const std::size_t from = line_starts[number - 1];
  const std::size_t to = number < line_starts.size() ? line_starts[number] - 1 : text.size();
  std::string_view out = std::string_view(text).substr(from, to - from);
  if (!out.empty() && out.back() == '\r') out.remove_suffix(1);
  return out;
}

Diagnostic Document::Contents::diagnose(Span span, std::string_view code, std::string message, std::string suggestion,
                                        std::vector<std::string> notes) const {
  Diagnostic d;
  d.code = code;
  d.file = file;
  d.position = position(span.offset);
  d.length = span.length;
  d.message = std::move(message);
  d.suggestion = std::move(suggestion);
  d.notes = std::move(notes);

  std::string_view shown = line(d.position.line);
  if (shown.size() > kMaxLine) {
    const auto inside_character = [&](std::size_t at) {
      return at < shown.size() && (static_cast<unsigned char>(shown[at]) & 0xC0U) == 0x80U;
    };
    const std::size_t column = d.position.column - 1;
    std::size_t from = column > kWindowBefore ? std::min(column, shown.size()) - kWindowBefore : 0;
    while (inside_character(from)) ++from;
    std::size_t to = std::min(from + kMaxLine, shown.size());
    while (inside_character(to)) --to;
    shown = shown.substr(from, to - from);
    d.source_column = static_cast<std::uint32_t>(from + 1);
  }
  d.source_line = shown;
  return d;
}

std::optional<Document> Document::parse(std::string file, std::string text, DocumentFormat format,
                                        Diagnostics& diagnostics, std::size_t max_bytes) {
  Diagnostic failure;
  failure.code = "C108";
  try {
    failure.file = file;
    auto contents = std::make_shared<Contents>();
    contents->file = std::move(file);
    if (text.size() > max_bytes) {
      failure.message =
          "the file has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(max_bytes) + " are read";
      diagnostics.add(std::move(failure));
      return std::nullopt;
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // editors do not count it as a column
    contents->text = std::move(text);
    contents->index_lines();
    contents->format = format == DocumentFormat::Detect ? detect(contents->file, contents->text) : format;
    if (!check_text(*contents, diagnostics)) return std::nullopt;
    const bool ok = contents->format == DocumentFormat::Yaml ? read_yaml(*contents, diagnostics)
                                                             : read_json(*contents, diagnostics);
    if (!ok) return std::nullopt;
    return Document(std::move(contents));
  } catch (const std::exception& error) {  // out of memory, or a fault of a parser
    failure.message = std::string("the file could not be read: ") + error.what();
    diagnostics.add(std::move(failure));
    return std::nullopt;
  }
}

const std::string& Document::file() const { return contents_->file; }
const std::string& Document::text() const { return contents_->text; }
DocumentFormat Document::format() const { return contents_->format; }
const json::value& Document::root() const { return contents_->root; }

const json::value* Document::find(std::string_view pointer) const {
  const Found found = follow(*contents_, pointer);
  return found.exact ? found.value : nullptr;
}

SourcePosition Document::key_position(std::string_view pointer) const {
  const Found found = follow(*contents_, pointer);
  return found.exact && found.key.length != 0 ? contents_->position(found.key.offset) : SourcePosition{};
}

SourcePosition Document::value_position(std::string_view pointer) const {
  const Found found = follow(*contents_, pointer);
  return found.exact ? contents_->position(contents_->locations.nodes[found.node].value.offset) : SourcePosition{};
}

std::uint32_t Document::key_length(std::string_view pointer) const {
  const Found found = follow(*contents_, pointer);
  return found.exact ? found.key.length : 0;
}

std::uint32_t Document::value_length(std::string_view pointer) const {
  const Found found = follow(*contents_, pointer);
  return found.exact ? contents_->locations.nodes[found.node].value.length : 0;
}

std::string_view Document::source_line(std::uint32_t number) const { return contents_->line(number); }

Diagnostic Document::diagnose(std::string_view pointer, At at, std::string_view code, std::string message,
                              std::string suggestion, std::vector<std::string> notes) const {
  Diagnostic d;
  if (at == At::File) {
    d.code = code;
    d.file = contents_->file;
    d.message = std::move(message);
    d.suggestion = std::move(suggestion);
    d.notes = std::move(notes);
  } else {
    const Found found = follow(*contents_, pointer);
    const bool use_key = (at == At::Key || !found.exact) && found.key.length != 0;
    const Span span = use_key ? found.key : contents_->locations.nodes[found.node].value;
    d = contents_->diagnose(span, code, std::move(message), std::move(suggestion), std::move(notes));
  }
  d.pointer = pointer;
  return d;
}

}  // namespace shunt
