// SPDX-License-Identifier: Apache-2.0
// scene.hpp: what a call is about: how many endpoints, what is known about them, which request. The same scene gives the
// same contents in every run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::validate {

enum class Numbers {
  Natural,   // what real endpoints report
  Absent,    // no column exists
  Partial,   // every other row lacks a value, and values have ages
  Odd,       // finite, but negative, denormal, minus zero, very large
  NotFinite  // NaN and infinities as well
};

enum class RequestForm {
  Usual,
  Bare,   // nothing is present
  Known,  // usual, of a user and in a session that have been at an endpoint before
  Full    // everything is present
};

struct Scene {
  std::uint32_t endpoints = 8;
  Numbers numbers = Numbers::Natural;
  RequestForm request = RequestForm::Usual;
  std::uint64_t seed = 1;  // of contents and of the calls
  std::uint64_t request_number = 1;
  std::uint32_t attempt = 0;
  bool reversed = false;             // endpoints stand in the opposite order
  bool every_second = false;         // profiles see only every second endpoint
  std::uint8_t scratch_fill = 0xcd;  // scratch memory has undefined contents
  bool all_runs_fail = false;        // every profile run finds no endpoint
  std::vector<std::string> without;  // columns and values that nobody produces

  bool produces(std::string_view name) const;
  std::string describe() const;  // "64 endpoints, absent columns"
};

// A cell of a number column with this name, at the endpoint with this number. Nothing: absent.
std::optional<double> sample_number(const Scene& scene, std::string_view column, std::uint32_t endpoint);
bool sample_flag(const Scene& scene, std::string_view column, std::uint32_t endpoint);
std::optional<std::string> sample_text(const Scene& scene, std::string_view column, std::uint32_t endpoint);
std::vector<std::string> sample_set(const Scene& scene, std::string_view column, std::uint32_t endpoint);
// Whether a row has a value, for columns that are no texts.
bool sample_present(const Scene& scene, std::string_view column, std::uint32_t endpoint);
// Number of a request-scoped value with this name.
double sample_value(std::string_view name);
std::string endpoint_name(std::uint32_t endpoint);

}  // namespace shunt::validate
