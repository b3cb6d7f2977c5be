// SPDX-License-Identifier: Apache-2.0
#include "serve/front/models_page.hpp"

#include <shunt/abi/column.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <set>

namespace shunt::host::front {

namespace json = boost::json;

std::string models_page(const PoolPicture& pool) {
  if (pool.snapshot == nullptr) return {};
  const Snapshot& snapshot = *pool.snapshot;
  std::set<std::string_view> models;
  for (const std::string_view name : {"models", "active_models"}) {
    const auto id = snapshot.attributes()->find(name);
    const Snapshot::Column* column = id ? snapshot.column(*id) : nullptr;
    if (column == nullptr || column->absent || column->type != AttributeType::Set) continue;
    const auto* rows = static_cast<const shunt_set_row*>(column->data);
    for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
      for (std::uint32_t i = rows[row].begin; i < rows[row].end; ++i) {
        models.insert(SymbolTable::process().text(column->pool[i]));
      }
    }
  }
  if (models.empty()) return {};
  json::array data;
  for (const std::string_view model : models) {
    data.push_back({{"id", model}, {"object", "model"}, {"created", 0}, {"owned_by", "shunt"}});
  }
  return json::serialize(json::value{{"object", "list"}, {"data", std::move(data)}});
}

}  // namespace shunt::host::front
