// SPDX-License-Identifier: Apache-2.0
// detail/json_parser.hpp: the little JSON that the testing kit needs, without a library: strict, ordered, no
// duplicates.
#pragma once

#include <shunt/abi/host.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::testing::detail {

struct JsonMember;

// One node. `type` is a SHUNT_PARAMETER_*; lists keep their items in `members` under empty keys.
struct Json {
  std::uint32_t type = SHUNT_PARAMETER_NULL;
  double number = 0;
  std::string text;
  std::vector<JsonMember> members;

  const Json* member(std::string_view key) const;
  Json* member(std::string_view key);
};

struct JsonMember {
  std::string key;
  Json value;
};

struct JsonResult {
  Json value;
  std::string error;  // empty: success
};

JsonResult parse_json(std::string_view text);
std::string to_text(const Json& value);

}  // namespace shunt::testing::detail
