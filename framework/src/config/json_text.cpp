// SPDX-License-Identifier: Apache-2.0
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <shunt/framework/decision_json.hpp>
#include <shunt/framework/json_text.hpp>
#include <string_view>
#include <utility>

#include "text.hpp"

namespace shunt {

namespace json = boost::json;

namespace {

void append(const json::value& value, std::string& out) {
  if (const json::object* object = value.if_object()) {
    out += '{';
    for (const auto& member : *object) {
      if (out.back() != '{') out += ',';
      out += json::serialize(json::value(member.key()));
      out += ':';
      append(member.value(), out);
    }
    out += '}';
  } else if (const json::array* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i != 0) out += ',';
      append((*array)[i], out);
    }
    out += ']';
  } else if (const double* number = value.if_double()) {
    out += number_to_json(*number);
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string json_text(const json::value& value) {
  std::string out;
  append(value, out);
  return valid_utf8(std::move(out));
}

std::string valid_utf8(std::string text) {
  std::size_t wrong = config_text::first_invalid_utf8(text);
  if (wrong == std::string::npos) return text;
  std::string out;
  std::string_view rest = text;
  for (; wrong != std::string_view::npos; wrong = config_text::first_invalid_utf8(rest)) {
    out.append(rest.substr(0, wrong)).append("\xEF\xBF\xBD");
    rest.remove_prefix(wrong + 1);
  }
  return out.append(rest);
}

}  // namespace shunt
