// SPDX-License-Identifier: Apache-2.0
// Schema::check() and Schema::apply_defaults().
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <optional>
#include <shunt/framework/parameters.hpp>
#include <shunt/framework/suggest.hpp>
#include <string>
#include <utility>
#include <vector>

#include "parameter_checks.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

namespace parameter_checks {

namespace {

using config_text::found;
using config_text::in_quotes;
using config_text::literal;

// 2^53. Beyond this, not every whole number is a double.
constexpr double kExact = 9007199254740992.0;

bool is_whole(const json::value& value) {
  if (value.is_int64() || value.is_uint64()) return true;
  const double* number = value.if_double();
  return number != nullptr && std::isfinite(*number) && std::trunc(*number) == *number;
}

// Absent from the list are only words that check_schema() has refused.
bool matches(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return is_whole(value);
  if (type == "boolean") return value.is_bool();
  return value.is_null();
}

std::string_view in_words(std::string_view type) {
  if (type == "object") return "an object";
  if (type == "array") return "a list";
  if (type == "string") return "a string";
  if (type == "number") return "a number";
  if (type == "integer") return "a whole number";
  if (type == "boolean") return "true or false";
  return "null";
}

// Numbers are equal by value, however they are written: 1 and 1.0 are the same in JSON Schema.
bool equal(const json::value& left, const json::value& right) {
  if (left.is_number() && right.is_number()) {
    if (left.is_double() || right.is_double()) return as_double(left) == as_double(right);
    return left == right;
  }
  if (left.kind() != right.kind()) return false;
  if (const json::array* list = left.if_array()) {
    const json::array& other = right.get_array();
    return std::equal(list->begin(), list->end(), other.begin(), other.end(), equal);
  }
  if (const json::object* object = left.if_object()) {
    const json::object& other = right.get_object();
    return object->size() == other.size() && std::all_of(object->begin(), object->end(), [&](const auto& member) {
             const json::value* value = other.if_contains(member.key());
             return value != nullptr && equal(member.value(), *value);
           });
  }
  return left == right;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// A text that equal values share: members sorted, numbers by value.
std::string canonical(const json::value& value) {
  if (value.is_number()) return config_text::number(as_double(value));
  std::vector<std::string> parts;
  if (const json::array* list = value.if_array()) {
    for (const json::value& element : *list) parts.push_back(canonical(element));
    return "[" + config_text::joined(parts, parts.size()) + "]";
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return json::serialize(value);
  for (const auto& member : *object) parts.push_back(in_quotes(member.key()) + ":" + canonical(member.value()));
  std::sort(parts.begin(), parts.end());
  return "{" + config_text::joined(parts, parts.size()) + "}";
}

// One run over one value with all that is inside it.
class Check {
 public:
  Check(const ParametersPlace& place, Diagnostics& diagnostics) : place_(place), diagnostics_(diagnostics) {}

  // `name` is the path in words, "groups.g.members[1]"; empty for the parameters as a whole.
  void run(const json::value& value, const json::object& schema, const std::string& pointer, const std::string& name) {
    const Here here{schema, pointer, name};
    if (const double* number = value.if_double(); number != nullptr && !std::isfinite(*number)) {
      return report(here, "C401", subject(name) + " must be a finite number, found " + found(value));
    }
    if (const json::value* deprecated = schema.if_contains("deprecated");
        deprecated != nullptr && deprecated->get_bool()) {
      report(here, "C307", subject(name) + " is deprecated", {}, Severity::Warning, At::Key);
    }
    if (!check_type(value, here)) return;
    check_choices(value, here);
    if (value.is_number()) check_number(value, here);
    if (const json::string* text = value.if_string()) {
      check_size(characters(*text), "minLength", "maxLength", "character", here);
    }
    if (const json::array* list = value.if_array()) check_list(*list, here);
    if (const json::object* object = value.if_object()) check_object(*object, here);
  }

 private:
  struct Here {
    const json::object& schema;
    const std::string& pointer;
    const std::string& name;
  };

  std::string subject(const std::string& name) const {
    if (name.empty()) return "the parameters of " + place_.owner;
    return "parameter " + in_quotes(name) + " of " + place_.owner;
  }

  void report(const Here& here, std::string_view code, std::string message, std::string suggestion = {},
              Severity severity = Severity::Error, At at = At::Value, std::vector<std::string> notes = {}) {
    if (const json::value* text = here.schema.if_contains("description"); text != nullptr && !here.name.empty()) {
      notes.push_back(here.name + ": " + std::string(text->get_string()));
    }
    report_at(here.pointer, code, std::move(message), std::move(suggestion), severity, at, std::move(notes));
  }

  void report_at(const std::string& pointer, std::string_view code, std::string message, std::string suggestion,
                 Severity severity, At at, std::vector<std::string> notes) {
    Diagnostic d;
    if (place_.document != nullptr) {
      d = place_.document->diagnose(pointer, at, code, std::move(message), std::move(suggestion), std::move(notes));
    } else {
      d.code = code;
      d.pointer = pointer;
      d.message = std::move(message);
      d.suggestion = std::move(suggestion);
      d.notes = std::move(notes);
    }
    d.severity = severity;
    diagnostics_.add(std::move(d));
  }

  // Of a wrong type nothing else is checked: the other keywords would repeat the complaint.
  bool check_type(const json::value& value, const Here& here) {
    const json::value* type = here.schema.if_contains("type");
    if (type == nullptr) return true;
    std::string expected;
    if (const json::array* types = type->if_array()) {
      for (const json::value& one : *types) {
        if (matches(value, one.get_string())) return true;
        expected += (expected.empty() ? "" : " or ") + std::string(in_words(one.get_string()));
      }
    } else {
      if (matches(value, type->get_string())) return true;
      expected = in_words(type->get_string());
    }
    report(here, "C302", subject(here.name) + " must be " + expected + ", found " + found(value));
    return false;
  }

  void check_choices(const json::value& value, const Here& here) {
    if (const json::value* only = here.schema.if_contains("const"); only != nullptr && !equal(value, *only)) {
      report(here, "C304", subject(here.name) + " must be " + literal(*only) + ", found " + found(value));
    }
    const json::value* choices = here.schema.if_contains("enum");
    if (choices == nullptr) return;
    std::vector<std::string> words;
    std::vector<std::string> names;
    for (const json::value& choice : choices->get_array()) {
      if (equal(value, choice)) return;
      words.push_back(literal(choice));
      if (const json::string* name = choice.if_string()) names.emplace_back(*name);
    }
    const json::string* text = value.if_string();
    const auto close = text != nullptr ? suggest(std::string_view(*text), names) : std::nullopt;
    report(here, "C304", subject(here.name) + " cannot be " + literal(value), close ? did_you_mean(*close) : "",
           Severity::Error, At::Value, {"allowed: " + config_text::joined(words)});
  }

  void check_number(const json::value& value, const Here& here) {
    const auto limit = [&](std::string_view keyword, std::string_view words, auto broken) {
      const json::value* bound = here.schema.if_contains(keyword);
      if (bound == nullptr || !broken(as_double(value), as_double(*bound))) return;
      report(
          here, "C305",
          subject(here.name) + " must be " + std::string(words) + " " + literal(*bound) + ", found " + literal(value));
    };
    limit("minimum", "at least", std::less<>());
    limit("maximum", "at most", std::greater<>());
    limit("exclusiveMinimum", "above", std::less_equal<>());
    limit("exclusiveMaximum", "below", std::greater_equal<>());
  }

  void check_size(std::size_t size, std::string_view least, std::string_view most, std::string_view unit,
                  const Here& here) {
    const auto complain = [&](std::string_view words, std::uint64_t bound) {
      report(here, "C306",
             subject(here.name) + " must have " + std::string(words) + " " + std::to_string(bound) + " " +
                 std::string(unit) + (bound == 1 ? "" : "s") + ", found " + std::to_string(size));
    };
    if (const json::value* bound = here.schema.if_contains(least)) {
      if (const std::uint64_t number = as_size(*bound).value_or(0); size < number) complain("at least", number);
    }
    if (const json::value* bound = here.schema.if_contains(most)) {
      if (const std::uint64_t number = as_size(*bound).value_or(0); size > number) complain("at most", number);
    }
  }

  void check_list(const json::array& list, const Here& here) {
    check_size(list.size(), "minItems", "maxItems", "element", here);
    if (const json::value* unique = here.schema.if_contains("uniqueItems"); unique != nullptr && unique->get_bool()) {
      check_unique(list, here);
    }
    const json::value* items = here.schema.if_contains("items");
    if (items == nullptr) return check_finite(list, here);
    for (std::size_t i = 0; i < list.size(); ++i) {
      run(list[i], items->get_object(), child_pointer(here.pointer, i), here.name + "[" + std::to_string(i) + "]");
    }
  }

  void check_unique(const json::array& list, const Here& here) {
    // Sorted by their text, equal elements are neighbours, so a long list stays cheap.
    std::vector<std::pair<std::string, std::size_t>> texts;
    for (std::size_t i = 0; i < list.size(); ++i) {
      texts.emplace_back(canonical(list[i]), i);
    }
    std::sort(texts.begin(), texts.end());
    for (std::size_t i = 1; i < texts.size(); ++i) {
      if (!equal(list[texts[i].second], list[texts[i - 1].second])) continue;
      report_at(child_pointer(here.pointer, texts[i].second), "C306",
                subject(here.name) + " contains " + literal(list[texts[i].second]) + " twice", {}, Severity::Error,
                At::Value, {});
    }
  }

  // What no schema describes must still be finite, because it becomes JSON text for the plugin.
  void check_object(const json::object& object, const Here& here) {
    const json::value* listed = here.schema.if_contains("properties");
    const json::object* properties = listed != nullptr ? &listed->get_object() : nullptr;
    const json::value* additional = here.schema.if_contains("additionalProperties");
    std::vector<std::string> misspelt;
    for (const auto& member : object) {
      const std::string_view key = member.key();
      const std::string pointer = child_pointer(here.pointer, key);
      const std::string name = here.name.empty() ? std::string(key) : here.name + "." + std::string(key);
      const json::value* schema = properties != nullptr ? properties->if_contains(key) : nullptr;
      if (schema == nullptr && additional != nullptr && additional->is_object()) schema = additional;
      if (schema != nullptr) {
        run(member.value(), schema->get_object(), pointer, name);
        continue;
      }
      const bool forbidden = additional != nullptr && !additional->get_bool();
      if (forbidden || (additional == nullptr && properties != nullptr)) {
        const auto close = unknown(key, pointer, properties, here, forbidden ? Severity::Error : Severity::Warning);
        if (close && forbidden) misspelt.push_back(*close);
      }
      std::string place = pointer;
      if (config_text::has_non_finite(member.value(), place)) not_finite(place, name);
    }
    check_required(object, misspelt, here);
  }

  // What the key may have meant.
  std::optional<std::string> unknown(std::string_view key, const std::string& pointer, const json::object* properties,
                                     const Here& here, Severity severity) {
    std::vector<std::string> names;
    if (properties != nullptr) {
      for (const auto& property : *properties) names.emplace_back(property.key());
    }
    const auto close = suggest(key, names);
    const std::string where = here.name.empty() ? "" : " in " + in_quotes(here.name);
    const std::string allowed = here.name.empty() ? "parameters: " : "allowed keys: ";
    report_at(pointer, "C301", "unknown parameter " + in_quotes(key) + where + " of " + place_.owner,
              close ? did_you_mean(*close) : "", severity, At::Key,
              {names.empty() ? "it takes none" : allowed + config_text::joined(names)});
    return close;
  }

  void check_required(const json::object& object, const std::vector<std::string>& misspelt, const Here& here) {
    const json::value* required = here.schema.if_contains("required");
    if (required == nullptr) return;
    for (const json::value& entry : required->get_array()) {
      const std::string_view key = entry.get_string();
      if (object.contains(key) || std::find(misspelt.begin(), misspelt.end(), key) != misspelt.end()) continue;
      std::vector<std::string> notes;
      const json::value* properties = here.schema.if_contains("properties");
      const json::value* schema = properties != nullptr ? properties->get_object().if_contains(key) : nullptr;
      const json::value* text = schema != nullptr ? schema->get_object().if_contains("description") : nullptr;
      if (text != nullptr) notes.push_back(std::string(key) + ": " + std::string(text->get_string()));
      report_at(here.pointer, "C303", subject(here.name) + (here.name.empty() ? " lack " : " lacks ") + in_quotes(key),
                {}, Severity::Error, here.name.empty() && !place_.written ? At::Value : At::Key, std::move(notes));
    }
  }

  void check_finite(const json::array& list, const Here& here) {
    std::string pointer = here.pointer;
    if (config_text::has_non_finite(list, pointer)) not_finite(pointer, here.name);
  }

  void not_finite(const std::string& pointer, const std::string& name) {
    report_at(pointer, "C401", subject(name) + " must hold only finite numbers", {}, Severity::Error, At::Value, {});
  }

  const ParametersPlace& place_;
  Diagnostics& diagnostics_;
};

// Written members keep their order and come first; defaults follow in the order of the schema.
json::value complete(const json::value& value, const json::object& schema) {
  if (const double* number = value.if_double()) {
    const json::value* type = schema.if_contains("type");
    const bool integer = type != nullptr && type->is_string() && type->get_string() == "integer";
    if (integer && is_whole(value) && std::abs(*number) <= kExact) return static_cast<std::int64_t>(*number);
    return value;
  }
  if (const json::array* list = value.if_array()) {
    const json::value* items = schema.if_contains("items");
    if (items == nullptr) return value;
    json::array out;
    out.reserve(list->size());
    for (const json::value& element : *list) out.push_back(complete(element, items->get_object()));
    return out;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return value;

  const json::value* properties = schema.if_contains("properties");
  const json::value* additional = schema.if_contains("additionalProperties");
  json::object out;
  for (const auto& member : *object) {
    const json::value* inner = properties != nullptr ? properties->get_object().if_contains(member.key()) : nullptr;
    if (inner == nullptr && additional != nullptr && additional->is_object()) inner = additional;
    out.emplace(member.key(), inner != nullptr ? complete(member.value(), inner->get_object()) : member.value());
  }
  if (properties == nullptr) return out;
  for (const auto& property : properties->get_object()) {
    const json::value* fallback = property.value().get_object().if_contains("default");
    if (fallback == nullptr || out.contains(property.key())) continue;
    out.emplace(property.key(), complete(*fallback, property.value().get_object()));
  }
  return out;
}

}  // namespace

bool check(const json::value& value, const json::object& schema, const ParametersPlace& place,
           Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.errors();
  Check(place, diagnostics).run(value, schema, place.pointer, "");
  return diagnostics.errors() == before;
}

double as_double(const json::value& value) {
  if (const double* number = value.if_double()) return *number;
  if (const std::int64_t* number = value.if_int64()) return static_cast<double>(*number);
  if (const std::uint64_t* number = value.if_uint64()) return static_cast<double>(*number);
  return 0;
}

std::optional<std::uint64_t> as_size(const json::value& value) {
  const double number = as_double(value);
  if (!value.is_number() || !is_whole(value) || number < 0 || number > kExact) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

}  // namespace parameter_checks

bool Schema::check(const json::value& parameters, const ParametersPlace& place, Diagnostics& diagnostics) const {
  return parameter_checks::check(parameters, tree_->get_object(), place, diagnostics);
}

json::value Schema::apply_defaults(const json::value& parameters) const {
  return parameter_checks::complete(parameters, tree_->get_object());
}

}  // namespace shunt
