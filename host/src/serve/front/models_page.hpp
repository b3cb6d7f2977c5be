// SPDX-License-Identifier: Apache-2.0
// models_page.hpp: the list of models of all endpoints, in OpenAI's form.
#pragma once

#include "live/pool_picture.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::host::front {

// What is said about each model, as JSON text, by its id.
using ModelList = std::map<std::string, std::string, std::less<>>;

struct PoolModels {
  ModelList named;                  // in the columns "models" and "active_models"
  std::vector<std::string> silent;  // addresses of endpoints that may get requests and have no "models"; each once
};
PoolModels models_of(const PoolPicture& pool);

// What an endpoint answered to GET /v1/models; an id that is known already keeps what was said first. False, and nothing is
// added, where it is no such list.
bool add_models(std::string_view answer, ModelList& models);

std::string models_page(const ModelList& models);

}  // namespace shunt::host::front
