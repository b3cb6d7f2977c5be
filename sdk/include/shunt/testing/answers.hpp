// SPDX-License-Identifier: Apache-2.0
// answers.hpp: what a call of a plugin under test came to. Failures are values: a status, a text, and what was done
// wrong.
#pragma once

#include <shunt/testing/fake_host.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shunt::testing {

// Part of every answer.
struct Answer {
  std::int32_t status = SHUNT_OK;
  std::string error;   // what the plugin gave to set_error(), or why the kit could not make the call
  bool intact = true;  // nothing was written behind the end of an array

  // The call succeeded and kept to its arrays.
  bool ok() const { return status == SHUNT_OK && intact; }
};

struct Scores : Answer {
  std::vector<double> values;  // by candidate; NaN where the plugin wrote nothing
  double operator[](std::size_t i) const { return values.at(i); }
  std::size_t unwritten() const {
    std::size_t n = 0;
    for (const double value : values) n += std::isnan(value) ? 1u : 0u;
    return n;
  }
};

struct Kept : Answer {
  std::vector<std::uint8_t> keep;        // by candidate, as the plugin left it
  std::vector<std::uint32_t> base_rows;  // of the candidates that stay
};

struct Picked : Answer {
  std::vector<std::uint32_t> rows;       // of the view, best first
  std::vector<std::uint32_t> base_rows;  // the same as base rows; rows out of range are left out
};

// Of functions that may annotate the decision.
struct Annotated : Answer, Notes {};

struct NextProfiles : Annotated {
  std::vector<std::uint32_t> profiles;
};

struct Verdict : Annotated {
  std::uint32_t primary_result = SHUNT_NONE;
  bool rejected = false;
  std::uint32_t http_status = 0;
  std::string code;
  std::string reason;
  ReplacedPicks replaced_picks;  // by result, base rows
};

// Outputs by column name; nothing where a row or the whole column stayed absent.
struct Produced : Annotated {
  std::map<std::string, std::vector<std::optional<double>>> columns;
  std::map<std::string, RequestValue> values;  // every request-scoped value that the instance declared and set
};

struct Reasons : Answer {
  std::vector<std::string> texts;  // by candidate, empty where there is none
};

struct Eviction : Answer {
  std::vector<std::string> victims;
  std::vector<std::uint32_t> placement;  // devices
  std::int64_t retry_after_ns = 0;
  std::string reason;
};

}  // namespace shunt::testing
