// SPDX-License-Identifier: Apache-2.0
// asked_generation.hpp: the generation that a request of the admin listener is about.
#pragma once

#include <shunt/framework/generation.hpp>

#include <memory>

#include "admin/http_message.hpp"

namespace shunt::host {

class LiveHost;

// With canary=1 the canary that is out, nullptr where none is; else the current generation.
std::shared_ptr<const Generation> asked_generation(LiveHost& host, const AdminRequest& request);
// What to answer where none is out: 404.
AdminResponse no_canary();

}  // namespace shunt::host
