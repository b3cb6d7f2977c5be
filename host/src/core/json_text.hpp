// SPDX-License-Identifier: Apache-2.0
// json_text.hpp: JSON trees as text for people and for scripts: numbers as people write them, keys in their order.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

namespace shunt::host {

// On one line, without line end.
std::string compact_json(const boost::json::value& value);

// On one line for people: with spaces behind commas and colons.
std::string line_json(const boost::json::value& value);

// Indented by two spaces, short lists on one line, with a line end.
std::string pretty_json(const boost::json::value& value);

}  // namespace shunt::host
