// SPDX-License-Identifier: Apache-2.0
// error_codes.hpp: what each stable error code of the configuration means; the text behind `shunt help C104`.
//
//   if (const shunt::ErrorCodeInfo* info = shunt::find_config_error_code("C104")) std::cout << info->explanation;
#pragma once

#include <span>
#include <string_view>

namespace shunt {

// A code is never reused for another problem and never changes its meaning.
struct ErrorCodeInfo {
  std::string_view code;         // "C104"
  std::string_view title;        // a few words
  std::string_view explanation;  // what it means, an example, what to do
};

// Sorted by code. C1xx: the text and its shape; C2xx: types and references; C3xx: parameters; C4xx: values.
std::span<const ErrorCodeInfo> config_error_codes();

// Null where there is no such code.
const ErrorCodeInfo* find_config_error_code(std::string_view code);

}  // namespace shunt
