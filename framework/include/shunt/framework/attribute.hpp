// SPDX-License-Identifier: Apache-2.0
// attribute.hpp: names, types and ids of what is known about endpoints.
//
//   AttributeTable attributes;                                   // knows the canonical names
//   const auto id = attributes.add("gpu_temperature", AttributeType::Number);
#pragma once

#include <shunt/framework/error.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace shunt {

enum class AttributeType : std::uint8_t { Number, Flag, Name, Set };

// "number", "flag", "name", "set": as the config spells them.
std::string_view to_string(AttributeType type);

using AttributeId = std::uint32_t;

// A value of an attribute; the alternatives in the order of AttributeType.
using AttributeValue = std::variant<double, bool, std::string, std::vector<std::string>>;

inline AttributeType type_of(const AttributeValue& value) { return static_cast<AttributeType>(value.index()); }

// One canonical attribute, as docs/reference/attributes.md lists it.
struct CanonicalAttribute {
  std::string_view name;
  AttributeType type;
  std::string_view meaning;
};

// In the order of the reference page.
const std::vector<CanonicalAttribute>& canonical_attributes();

// Prefix of the attribute that carries an endpoint label: "label:llm-d.ai/role". Always of type Name.
inline constexpr std::string_view kLabelPrefix = "label:";

// What every endpoint has: columns of type Name that exist once somebody reads them.
inline constexpr std::string_view kEndpointPrefix = "endpoint:";
inline constexpr std::string_view kEndpointName = "endpoint:name";
inline constexpr std::string_view kEndpointAddress = "endpoint:address";

// Refuses (C510) any type but Name for a name with one of the two prefixes.
Result<void> check_attribute_type(std::string_view name, AttributeType type);

// C510: `name` is `known` already, so it cannot be `wanted`.
Error attribute_type_error(std::string_view name, AttributeType known, AttributeType wanted);

// Registers attributes once by name and type. Ids are dense and never change. Safe for use from several threads.
class AttributeTable {
 public:
  AttributeTable();

  // Id of a name, registered with this type if it is new; an error when it is known with another type, or
  // check_attribute_type() refuses it.
  Result<AttributeId> add(std::string_view name, AttributeType type);
  // Likewise for a name that a plugin or a config asks for, whose values nobody may ever bring: it gets an id, but is not
  // known() to later configs.
  Result<AttributeId> expect(std::string_view name, AttributeType type);
  // A label's id; registered if new.
  AttributeId add_label(std::string_view key);
  std::optional<AttributeId> find(std::string_view name) const;
  AttributeType type(AttributeId id) const;
  std::string name(AttributeId id) const;
  // True for canonical names and for those that were add()ed: values of them are on the way or here.
  bool known(std::string_view name) const;
  // All known names, for suggestions.
  std::vector<std::string> names() const;
  std::size_t size() const;

 private:
  struct Entry {
    std::string name;
    AttributeType type;
    bool known;
  };
  Result<AttributeId> insert(std::string_view name, AttributeType type, bool known);
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, AttributeId> by_name_;
};

}  // namespace shunt
