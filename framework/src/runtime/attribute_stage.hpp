// SPDX-License-Identifier: Apache-2.0
// attribute_stage.hpp: the attributes that a generation would add, while it is not certain that there will be one.
//
// The table lives as long as the program and its types are final, so a config that is refused must leave nothing in it.
#pragma once

#include <shunt/framework/attribute.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

// Ids are the table's for what it has, else provisional ones that real() translates after commit().
class AttributeStage {
 public:
  explicit AttributeStage(AttributeTable& table) : table_(table) {}

  // As AttributeTable::add().
  Result<AttributeId> add(std::string_view name, AttributeType type);
  std::optional<AttributeId> find(std::string_view name) const;
  AttributeType type(AttributeId id) const;
  const AttributeTable& table() const noexcept { return table_; }

  // Fails when another thread has given one of the names another type in the meantime.
  Result<void> commit();
  AttributeId real(AttributeId id) const { return id < kFirstStaged ? id : staged_[id - kFirstStaged].real; }

 private:
  static constexpr AttributeId kFirstStaged = AttributeId{1} << 31;
  struct Staged {
    std::string name;
    AttributeType type;
    AttributeId real = 0;
  };
  AttributeTable& table_;
  std::vector<Staged> staged_;
};

}  // namespace shunt
