// SPDX-License-Identifier: Apache-2.0
// envelope.hpp: the errors that the door itself answers with, in the form that clients of the API understand.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace shunt::host::front {

// One way in which the door refuses or gives up on a request.
struct DoorError {
  std::string_view code;
  std::uint32_t status;
  std::string_view meaning;  // for docs/reference/http-api.md, and for people where there is nothing better to say
};

// In the order of the documentation.
std::span<const DoorError> door_errors();
// Of a code in that list.
const DoorError& door_error(std::string_view code);

// The status' "type" as OpenAI has it: "invalid_request_error".
std::string_view error_type(std::uint32_t status);

struct EnvelopeText {
  std::uint32_t status = 500;
  std::string_view code;
  std::string_view message;
  std::string_view param = {};  // empty: null
};

// {"error":{"message","type","param","code"}}, or Anthropic's form for its path.
std::string envelope(const EnvelopeText& error, std::string_view path);

// "Not Found"; empty for an unknown status.
std::string_view reason_phrase(std::uint32_t status);

}  // namespace shunt::host::front
