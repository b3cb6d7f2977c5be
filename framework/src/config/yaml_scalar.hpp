// SPDX-License-Identifier: Apache-2.0
// yaml_scalar.hpp: what a YAML scalar means, and how far it reaches in the text. Private to the configuration code.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "contents.hpp"

namespace shunt {

// The value of a scalar. `tag` is what yaml-cpp says: "?" for a plain one, "!" for a quoted one, else a full tag.
// Empty where the tag is unknown, or where the text is not what the tag promises.
std::optional<boost::json::value> yaml_scalar(std::string_view tag, const std::string& text);

// True for the spellings of null, the empty one included.
bool is_yaml_null(std::string_view text);

// The bytes of the node that begins at `offset`: after its anchor and tag, up to the end of a quoted or plain scalar.
// `plain` is the value of a plain scalar. Anything else has the length 1.
Span yaml_span(std::string_view text, std::size_t offset, std::string_view plain);

}  // namespace shunt
