// SPDX-License-Identifier: Apache-2.0
// admin_client.hpp: asks the admin listener of a running host.
//
//   const auto answer = AdminClient("127.0.0.1:9095", token).ask("POST", "/v1/reload?dry_run=1");
#pragma once

#include <shunt/framework/error.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace shunt::host {

class AdminClient {
 public:
  // `token`: empty for none.
  AdminClient(std::string address, std::string token) : address_(std::move(address)), token_(std::move(token)) {}

  struct Answer {
    unsigned status = 0;
    boost::json::object body;
  };
  // E371 where nobody answers, or what answers is no shunt.
  Result<Answer> ask(std::string_view method, const std::string& target,
                     std::chrono::milliseconds time = std::chrono::minutes(10), std::string body = {}) const;

 private:
  std::string address_;
  std::string token_;
};

}  // namespace shunt::host
