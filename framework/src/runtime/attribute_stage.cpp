// SPDX-License-Identifier: Apache-2.0
#include "runtime/attribute_stage.hpp"

#include <algorithm>

namespace shunt {

Result<AttributeId> AttributeStage::add(std::string_view name, AttributeType wanted) {
  if (const Result<void> fits = check_attribute_type(name, wanted); !fits) return fits.error();
  if (const std::optional<AttributeId> known = find(name)) {
    if (type(*known) == wanted) return *known;
    return attribute_type_error(name, type(*known), wanted);
  }
  staged_.push_back({std::string(name), wanted});
  return static_cast<AttributeId>(kFirstStaged + staged_.size() - 1);
}

// Staged ones first: one name keeps one id, even when the table gets it meanwhile.
std::optional<AttributeId> AttributeStage::find(std::string_view name) const {
  const auto staged = std::ranges::find(staged_, name, &Staged::name);
  if (staged != staged_.end()) return static_cast<AttributeId>(kFirstStaged + (staged - staged_.begin()));
  return table_.find(name);
}

AttributeType AttributeStage::type(AttributeId id) const {
  return id < kFirstStaged ? table_.type(id) : staged_[id - kFirstStaged].type;
}

Result<void> AttributeStage::commit() {
  for (Staged& staged : staged_) {
    const Result<AttributeId> added = table_.expect(staged.name, staged.type);
    if (!added) return added.error();
    staged.real = *added;
  }
  return {};
}

}  // namespace shunt
