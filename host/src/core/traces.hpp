// SPDX-License-Identifier: Apache-2.0
// traces.hpp: two published request traces, taken as they are: Mooncake (JSONL) and Azure LLM inference (CSV).
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/request.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "field_reader.hpp"

namespace shunt::host {

// {"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 2]}
bool is_mooncake(const boost::json::object& object);

// Times are milliseconds since the start; a hash id stands for a block of 512 prompt tokens. The id is made from
// request.number. False after a complaint.
bool read_mooncake(const InputFile& file, const boost::json::object& object, const std::string& pointer,
                   Request& request);

// True for a text that begins with the header TIMESTAMP,ContextTokens,GeneratedTokens.
bool is_azure(std::string_view text);

// Arrivals count from the first line.
std::vector<Request> read_azure(const std::string& file, std::string_view text, Diagnostics& diagnostics);

// "2023-11-16 18:15:46.6805900", optionally with an offset such as +00:00, as nanoseconds since 1970.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

}  // namespace shunt::host
