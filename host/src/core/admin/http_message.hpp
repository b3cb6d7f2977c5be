// SPDX-License-Identifier: Apache-2.0
// http_message.hpp: what the admin listener was asked and what it answers, without sockets.
#pragma once

#include <boost/json/object.hpp>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::host {

struct AdminRequest {
  std::string method;  // "GET", "HEAD", "POST", ...
  std::string path;    // decoded, without query
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::string> hosts;  // every Host header; there has to be one
  std::optional<std::string> origin;
  std::string authorization;
  std::string body;

  // Empty where it is absent.
  std::string_view parameter(std::string_view name) const;
  // What a flag may be; the empty one is the bare name, which sets it.
  static constexpr std::array<std::string_view, 5> kFlagWords = {"", "1", "true", "0", "false"};
  bool flag(std::string_view name) const;
};

struct AdminResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool events = false;  // the connection becomes a stream of events instead
  // Where it takes a while: is called once, with what to call with the answer, from any thread. The rest does not count then.
  std::function<void(std::function<void(AdminResponse)>)> later = {};
};

// {"schema":1, ...members}, with a line end.
AdminResponse json_response(boost::json::object members, unsigned status = 200);
// JSON that is there as text already and has its "schema".
AdminResponse text_response(std::string json);
// {"schema":1,"error":{"code":"...","message":"..."}}
AdminResponse error_response(unsigned status, std::string_view code, std::string_view message);

// Splits and decodes a request target: "/v1/decisions?limit=5". False where it is none.
bool read_target(std::string_view target, AdminRequest& request);

}  // namespace shunt::host
