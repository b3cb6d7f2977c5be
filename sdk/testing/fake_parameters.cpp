// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/fake_parameters.hpp>

#include <cstddef>
#include <stdexcept>

namespace shunt::testing {

FakeParameters::FakeParameters(std::string_view json) {
  const detail::JsonResult parsed = detail::parse_json(json.empty() ? std::string_view("{}") : json);
  if (!parsed.error.empty()) throw std::invalid_argument("parameters: " + parsed.error);
  if (parsed.value.type != SHUNT_PARAMETER_OBJECT) throw std::invalid_argument("parameters: must be a JSON object");
  root_ = parsed.value;
}

void FakeParameters::add_defaults(std::string_view schema_json) {
  const detail::JsonResult parsed = detail::parse_json(schema_json);
  if (!parsed.error.empty()) throw std::invalid_argument("parameters schema: " + parsed.error);
  add_defaults(parsed.value, root_);
}

std::string FakeParameters::text() const { return detail::to_text(root_); }

const detail::Json* FakeParameters::find(std::string_view pointer) const {
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

void FakeParameters::add_defaults(const detail::Json& schema, detail::Json& value) {
  if (const detail::Json* properties = schema.member("properties");
      properties != nullptr && value.type == SHUNT_PARAMETER_OBJECT) {
    for (const detail::JsonMember& property : properties->members) {
      detail::Json* present = value.member(property.key);
      if (const detail::Json* standard = property.value.member("default"); present == nullptr && standard != nullptr) {
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

const detail::Json* FakeParameters::child(const detail::Json& node, const std::string& key) {
  if (node.type == SHUNT_PARAMETER_OBJECT) return node.member(key);
  if (node.type != SHUNT_PARAMETER_LIST || key.empty() || key.size() > 9) return nullptr;
  std::size_t index = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return nullptr;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index < node.members.size() ? &node.members[index].value : nullptr;
}

std::string FakeParameters::unescape(std::string_view token) {
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

}  // namespace shunt::testing
