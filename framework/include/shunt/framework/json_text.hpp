// SPDX-License-Identifier: Apache-2.0
// json_text.hpp: JSON trees as text, with numbers as people write them: 0.5, where Boost's serializer has 5E-1.
//
//   std::string text = shunt::json_text(effective_config(config));
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

namespace shunt {

// On one line, keys in their order, without line end.
std::string json_text(const boost::json::value& value);

// Bytes that are not valid UTF-8, as a serializer copies them into its strings, become U+FFFD: whoever reads JSON by the rules refuses
// all of it for one of them.
std::string valid_utf8(std::string text);

}  // namespace shunt
