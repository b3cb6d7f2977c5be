// SPDX-License-Identifier: Apache-2.0
// parameters.hpp: checks the parameters of a plugin against the schema that the plugin brings.
//
//   auto schema = shunt::check_schema(R"({"type": "object", "properties": {"top": {"type": "integer", "default":
//   3}}})"); if (schema && schema->check(parameters, place, diagnostics)) use(schema->apply_defaults(parameters));
//
// The language is a subset of JSON Schema, with the meaning it has there:
//
//   type (a word or a list of words)  enum  const
//   properties  required  additionalProperties (true, false or a schema)
//   items (one schema)  minItems  maxItems  uniqueItems
//   minimum  maximum  exclusiveMinimum  exclusiveMaximum  minLength  maxLength
//   default  title  description  deprecated
#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/document.hpp>
#include <shunt/framework/error.hpp>
#include <string>
#include <string_view>

namespace shunt {

// Where parameters stand, for messages.
struct ParametersPlace {
  const Document* document = nullptr;  // null: parameters made in code; diagnostics then have no position
  std::string pointer;                 // of the parameters in the document
  std::string owner;                   // whose they are: plugin "queue"
  bool written = true;                 // false: nothing is written at `pointer`, what is missing belongs to its parent
};

// A schema known to be inside the subset. Immutable, cheap to copy.
class Schema {
 public:
  // Adds every problem of `parameters` at once; true where there is no error. Numbers must be finite. Unknown keys are
  // errors where `additionalProperties` forbids them, and warnings where the schema names properties but leaves the
  // question open.
  bool check(const boost::json::value& parameters, const ParametersPlace& place, Diagnostics& diagnostics) const;

  // `parameters` with every `default` filled in, at all depths; a default that is an object is completed in turn. An
  // absent object without `default` stays absent. Integers written as 3.0 become 3.
  boost::json::value apply_defaults(const boost::json::value& parameters) const;

  const boost::json::value& tree() const;

 private:
  friend Result<Schema> check_schema(std::string_view text);
  explicit Schema(std::shared_ptr<const boost::json::value> tree) : tree_(std::move(tree)) {}

  std::shared_ptr<const boost::json::value> tree_;
};

// Reads a schema. Fails with C308 where the text is not JSON, uses a keyword outside the subset, gives a keyword a
// value of the wrong type, or contradicts itself (a default that its own schema refuses).
Result<Schema> check_schema(std::string_view text);

}  // namespace shunt
