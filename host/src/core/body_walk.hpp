// SPDX-License-Identifier: Apache-2.0
// body_walk.hpp: what the body of an OpenAI request says about it: chat, completions, responses, embeddings. One walk for files
// and for running hosts, which differ only in how they complain.
//
//   walk_body(body, complaints, request);
#pragma once

#include <boost/json/fwd.hpp>
#include <shunt/framework/request.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace shunt::host {

// Where something stands in a body. Lives on the stack of the walk; costs nothing where nobody complains.
struct BodyPlace {
  const BodyPlace* parent = nullptr;  // nullptr: this is the body
  std::string_view key;               // of an object, or
  std::size_t index = 0;              // of a list
  bool in_list = false;
};

class BodyComplaints {
 public:
  // `code` as in docs/reference/error-codes.md; the message is complete.
  virtual void complain(const BodyPlace& place, std::string_view code, std::string message) = 0;

 protected:
  ~BodyComplaints() = default;
};

// Fills in what the body knows; members that are set already are left alone, because facts beside the body win. Keys that
// do not matter for scheduling may be anything, as between a client and a server.
void walk_body(const boost::json::object& body, BodyComplaints& complaints, Request& request);

}  // namespace shunt::host
