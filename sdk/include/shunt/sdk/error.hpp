// SPDX-License-Identifier: Apache-2.0
// error.hpp: how a plugin says that something is wrong. Constructors throw; hot functions return a status.
//
//   if (threshold <= 0) throw shunt::sdk::Error("\"threshold\" must be above 0");
#pragma once

#include <shunt/abi/base.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace shunt::sdk {

// Thrown by a plugin's constructor, or anywhere else in a plugin: the SDK turns it into a status and a text at the boundary.
class Error : public std::runtime_error {
 public:
  // An empty text keeps the one that the host has set. `code` is a negative SHUNT_* status.
  explicit Error(const std::string& text, std::int32_t code = SHUNT_INVALID) : std::runtime_error(text), code_(code) {}
  // The status that the call returns.
  std::int32_t code() const noexcept { return code_; }

 private:
  std::int32_t code_;
};

// What a hot function may return instead of void. SHUNT_OK, a benign SHUNT_* or a negative fault.
using Status = std::int32_t;

}  // namespace shunt::sdk
