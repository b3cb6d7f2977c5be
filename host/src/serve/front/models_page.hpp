// SPDX-License-Identifier: Apache-2.0
// models_page.hpp: the list of models of all endpoints, in OpenAI's form.
#pragma once

#include "live/pool_picture.hpp"

#include <string>

namespace shunt::host::front {

// What the columns "models" and "active_models" say; empty where they say nothing.
std::string models_page(const PoolPicture& pool);

}  // namespace shunt::host::front
