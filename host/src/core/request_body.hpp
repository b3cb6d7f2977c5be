// SPDX-License-Identifier: Apache-2.0
// request_body.hpp: what the body of an OpenAI request says about it: chat, completions, responses, embeddings.
#pragma once

#include <shunt/framework/request.hpp>
#include <string_view>

#include "field_reader.hpp"

namespace shunt::host {

// Fills in what the body knows; members that are set already are left alone, because facts beside the body win. Keys that
// do not matter for scheduling may be anything, as between a client and a server.
void read_body(const FieldReader& body, Request& request);

// "chat", "generate" or "embedding" for the path of a known API, else empty.
std::string_view type_of_path(std::string_view path);

}  // namespace shunt::host
