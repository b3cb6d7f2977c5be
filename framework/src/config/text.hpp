// SPDX-License-Identifier: Apache-2.0
// text.hpp: the small words and characters that messages are made of. Private to the configuration code.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::config_text {

// `text` in double quotes, with control characters escaped, shortened where it is very long.
std::string in_quotes(std::string_view text);

// As people write it: 2, 0.5, 1e+30, NaN, infinity.
std::string number(double value);

// A short value as it is written, without words around it: 3, "x", true. Lists and objects as in found().
std::string literal(const boost::json::value& value);

// "a, b, c"; of more than `most` words only the first ones and how many there are besides.
std::string joined(const std::vector<std::string>& words, std::size_t most = 30);

// "two": numbers up to ten as words.
std::string count(std::size_t number);

// "an object", "a list", "the string \"x\"", "the number 3", "true", "null".
std::string found(const boost::json::value& value);

// Offset of the first byte that is not part of valid UTF-8; npos where all are.
std::size_t first_invalid_utf8(std::string_view text);

// Bytes of the valid UTF-8 character that begins `text`; 0 where none does.
std::size_t utf8_length(std::string_view text);

// "line 12", or "line 12 of other.yaml": where the counterpart of a problem is.
std::string at_line(std::size_t line);

// True where a number somewhere in `value` is NaN or infinite; `pointer` is then completed to point at it.
bool has_non_finite(const boost::json::value& value, std::string& pointer);

// One token of a JSON pointer, with ~0 and ~1 decoded.
std::string decode_token(std::string_view token);

}  // namespace shunt::config_text
