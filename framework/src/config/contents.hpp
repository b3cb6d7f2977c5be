// SPDX-License-Identifier: Apache-2.0
// contents.hpp: what a Document consists of, and how the two readers fill it in. Private to the configuration code.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <shunt/framework/document.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

// Bytes of the text. 32 bits are enough: texts are bounded.
struct Span {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

// A tree of the same shape as the values. The children of an object come in the order in which json::object iterates,
// so a hash lookup of a key leads to its place as well. Subtrees may be shared: that is what YAML aliases are.
struct LocationTree {
  struct Node {
    Span value;
    std::uint32_t first_child = 0;
    std::uint32_t child_count = 0;
  };
  struct Child {
    std::uint32_t node = 0;
    Span key;  // empty for elements of arrays
  };

  std::vector<Node> nodes;
  std::vector<Child> children;
  std::uint32_t root = 0;

  std::uint32_t add(Span value);
  void set_children(std::uint32_t node, const std::vector<Child>& of_node);
};

struct Document::Contents {
  std::string file;
  std::string text;
  DocumentFormat format = DocumentFormat::Json;
  boost::json::value root;
  LocationTree locations;
  std::vector<std::uint32_t> line_starts;

  void index_lines();
  SourcePosition position(std::size_t offset) const;
  std::string_view line(std::uint32_t number) const;

  // A diagnostic about bytes of the text, for problems found before there is a tree.
  Diagnostic diagnose(Span span, std::string_view code, std::string message, std::string suggestion = {},
                      std::vector<std::string> notes = {}) const;
};

// A problem of the text itself.
struct TextProblem {
  Span span;
  std::string code;
  std::string message;
  std::string suggestion;
  std::vector<std::string> notes;
};

// Fill in `root` and `locations` from `text`. False where there is no tree; the reason is then in `diagnostics`.
bool read_json(Document::Contents& contents, Diagnostics& diagnostics);
bool read_yaml(Document::Contents& contents, Diagnostics& diagnostics);

}  // namespace shunt
