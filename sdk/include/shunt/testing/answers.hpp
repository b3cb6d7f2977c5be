// SPDX-License-Identifier: Apache-2.0
// answers.hpp: what a call of a plugin under test came to. Failures are values: a status, a text, and what was done
// wrong.
#pragma once

#include <shunt/testing/fake_host.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace shunt::testing {

// Part of every answer.
struct Answer {
  std::int32_t status = SHUNT_OK;  // what the function returned
  std::string error;               // what the plugin gave to set_error(), or why the kit could not make the call
  bool intact = true;              // nothing was written behind the end of an array

  // The call succeeded and kept to its arrays.
  bool ok() const { return status == SHUNT_OK && intact; }
};

// Of a scorer.
struct Scores : Answer {
  std::vector<double> values;  // by candidate; NaN where the plugin wrote nothing
  // Score of a candidate; throws std::out_of_range beyond them.
  double operator[](std::size_t i) const { return values.at(i); }
  // Candidates that the plugin left as they arrived.
  std::size_t unwritten() const;
};

// Of a filter.
struct Kept : Answer {
  std::vector<std::uint8_t> keep;        // by candidate, as the plugin left it
  std::vector<std::uint32_t> base_rows;  // of the candidates that stay
};

// Of a picker.
struct Picked : Answer {
  std::vector<std::uint32_t> rows;       // of the view, best first
  std::vector<std::uint32_t> base_rows;  // the same as base rows; rows out of range are left out
};

// Of functions that may annotate the decision.
struct Annotated : Answer, Notes {};

// Of a profile handler's pick_profiles().
struct NextProfiles : Annotated {
  std::vector<std::uint32_t> profiles;  // indices in the order named; none: it is done
};

// Of a profile handler's process_results().
struct Verdict : Annotated {
  std::uint32_t primary_result = SHUNT_NONE;  // index into Surroundings::done
  bool rejected = false;                      // the request is refused; the next three say how
  std::uint32_t http_status = 0;              // of the rejection; 0 means 429
  std::string code;                           // short stable word
  std::string reason;                         // for people
  ReplacedPicks replaced_picks;               // by result, base rows
};

// Outputs by column name; nothing where a row or the whole column stayed absent.
struct Produced : Annotated {
  // One entry per endpoint; flags as 0 and 1.
  std::map<std::string, std::vector<std::optional<double>>> columns;
  // Every request-scoped value that the instance declared and set.
  std::map<std::string, RequestValue> values;
};

// Of an explainer.
struct Reasons : Answer {
  std::vector<std::string> texts;  // by candidate, empty where there is none
};

// Of an instance that saves its state.
struct Saved : Answer {
  std::string version;  // tag of the format
  std::string bytes;    // empty where the host would hand nothing over
};

// Of a swapper.
struct Eviction : Answer {
  std::vector<std::string> victims;      // ids; "#" and the index where there is no such model
  std::vector<std::uint32_t> placement;  // devices
  std::int64_t retry_after_ns = 0;       // with SHUNT_BLOCKED: ask again not before; 0: when something changes
  std::string reason;                    // for people
};

}  // namespace shunt::testing
