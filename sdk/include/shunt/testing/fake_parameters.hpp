// SPDX-License-Identifier: Apache-2.0
// fake_parameters.hpp: the parameters of a plugin under test: JSON text in, nodes by JSON pointer out.
#pragma once

#include <shunt/abi/host.h>
#include <shunt/testing/detail/json_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace shunt::testing {

// The effective parameters of one instance. Texts that it hands out live as long as the object and move with nothing.
class FakeParameters {
 public:
  // Empty text stands for an object without members. Throws std::invalid_argument when the text is no JSON object: that
  // is a mistake of the test, not of the plugin.
  explicit FakeParameters(std::string_view json) {
    const detail::JsonResult parsed = detail::parse_json(json.empty() ? std::string_view("{}") : json);
    if (!parsed.error.empty()) throw std::invalid_argument("parameters: " + parsed.error);
    if (parsed.value.type != SHUNT_PARAMETER_OBJECT) throw std::invalid_argument("parameters: must be a JSON object");
    root_ = parsed.value;
  }

  // Adds the defaults that a parameters schema states for whatever is absent, as the real host does before create().
  void add_defaults(std::string_view schema_json) {
    const detail::JsonResult parsed = detail::parse_json(schema_json);
    if (!parsed.error.empty()) throw std::invalid_argument("parameters schema: " + parsed.error);
    add_defaults(parsed.value, root_);
  }

  // The parameters as JSON text, the form in which create() is given them too.
  std::string text() const { return detail::to_text(root_); }

  // The node at a JSON pointer ("" is the root, "/conditions/0"); nullptr where it leads nowhere.
  const detail::Json* find(std::string_view pointer) const {
    const detail::Json* node = &root_;
    while (!pointer.empty()) {
      if (pointer.front() != '/') return nullptr;
      pointer.remove_prefix(1);
      const std::size_t end = pointer.find('/');
      node = child(*node, unescape(pointer.substr(0, end)));
      if (node == nullptr) return nullptr;
      pointer = end == std::string_view::npos ? std::string_view() : pointer.substr(end);
    }
    return node;
  }

 private:
  static void add_defaults(const detail::Json& schema, detail::Json& value) {
    if (const detail::Json* properties = schema.member("properties");
        properties != nullptr && value.type == SHUNT_PARAMETER_OBJECT) {
      for (const detail::JsonMember& property : properties->members) {
        detail::Json* present = value.member(property.key);
        if (const detail::Json* standard = property.value.member("default");
            present == nullptr && standard != nullptr) {
          value.members.push_back({property.key, *standard});
          present = &value.members.back().value;
        }
        if (present != nullptr) add_defaults(property.value, *present);
      }
    }
    if (const detail::Json* items = schema.member("items"); items != nullptr && value.type == SHUNT_PARAMETER_LIST) {
      for (detail::JsonMember& item : value.members) add_defaults(*items, item.value);
    }
  }

  static const detail::Json* child(const detail::Json& node, const std::string& key) {
    if (node.type == SHUNT_PARAMETER_OBJECT) return node.member(key);
    if (node.type != SHUNT_PARAMETER_LIST || key.empty() || key.size() > 9) return nullptr;
    std::size_t index = 0;
    for (const char c : key) {
      if (c < '0' || c > '9') return nullptr;
      index = index * 10 + static_cast<std::size_t>(c - '0');
    }
    return index < node.members.size() ? &node.members[index].value : nullptr;
  }

  static std::string unescape(std::string_view token) {
    std::string key;
    for (std::size_t i = 0; i < token.size(); ++i) {
      if (token[i] == '~' && i + 1 < token.size()) {
        key += token[++i] == '1' ? '/' : '~';
      } else {
        key += token[i];
      }
    }
    return key;
  }

  detail::Json root_;
};

}  // namespace shunt::testing
