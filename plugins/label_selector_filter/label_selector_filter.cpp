// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/filter.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace {

using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Parameter;
using shunt::sdk::Symbol;
using shunt::sdk::View;

// What one label has to be: one of `values`, or none of them, or missing.
struct Requirement {
  std::string key;
  Column<Symbol> label = {};
  std::vector<Symbol> values = {};
  bool any_value = false;  // whatever the value, as long as there is one
  bool negated = false;
  bool if_absent = false;  // the answer for endpoints without the label

  bool accepts(const ColumnView<Symbol>& column, std::size_t row) const {
    if (!column.has(row)) return if_absent;
    const bool listed = any_value || std::find(values.begin(), values.end(), column[row]) != values.end();
    return listed != negated;
  }
};

shunt_str join(const Cycle& cycle, std::initializer_list<std::string_view> parts) {
  std::size_t length = 0;
  for (const std::string_view part : parts) length += part.size();
  const std::span<char> text = cycle.allocate<char>(length);
  if (text.empty()) return {};
  auto end = text.begin();
  for (const std::string_view part : parts) end = std::copy(part.begin(), part.end(), end);
  return {text.data(), text.size()};
}

// All requirements must hold; none means that every endpoint fits.
class Selector {
 public:
  void require(Init& init, Requirement requirement, const std::vector<std::string>& values) {
    requirement.label = init.label(requirement.key);
    for (const std::string& value : values) requirement.values.push_back(init.intern(value));
    requirements_.push_back(std::move(requirement));
  }

  void filter(View view, std::span<std::uint8_t> keep) const {
    for (const Requirement& requirement : requirements_) {
      const auto label = requirement.label(view);
      for (std::size_t i = 0; i < keep.size(); ++i) {
        if (!requirement.accepts(label, i)) keep[i] = 0;
      }
    }
  }

  // Names the first requirement that a dropped endpoint misses.
  void explain(const Cycle& cycle, View view, std::span<shunt_str> reason) const {
    for (std::size_t i = 0; i < reason.size(); ++i) {
      for (const Requirement& requirement : requirements_) {
        const auto label = requirement.label(view);
        if (requirement.accepts(label, i)) continue;
        reason[i] = label.has(i) ? join(cycle, {requirement.key, "=", cycle.symbol_text(label[i])})
                                 : join(cycle, {"no label ", requirement.key});
        break;
      }
    }
  }

 private:
  std::vector<Requirement> requirements_;
};

std::vector<std::string> texts(const Parameter& list) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < list.size(); ++i) found.push_back(list[i].text(""));
  return found;
}

Requirement expression(const std::string& key, const std::string& word, bool has_values, const std::string& where) {
  const bool wants_values = word == "In" || word == "NotIn";
  if (wants_values && !has_values) throw Error("parameter " + where + ": operator " + word + " needs \"values\"");
  if (!wants_values && has_values) throw Error("parameter " + where + ": operator " + word + " takes no \"values\"");
  Requirement requirement{.key = key};
  requirement.any_value = !wants_values;
  // A label that is not there is in no list: Kubernetes lets NotIn match it.
  requirement.negated = requirement.if_absent = word == "NotIn" || word == "DoesNotExist";
  if (!wants_values && word != "Exists" && word != "DoesNotExist") {
    throw Error("parameter " + where + "/operator must be In, NotIn, Exists or DoesNotExist, found \"" + word + "\"");
  }
  return requirement;
}

Selector label_selector(Init& init) {
  Selector selector;
  const Parameter labels = init.parameter("matchLabels");
  for (const std::string& key : labels.keys()) selector.require(init, {.key = key}, {labels[key].text("")});
  const Parameter expressions = init.parameter("matchExpressions");
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    const Parameter one = expressions[i];
    const std::vector<std::string> values = texts(one["values"]);
    const std::string key = one["key"].text("");
    if (key.empty()) throw Error("parameter " + one.pointer() + "/key must name a label");
    selector.require(init, expression(key, one["operator"].text(""), !values.empty(), one.pointer()), values);
  }
  return selector;
}

Selector valid_values(Init& init) {
  Selector selector;
  Requirement requirement{.key = init.parameter("label").text("")};
  requirement.if_absent = init.parameter("allowsNoLabel").flag(false);
  const std::vector<std::string> values = texts(init.parameter("validValues"));
  if (requirement.key.empty()) throw Error("parameter /label must name a label");
  if (values.empty() && !requirement.if_absent) {
    throw Error("no endpoint can fit: give \"validValues\", or \"allowsNoLabel\": true");
  }
  selector.require(init, std::move(requirement), values);
  return selector;
}

class LabelFilter {
 public:
  void filter(const Cycle&, View view, std::span<std::uint8_t> keep) const { selector_.filter(view, keep); }
  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    selector_.explain(cycle, view, reason);
  }

 protected:
  explicit LabelFilter(Selector selector) : selector_(std::move(selector)) {}

 private:
  Selector selector_;
};

constexpr std::string_view kSelectorSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "matchLabels": {
      "type": "object", "default": {},
      "description": "Labels that an endpoint must carry, each with exactly this value",
      "additionalProperties": { "type": "string" }
    },
    "matchExpressions": {
      "type": "array", "default": [],
      "description": "Further conditions on labels; all of them must hold",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["key", "operator"],
        "properties": {
          "key": { "type": "string", "minLength": 1, "description": "Label key" },
          "operator": {
            "type": "string", "enum": ["In", "NotIn", "Exists", "DoesNotExist"],
            "description": "How the label is compared; NotIn and DoesNotExist hold for endpoints without the label"
          },
          "values": {
            "type": "array", "default": [], "items": { "type": "string" },
            "description": "Label values; needed by In and NotIn, not allowed with the others"
          }
        }
      }
    }
  }
})";

class LabelSelectorFilter : public LabelFilter {
 public:
  SHUNT_PLUGIN("label-selector-filter", "1.0.0", "Keeps endpoints whose labels match a Kubernetes label selector")
  static constexpr std::string_view kParametersSchema = kSelectorSchema;
  explicit LabelSelectorFilter(Init& init) : LabelFilter(label_selector(init)) {}
};

class ByLabelSelector : public LabelFilter {
 public:
  SHUNT_PLUGIN("by-label-selector", "1.0.0", "Former name of label-selector-filter")
  static constexpr std::string_view kParametersSchema = kSelectorSchema;
  static constexpr std::uint32_t kStability = SHUNT_STABILITY_DEPRECATED;
  explicit ByLabelSelector(Init& init) : LabelFilter(label_selector(init)) {}
};

class ByLabel : public LabelFilter {
 public:
  SHUNT_PLUGIN("by-label", "1.0.0", "Keeps endpoints by the value of one label; label-selector-filter says more")
  static constexpr std::uint32_t kStability = SHUNT_STABILITY_DEPRECATED;
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["label"],
  "properties": {
    "label": { "type": "string", "minLength": 1, "description": "Label key" },
    "validValues": {
      "type": "array", "default": [], "items": { "type": "string" },
      "description": "Values with which an endpoint is kept"
    },
    "allowsNoLabel": {
      "type": "boolean", "default": false,
      "description": "Whether endpoints without the label are kept"
    }
  }
})";
  explicit ByLabel(Init& init) : LabelFilter(valid_values(init)) {}
};

}  // namespace

SHUNT_LIBRARY(LabelSelectorFilter, ByLabelSelector, ByLabel)
