// SPDX-License-Identifier: Apache-2.0
#include "json_text.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <shunt/framework/json_text.hpp>
#include <utility>

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::size_t kWidth = 100;

// With a space behind every comma and colon, as people write on one line.
void append_line(const json::value& value, std::string& out) {
  if (const json::object* object = value.if_object()) {
    out += '{';
    const char* separator = " ";
    for (const auto& member : *object) {
      out.append(separator).append(json::serialize(json::value(member.key()))).append(": ");
      append_line(member.value(), out);
      separator = ", ";
    }
    out += object->empty() ? "}" : " }";
  } else if (const json::array* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i != 0) out += ", ";
      append_line((*array)[i], out);
    }
    out += ']';
  } else {
    out += json_text(value);
  }
}

// A list or object that has no list or object in it, empty ones excepted.
bool is_flat(const json::value& value) {
  const auto is_leaf = [](const json::value& part) {
    return part.is_object() ? part.get_object().empty() : !part.is_array() || part.get_array().empty();
  };
  if (const json::array* array = value.if_array()) return std::all_of(array->begin(), array->end(), is_leaf);
  const json::object* object = value.if_object();
  return object == nullptr ||
         std::all_of(object->begin(), object->end(), [&](const auto& member) { return is_leaf(member.value()); });
}

void append_pretty(const json::value& value, std::size_t indent, std::string& out) {
  if (is_flat(value)) {
    std::string line;
    append_line(value, line);
    if (indent + line.size() <= kWidth || !value.is_structured()) {
      out += line;
      return;
    }
  }
  const std::string margin(indent + 2, ' ');
  const bool is_object = value.is_object();
  out += is_object ? "{\n" : "[\n";
  const char* separator = "";
  const auto begin_part = [&] {
    out.append(separator).append(margin);
    separator = ",\n";
  };
  if (is_object) {
    for (const auto& member : value.get_object()) {
      begin_part();
      out.append(json::serialize(json::value(member.key()))).append(": ");
      append_pretty(member.value(), indent + 2, out);
    }
  } else {
    for (const json::value& part : value.get_array()) {
      begin_part();
      append_pretty(part, indent + 2, out);
    }
  }
  out.append("\n").append(indent, ' ').append(is_object ? "}" : "]");
}

}  // namespace

std::string compact_json(const json::value& value) { return json_text(value); }

std::string pretty_json(const json::value& value) { return pretty_json_part(value, 0) + '\n'; }

std::string pretty_json_part(const json::value& value, std::size_t indent) {
  std::string out;
  append_pretty(value, indent, out);
  return valid_utf8(std::move(out));
}

}  // namespace shunt::host
