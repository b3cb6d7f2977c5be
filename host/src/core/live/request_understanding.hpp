// SPDX-License-Identifier: Apache-2.0
// request_understanding.hpp: what a request over the wire says about itself, read from its path, headers and body. The same
// Request comes out as from a requests file with the same headers and body.
//
//   if (needs_body(path)) {
//     if (const auto problem = understand_request(path, headers, body, request)) refuse(*problem);
//   } else {
//     understand_headers(headers, request);
//   }
#pragma once

#include <shunt/framework/request.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace shunt::host {

// Name, in any case, and value.
using HeaderView = std::pair<std::string_view, std::string_view>;

// Why a request cannot be scheduled.
struct UnderstandingProblem {
  std::string message;
  std::string param;  // "messages[0].content", a header's name; empty: the request as a whole
};

// True for the paths of the APIs whose bodies name a model. Without query.
bool needs_body(std::string_view path);

// Headers and body win nothing over what is set in `request` already. Takes the memory of parsing from the thread; any
// number of threads.
std::optional<UnderstandingProblem> understand_request(std::string_view path, std::span<const HeaderView> headers,
                                                       std::string_view body, Request& request);
std::optional<UnderstandingProblem> understand_headers(std::span<const HeaderView> headers, Request& request);

// Where a body names its model: [begin, end) is to be replaced by `text`.
struct ModelPlace {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};
// Of a body that was understood. Empty where there is no such place.
std::optional<ModelPlace> place_of_model(std::string_view content_type, std::string_view body, std::string_view model);

}  // namespace shunt::host
