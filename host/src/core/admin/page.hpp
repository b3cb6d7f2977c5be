// SPDX-License-Identifier: Apache-2.0
// page.hpp: the page for people, from host/web, as it is in the program.
#pragma once

#include <string_view>

#include "admin/http_message.hpp"

namespace shunt::host {

// Made by cmake/EmbedPage.cmake.
std::string_view embedded_page();

// With a policy that lets nothing run but the page's own script.
AdminResponse page_answer();

}  // namespace shunt::host
