// SPDX-License-Identifier: Apache-2.0
// json_text.hpp: JSON trees as text for people and for scripts: numbers as people write them, keys in their order.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <string>

namespace shunt::host {

// On one line, without line end.
std::string compact_json(const boost::json::value& value);

// Indented by two spaces, short lists on one line, with a line end.
std::string pretty_json(const boost::json::value& value);

// The same as a part of something larger: without line end, lines after the first behind `indent` spaces.
std::string pretty_json_part(const boost::json::value& value, std::size_t indent);

}  // namespace shunt::host
