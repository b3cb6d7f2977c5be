// SPDX-License-Identifier: Apache-2.0
#include "sample_parameters.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <shunt/framework/json_text.hpp>
#include <string_view>
#include <utility>

namespace shunt::validate {

namespace json = boost::json;

namespace {

const json::value* member(const json::value& node, std::string_view key) {
  return node.is_object() ? node.as_object().if_contains(key) : nullptr;
}

std::string_view type_of(const json::value& node) {
  const json::value* type = member(node, "type");
  if (type == nullptr) return "string";
  if (type->is_string()) return type->as_string();
  return type->is_array() && !type->as_array().empty() && type->as_array()[0].is_string()
             ? std::string_view(type->as_array()[0].as_string())
             : "string";
}

double number_or(const json::value* value, double alternative) {
  return value != nullptr && value->is_number() ? value->to_number<double>() : alternative;
}

json::value number_value(double number, bool is_integer) {
  if (is_integer) return static_cast<std::int64_t>(number);
  return number;
}

// The least number that a node allows, or what is nearest to 1.
double least_number(const json::value& node, bool is_integer) {
  if (const json::value* low = member(node, "minimum")) return number_or(low, 0);
  if (const json::value* low = member(node, "exclusiveMinimum")) {
    const double bound = number_or(low, 0);
    return is_integer ? std::floor(bound) + 1 : bound + 1;
  }
  return std::min(1.0, number_or(member(node, "maximum"), 1.0));
}

json::value sample(const json::value& node, const std::string& word, bool with_optional);

json::object sample_object(const json::value& node, const std::string& word, bool with_optional) {
  json::object made;
  const json::value* properties = member(node, "properties");
  const json::value* required = member(node, "required");
  if (properties == nullptr || !properties->is_object()) return made;
  for (const auto& [key, property] : properties->as_object()) {
    const bool is_required = required != nullptr && required->is_array() &&
                             std::ranges::find(required->as_array(), json::value(key)) != required->as_array().end();
    if (is_required || with_optional) made[key] = sample(property, word, with_optional);
  }
  return made;
}

json::value sample(const json::value& node, const std::string& word, bool with_optional) {
  if (const json::value* fixed = member(node, "const")) return *fixed;
  const json::value* standard = member(node, "default");
  const std::string_view type = type_of(node);
  // A default that is empty says less than an example when everything optional is asked for.
  const bool is_empty = standard != nullptr && ((standard->is_array() && standard->as_array().empty()) ||
                                                (standard->is_string() && standard->as_string().empty()));
  if (standard != nullptr && !(with_optional && is_empty && type == "array")) return *standard;
  if (const json::value* words = member(node, "enum");
      words != nullptr && words->is_array() && !words->as_array().empty())
    return words->as_array()[0];
  if (type == "boolean") return with_optional;
  if (type == "integer" || type == "number")
    return number_value(least_number(node, type == "integer"), type == "integer");
  if (type == "object") return sample_object(node, word, with_optional);
  if (type == "array") {
    const auto least = static_cast<std::size_t>(number_or(member(node, "minItems"), 0));
    json::array made;
    const json::value* items = member(node, "items");
    for (std::size_t i = 0; i < std::max<std::size_t>(least, with_optional ? 1 : 0); ++i) {
      made.push_back(items != nullptr ? sample(*items, i == 0 ? word : word + std::to_string(i), with_optional)
                                      : json::value(word));
    }
    return made;
  }
  if (type == "null") return nullptr;
  std::string text = word;
  while (static_cast<double>(text.size()) < number_or(member(node, "minLength"), 0)) text += 'x';
  return json::value(text);
}

// Calls `use(property schema, name)` for the properties of the root.
template <class Use>
void each_property(const Schema& schema, Use use) {
  const json::value* properties = member(schema.tree(), "properties");
  if (properties == nullptr || !properties->is_object()) return;
  for (const auto& [key, node] : properties->as_object()) use(std::string(key), node);
}

json::value with(const json::value& base, const std::string& key, json::value value) {
  json::value changed = base;
  changed.as_object()[key] = std::move(value);
  return changed;
}

std::string shortened(const std::string& key, const json::value& value) {
  const std::string text = json_text(value);
  return "/" + key + " = " + (text.size() > 60 ? text.substr(0, 57) + "..." : text);
}

}  // namespace

bool accepts(const Schema& schema, const json::value& parameters) {
  Diagnostics diagnostics;
  return schema.check(parameters, ParametersPlace{}, diagnostics);
}

std::vector<json::value> sample_parameters(const Schema& schema, const std::string& word) {
  std::vector<json::value> found;
  for (const bool with_optional : {false, true}) {
    const json::value complete = schema.apply_defaults(sample_object(schema.tree(), word, with_optional));
    if (!accepts(schema, complete)) continue;
    if (std::ranges::find(found, complete) == found.end()) found.push_back(complete);
  }
  return found;
}

std::vector<EdgeParameters> edge_parameters(const Schema& schema, const json::value& base) {
  std::vector<EdgeParameters> found;
  const auto add = [&](const std::string& key, const json::value& value) {
    const json::value complete = schema.apply_defaults(with(base, key, value));
    if (accepts(schema, complete)) found.push_back({shortened(key, value), complete});
  };
  each_property(schema, [&](const std::string& key, const json::value& node) {
    if (const json::value* words = member(node, "enum"); words != nullptr && words->is_array()) {
      for (const json::value& word : words->as_array()) add(key, word);
      return;
    }
    const std::string_view type = type_of(node);
    const bool is_integer = type == "integer";
    if (type == "boolean") {
      add(key, false);
      add(key, true);
    } else if (is_integer || type == "number") {
      add(key, number_value(least_number(node, is_integer), is_integer));
      if (member(node, "minimum") == nullptr && member(node, "exclusiveMinimum") == nullptr) {
        add(key, number_value(-1e9, is_integer));
      }
      add(key, number_value(number_or(member(node, "maximum"), 1e9), is_integer));
    } else if (type == "string") {
      add(key, "");
      add(key, "\xc3\xa9t\xc3\xa9 \"quoted\" \\ / ~0 ~1");
    } else if (type == "array") {
      add(key, json::array());
    } else if (type == "object") {
      add(key, json::object());
    }
  });
  return found;
}

std::vector<EdgeParameters> wrong_parameters(const Schema& schema, const json::value& base) {
  std::vector<EdgeParameters> found;
  const std::vector<std::pair<std::string_view, json::value>> others{{"null", nullptr},
                                                                     {"boolean", true},
                                                                     {"number", -1.5},
                                                                     {"string", "text"},
                                                                     {"array", json::array{1, json::array()}},
                                                                     {"object", json::object{{"a", 1}, {"b", 2}}}};
  each_property(schema, [&](const std::string& key, const json::value& node) {
    const std::string_view own = type_of(node) == "integer" ? "number" : type_of(node);
    for (const auto& [type, other] : others) {
      json::value changed = with(base, key, other);
      if (type != own && !accepts(schema, changed)) found.push_back({shortened(key, other), std::move(changed)});
    }
  });
  return found;
}

}  // namespace shunt::validate
