// SPDX-License-Identifier: Apache-2.0
#include "sample_parameters.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <limits>
#include <numeric>
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
  constexpr double kLargest = 9e18;
  if (is_integer && std::abs(number) < kLargest) return static_cast<std::int64_t>(number);
  return number;
}

// The numbers that a node allows. A bound that is infinite, or `open`, is not one of them.
struct NumberRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;

  explicit NumberRange(const json::value& node) {
    low = number_or(member(node, "minimum"), low);
    high = number_or(member(node, "maximum"), high);
    const double above = number_or(member(node, "exclusiveMinimum"), -std::numeric_limits<double>::infinity());
    const double below = number_or(member(node, "exclusiveMaximum"), std::numeric_limits<double>::infinity());
    low_open = std::isfinite(above) && above >= low;
    high_open = std::isfinite(below) && below <= high;
    low = std::max(low, above);
    high = std::min(high, below);
  }
  bool is_below(double number) const { return high_open ? number < high : number <= high; }
  bool is_above(double number) const { return low_open ? number > low : number >= low; }
};

// The least whole number of a range; of others the least, or where that is not one of them a step of 1 above it, or as much as
// there is room for. Without a lower bound what is nearest to 1.
double least_number(const json::value& node, bool is_integer) {
  const NumberRange range(node);
  if (std::isinf(range.low)) {
    if (range.is_below(1)) return 1;
    const double below = is_integer ? std::floor(range.high) : range.high;
    return range.is_below(below) ? below : below - 1;
  }
  const double bound = is_integer ? std::ceil(range.low) : range.low;
  if (range.is_above(bound)) return bound;
  return is_integer || range.is_below(bound + 1) ? bound + 1 : std::midpoint(range.low, range.high);
}

// The same from the other end; 1e9 without an upper bound.
double greatest_number(const json::value& node, bool is_integer) {
  const NumberRange range(node);
  if (std::isinf(range.high)) return 1e9;
  const double bound = is_integer ? std::floor(range.high) : range.high;
  if (range.is_below(bound)) return bound;
  return is_integer || range.is_above(bound - 1) ? bound - 1 : std::midpoint(range.low, range.high);
}

// As many characters as a node allows: cut at its end, or with `x` added. `ending`, which is ASCII, is never cut.
std::string fitted(const json::value& node, std::string text, const std::string& ending = "") {
  const auto is_first_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  const auto characters = [&] { return static_cast<double>(std::ranges::count_if(text + ending, is_first_byte)); };
  const double most = number_or(member(node, "maxLength"), std::numeric_limits<double>::infinity());
  while (!text.empty() && characters() > most) {
    while (!is_first_byte(text.back())) text.pop_back();
    text.pop_back();
  }
  const double missing = number_or(member(node, "minLength"), 0) - characters();
  return text + ending + std::string(static_cast<std::size_t>(std::max(missing, 0.0)), 'x');
}

// What a value is made like.
struct Wish {
  std::string word;       // of texts
  std::string ending;     // of texts: tells elements of lists apart
  std::size_t index = 0;  // which of the values that it may have; 0: the first
  bool with_optional = false;
};

json::value sample(const json::value& node, const Wish& wish);

json::object sample_object(const json::value& node, const Wish& wish) {
  json::object made;
  const json::value* properties = member(node, "properties");
  const json::value* required = member(node, "required");
  if (properties == nullptr || !properties->is_object()) return made;
  for (const auto& [key, property] : properties->as_object()) {
    const bool is_required = required != nullptr && required->is_array() &&
                             std::ranges::find(required->as_array(), json::value(key)) != required->as_array().end();
    if (is_required || wish.with_optional) made[key] = sample(property, wish);
  }
  return made;
}

// As many elements as the node asks for, one where it need not have any and everything optional is wanted.
json::array sample_array(const json::value& node, const Wish& wish) {
  const double most = number_or(member(node, "maxItems"), std::numeric_limits<double>::infinity());
  const double wanted =
      std::max(number_or(member(node, "minItems"), 0), std::min(most, wish.with_optional ? 1.0 : 0.0));
  const json::value* unique = member(node, "uniqueItems");
  const bool is_unique = unique != nullptr && unique->is_bool() && unique->as_bool();
  const json::value* items = member(node, "items");
  const json::value anything = json::object();
  json::array made;
  for (std::size_t i = 0; static_cast<double>(i) < wanted; ++i) {
    Wish one = wish;
    if (i > 0) one.ending += std::to_string(i);
    one.index = is_unique ? i : 0;
    made.push_back(sample(items != nullptr ? *items : anything, one));
  }
  return made;
}

json::value sample_number(const json::value& node, bool is_integer, std::size_t index) {
  const double least = least_number(node, is_integer);
  const double wanted = least + static_cast<double>(index);
  return number_value(NumberRange(node).is_below(wanted) ? wanted : least, is_integer);
}

json::value sample(const json::value& node, const Wish& wish) {
  if (const json::value* fixed = member(node, "const")) return *fixed;
  const json::value* standard = member(node, "default");
  const std::string_view type = type_of(node);
  // A default that is empty says less than an example when everything optional is asked for.
  const bool is_empty = standard != nullptr && ((standard->is_array() && standard->as_array().empty()) ||
                                                (standard->is_string() && standard->as_string().empty()));
  if (standard != nullptr && !(wish.with_optional && is_empty && type == "array")) return *standard;
  if (const json::value* words = member(node, "enum");
      words != nullptr && words->is_array() && !words->as_array().empty())
    return words->as_array()[wish.index % words->as_array().size()];
  if (type == "boolean") return wish.with_optional;
  if (type == "integer" || type == "number") return sample_number(node, type == "integer", wish.index);
  if (type == "object") return sample_object(node, wish);
  if (type == "array") return sample_array(node, wish);
  if (type == "null") return nullptr;
  return json::value(fitted(node, wish.word, wish.ending));
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
    const json::value complete = schema.apply_defaults(sample_object(schema.tree(), {word, "", 0, with_optional}));
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
      add(key, number_value(greatest_number(node, is_integer), is_integer));
    } else if (type == "string") {
      add(key, json::value(fitted(node, "")));
      add(key, json::value(fitted(node, "\xc3\xa9t\xc3\xa9 \"quoted\" \\ / ~0 ~1")));
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
