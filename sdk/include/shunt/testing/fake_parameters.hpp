// SPDX-License-Identifier: Apache-2.0
// fake_parameters.hpp: the parameters of a plugin under test: JSON text in, nodes by JSON pointer out.
#pragma once

#include <shunt/testing/detail/json_parser.hpp>

#include <string>
#include <string_view>

namespace shunt::testing {

// The effective parameters of one instance. Texts that it hands out live as long as the object and move with nothing.
class FakeParameters {
 public:
  // Empty text stands for an object without members. Throws std::invalid_argument when the text is no JSON object: that
  // is a mistake of the test, not of the plugin.
  explicit FakeParameters(std::string_view json);

  // Adds the defaults that a parameters schema states for whatever is absent, as the real host does before create().
  void add_defaults(std::string_view schema_json);

  // The parameters as JSON text, the form in which create() is given them too.
  std::string text() const;

  // The node at a JSON pointer ("" is the root, "/conditions/0"); nullptr where it leads nowhere.
  const detail::Json* find(std::string_view pointer) const;

 private:
  static void add_defaults(const detail::Json& schema, detail::Json& value);
  static const detail::Json* child(const detail::Json& node, const std::string& key);
  static std::string unescape(std::string_view token);

  detail::Json root_;
};

}  // namespace shunt::testing
