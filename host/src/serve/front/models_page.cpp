// SPDX-License-Identifier: Apache-2.0
#include "serve/front/models_page.hpp"

#include <shunt/abi/column.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace shunt::host::front {

namespace json = boost::json;

namespace {

// The endpoint said no more than the name.
std::string bare_model(std::string_view id) {
  return json::serialize(json::value{{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", "shunt"}});
}

const Snapshot::Column* set_column(const Snapshot& snapshot, std::string_view name) {
  const auto id = snapshot.attributes()->find(name);
  const Snapshot::Column* column = id ? snapshot.column(*id) : nullptr;
  return column != nullptr && !column->absent && column->type == AttributeType::Set ? column : nullptr;
}

// False: the row names none.
bool add_row(const Snapshot::Column& column, std::uint32_t row, ModelList& models) {
  const shunt_set_row& range = static_cast<const shunt_set_row*>(column.data)[row];
  for (std::uint32_t i = range.begin; i < range.end; ++i) {
    const std::string_view id = SymbolTable::process().text(column.pool[i]);
    if (!models.contains(id)) models.emplace(id, bare_model(id));
  }
  return range.begin != range.end;
}

}  // namespace

PoolModels models_of(const PoolPicture& pool) {
  PoolModels out;
  if (pool.snapshot == nullptr) return out;
  const Snapshot& snapshot = *pool.snapshot;
  const Snapshot::Column* const models = set_column(snapshot, "models");
  // What is loaded at the moment is a part of what can be asked for: it does not stand for "models".
  const Snapshot::Column* const active = set_column(snapshot, "active_models");
  std::set<std::uint64_t> routable;
  if (pool.routable) routable.insert(pool.routable->begin(), pool.routable->end());
  std::set<std::string_view> asked;
  for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
    if (active != nullptr) add_row(*active, row, out.named);
    if (models != nullptr && add_row(*models, row, out.named)) continue;
    if (pool.routable && !routable.contains(snapshot.keys()[row])) continue;
    const std::string_view address = snapshot.address(row);
    if (!address.empty() && asked.insert(address).second) out.silent.emplace_back(address);
  }
  return out;
}

bool add_models(std::string_view answer, ModelList& models) {
  boost::system::error_code failed;
  const json::value root = json::parse({answer.data(), answer.size()}, failed);
  const json::object* const object = failed ? nullptr : root.if_object();
  const json::value* const data = object != nullptr ? object->if_contains("data") : nullptr;
  if (data == nullptr || !data->is_array()) return false;
  for (const json::value& model : data->get_array()) {
    const json::object* const about = model.if_object();
    const json::value* const id = about != nullptr ? about->if_contains("id") : nullptr;
    if (id == nullptr || !id->is_string() || id->get_string().empty()) continue;
    const json::string& name = id->get_string();
    models.try_emplace(std::string(name.data(), name.size()), json::serialize(model));
  }
  return true;
}

std::string models_page(const ModelList& models) {
  std::string page = R"({"object":"list","data":[)";
  for (const auto& [id, about] : models) {
    if (page.back() != '[') page += ',';
    page += about;
  }
  return page += "]}";
}

}  // namespace shunt::host::front
