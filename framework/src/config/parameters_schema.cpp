// SPDX-License-Identifier: Apache-2.0
// check_schema(): is a schema inside the subset, and does it make sense?
#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <optional>
#include <shunt/framework/parameters.hpp>
#include <shunt/framework/suggest.hpp>
#include <utility>

#include "parameter_checks.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

namespace {

using config_text::in_quotes;

constexpr std::array<std::string_view, 7> kTypes = {"object",  "array",   "string", "number",
                                                    "integer", "boolean", "null"};

constexpr std::array<std::string_view, 20> kKeywords = {"type",
                                                        "enum",
                                                        "const",
                                                        "properties",
                                                        "required",
                                                        "additionalProperties",
                                                        "items",
                                                        "minItems",
                                                        "maxItems",
                                                        "uniqueItems",
                                                        "minimum",
                                                        "maximum",
                                                        "exclusiveMinimum",
                                                        "exclusiveMaximum",
                                                        "minLength",
                                                        "maxLength",
                                                        "default",
                                                        "title",
                                                        "description",
                                                        "deprecated"};

// Walks a schema and keeps the first complaint; a schema is a program text of the plugin's author, not of the user.
class SchemaCheck {
 public:
  const std::string& problem() const { return problem_; }

  bool check(const json::value& schema, const std::string& pointer) {
    const json::object* object = schema.if_object();
    if (object == nullptr) return fail(pointer, "must be an object, found " + config_text::found(schema));
    for (const auto& member : *object) {
      const std::string_view keyword = member.key();
      if (std::find(kKeywords.begin(), kKeywords.end(), keyword) == kKeywords.end()) {
        const auto close = suggest(keyword, kKeywords);
        return fail(pointer, "uses the keyword " + in_quotes(keyword) + ", which is outside the supported subset" +
                                 (close ? "; " + did_you_mean(*close) : ""));
      }
      if (!check_keyword(keyword, member.value(), child_pointer(pointer, keyword))) return false;
    }
    return check_sense(*object, pointer);
  }

 private:
  bool fail(const std::string& pointer, const std::string& message) {
    problem_ = (pointer.empty() ? "the schema" : "the schema at " + pointer) + " " + message;
    return false;
  }

  // The checks rely on it: they take what a keyword holds without asking again.
  bool check_keyword(std::string_view keyword, const json::value& value, const std::string& pointer) {
    if (keyword == "type") return check_type(value, pointer);
    if (keyword == "properties") return check_properties(value, pointer);
    if (keyword == "items") return check(value, pointer);
    if (keyword == "additionalProperties") return value.is_bool() || check(value, pointer);
    if (keyword == "required") return check_required(value, pointer);
    if (keyword == "enum") {
      const json::array* words = value.if_array();
      return (words != nullptr && !words->empty()) || fail(pointer, "must be a list with at least one value");
    }
    if (keyword == "uniqueItems" || keyword == "deprecated") {
      return value.is_bool() || fail(pointer, "must be true or false, found " + config_text::found(value));
    }
    if (keyword == "title" || keyword == "description") {
      return value.is_string() || fail(pointer, "must be a string, found " + config_text::found(value));
    }
    if (keyword == "const" || keyword == "default") return true;
    const bool is_size =
        keyword.starts_with("min") ? keyword != "minimum" : keyword.starts_with("max") && keyword != "maximum";
    if (is_size && !parameter_checks::as_size(value)) {
      return fail(pointer, "must be a whole number from 0, found " + config_text::found(value));
    }
    // A bound like 1e400 reads as infinity, which no document can hold again.
    const bool finite = value.is_number() && std::isfinite(value.to_number<double>());
    return finite || fail(pointer, "must be a number, found " + config_text::found(value));
  }

  bool check_type(const json::value& value, const std::string& pointer) {
    const auto known = [](const json::value& word) {
      return word.is_string() &&
             std::find(kTypes.begin(), kTypes.end(), std::string_view(word.get_string())) != kTypes.end();
    };
    const json::array* list = value.if_array();
    const bool ok = list == nullptr ? known(value) : !list->empty() && std::all_of(list->begin(), list->end(), known);
    return ok ||
           fail(pointer, "must be one of object, array, string, number, integer, boolean, null, or a list of them");
  }

  bool check_properties(const json::value& value, const std::string& pointer) {
    const json::object* properties = value.if_object();
    if (properties == nullptr) return fail(pointer, "must be an object, found " + config_text::found(value));
    return std::all_of(properties->begin(), properties->end(), [&](const auto& member) {
      return check(member.value(), child_pointer(pointer, std::string_view(member.key())));
    });
  }

  bool check_required(const json::value& value, const std::string& pointer) {
    const json::array* names = value.if_array();
    const bool ok = names != nullptr &&
                    std::all_of(names->begin(), names->end(), [](const json::value& name) { return name.is_string(); });
    return ok || fail(pointer, "must be a list of strings");
  }

  // Limits that exclude everything, and defaults that nobody may write.
  bool check_sense(const json::object& schema, const std::string& pointer) {
    static constexpr std::array<std::array<std::string_view, 2>, 3> kLimits = {
        {{"minimum", "maximum"}, {"minLength", "maxLength"}, {"minItems", "maxItems"}}};
    for (const auto& [low, high] : kLimits) {
      const json::value* least = schema.if_contains(low);
      const json::value* most = schema.if_contains(high);
      if (least != nullptr && most != nullptr &&
          parameter_checks::as_double(*least) > parameter_checks::as_double(*most)) {
        return fail(pointer, "has a " + in_quotes(low) + " above its " + in_quotes(high));
      }
    }
    // All that is inside has been checked by now, so the schema can be applied to its own default.
    const json::value* fallback = schema.if_contains("default");
    if (fallback == nullptr) return true;
    Diagnostics diagnostics;
    const ParametersPlace nowhere{nullptr, {}, "the default", true};
    if (parameter_checks::check(*fallback, schema, nowhere, diagnostics)) return true;
    return fail(pointer, "has a default that it refuses itself: " + diagnostics.all().front().message);
  }

  std::string problem_;
};

}  // namespace

const json::value& Schema::tree() const { return *tree_; }

Result<Schema> check_schema(std::string_view text) {
  const auto refuse = [](std::string message) { return Error{ErrorKind::Plugin, "C308", std::move(message)}; };
  try {
    json::error_code error;
    json::value tree = json::parse(text, error);
    if (error) return refuse("the schema is not JSON: " + error.message());
    SchemaCheck check;
    if (!check.check(tree, "")) return refuse(check.problem());
    return Schema(std::make_shared<const json::value>(std::move(tree)));
  } catch (const std::exception& error) {
    return refuse(std::string("the schema could not be read: ") + error.what());
  }
}

}  // namespace shunt
