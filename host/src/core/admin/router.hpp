// SPDX-License-Identifier: Apache-2.0
// router.hpp: the table of what the admin listener answers, and how a request finds its row.
//
//   router.add({"GET", "/v1/plugins/{name}/state", "State of one plugin", false, [&](const Call& call) { ... }});
//   AdminResponse response = router.answer(request);
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/access_rules.hpp"
#include "admin/http_message.hpp"

namespace shunt::host {

class Router {
 public:
  // A request, and what stands at the place in braces.
  struct Call {
    const AdminRequest& request;
    std::string argument;
  };
  struct Route {
    std::string_view method;   // GET also answers HEAD
    std::string_view pattern;  // at most one {place}
    std::string_view summary;
    bool changes = false;  // needs the token
    std::function<AdminResponse(const Call&)> answer;
    std::vector<std::string_view> flags = {};   // of the query: AdminRequest::flag()
    std::vector<std::string_view> values = {};  // likewise: AdminRequest::parameter()
  };

  explicit Router(const AccessRules& rules) : rules_(rules) {}
  void add(Route route) { routes_.push_back(std::move(route)); }
  const std::vector<Route>& routes() const { return routes_; }

  // What can be said from the header alone: a refusal that makes the body not worth reading.
  std::optional<AdminResponse> refuse(const AdminRequest& request) const;
  // Never throws: a failure is an answer with status 500.
  AdminResponse answer(const AdminRequest& request) const noexcept;

 private:
  struct Match {
    const Route* route = nullptr;
    std::string argument;
    std::vector<std::string_view> allowed;  // methods of routes with this path
  };
  Match find(const AdminRequest& request) const;

  const AccessRules& rules_;
  std::vector<Route> routes_;
};

}  // namespace shunt::host
