// SPDX-License-Identifier: Apache-2.0
// The published schemas and the readers have to know the same keys.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <shunt/framework/attribute.hpp>

#include "core/endpoints_file.hpp"
#include "core/requests_file.hpp"

namespace shunt::host {
namespace {

namespace json = boost::json;

json::value schema(const std::string& name) {
  std::ifstream file(std::filesystem::path(SHUNT_SOURCE_DIRECTORY) / "docs/reference" / (name + ".schema.json"));
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

// The keys that a reader allows are in the note of its complaint about one that it does not.
std::set<std::string> allowed(const Diagnostics& diagnostics) {
  std::set<std::string> keys;
  for (const Diagnostic& d : diagnostics) {
    for (std::string note : d.notes) {
      const std::string lead = "allowed keys: ";
      if (!note.starts_with(lead)) continue;
      note.erase(0, lead.size());
      for (std::size_t at = 0; at < note.size();) {
        const std::size_t end = std::min(note.find(", ", at), note.size());
        keys.insert(note.substr(at, end - at));
        at = end + 2;
      }
    }
  }
  return keys;
}

std::set<std::string> keys_of(const json::value& properties) {
  std::set<std::string> keys;
  for (const auto& member : properties.as_object()) keys.emplace(member.key());
  return keys;
}

TEST(Schemas, RequestsHaveTheKeysOfTheReader) {
  Diagnostics diagnostics;
  read_requests("r.jsonl", "{\"id\":\"a\",\"zzzzzz\":1}", diagnostics);
  EXPECT_EQ(keys_of(schema("requests").at("properties")), allowed(diagnostics));
}

TEST(Schemas, EndpointsHaveTheKeysOfTheReaderAndAllCanonicalAttributes) {
  Diagnostics diagnostics;
  const auto document =
      Document::parse("e.json", R"({"endpoints":[{"name":"a","zzzzzz":1}]})", DocumentFormat::Json, diagnostics);
  read_endpoints(*document, ".", diagnostics);
  const json::value root = schema("endpoints");
  const json::value& endpoint = root.at("properties").at("endpoints").at("items").at("properties");
  EXPECT_EQ(keys_of(endpoint), allowed(diagnostics));
  std::set<std::string> canonical;
  for (const CanonicalAttribute& attribute : canonical_attributes()) canonical.emplace(attribute.name);
  EXPECT_EQ(keys_of(endpoint.at("attributes").at("properties")), canonical);
}

}  // namespace
}  // namespace shunt::host
