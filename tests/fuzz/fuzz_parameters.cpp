// SPDX-License-Identifier: Apache-2.0
// A parameters schema, and parameters that it is asked about. The input is the schema and, behind a line "---", them.
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <shunt/framework/parameters.hpp>

#include "properties.hpp"

namespace {

namespace json = boost::json;

using shunt::fuzz::require;

constexpr const char* kFile = "parameters";
constexpr std::string_view kSeparator = "\n---\n";

std::optional<shunt::Schema> read_schema(std::string_view text) {
  const shunt::Result<shunt::Schema> schema = shunt::check_schema(text);
  if (!schema) {
    require(schema.error().code == "C308", "a schema is refused with the code", schema.error().code);
    require(!schema.error().message.empty(), "a schema is refused without a word");
    return std::nullopt;
  }
  const std::string written = json::serialize(schema->tree());
  const shunt::Result<shunt::Schema> again = shunt::check_schema(written);
  require(again.has_value(), "a schema is refused when it is read again:", written);
  return *schema;
}

// Parameters that are right stay right with their defaults filled in, unless the schema compares whole values: {} and
// {"a": 1} are different until the first one has got its default.
bool compares_values(const shunt::Schema& schema) {
  const std::string text = json::serialize(schema.tree());
  for (const char* keyword : {"\"uniqueItems\"", "\"const\"", "\"enum\""}) {
    if (text.find(keyword) != std::string::npos) return true;
  }
  return false;
}

void check_parameters(const shunt::Schema& schema, const std::string& text) {
  shunt::Diagnostics diagnostics;
  const auto document = shunt::Document::parse(kFile, text, shunt::DocumentFormat::Detect, diagnostics);
  if (!document || diagnostics.has_errors()) return;
  const shunt::ParametersPlace place{.document = &*document, .pointer = "", .owner = "plugin \"fuzz\""};
  const bool good = schema.check(document->root(), place, diagnostics);
  shunt::fuzz::require_sound(diagnostics, text, kFile);
  require(good == !diagnostics.has_errors(), "check() contradicts its diagnostics");
  if (!good) return;
  const json::value complete = schema.apply_defaults(document->root());
  shunt::Diagnostics problems;
  const bool still_good = schema.check(complete, {.pointer = "", .owner = "plugin \"fuzz\""}, problems);
  require(still_good || compares_values(schema),
          "parameters are right, but not with their defaults:", [&] { return render_text(problems, false); });
  require(schema.apply_defaults(complete) == complete, "defaults are applied twice with another result");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = shunt::fuzz::text_of(data, size);
  const std::size_t end = text.find(kSeparator);
  const std::optional<shunt::Schema> schema = read_schema(text.substr(0, end));
  if (!schema) return 0;
  const bool separated = end != std::string_view::npos;
  check_parameters(*schema, separated ? std::string(text.substr(end + kSeparator.size())) : "{}");
  return 0;
}
