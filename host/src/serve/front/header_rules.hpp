// SPDX-License-Identifier: Apache-2.0
// header_rules.hpp: which header fields go on, in which direction, and the heads that are written.
#pragma once

#include "serve/front/message_head.hpp"

#include <shunt/framework/decision.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::host::front {

// Those that only the gateway says and endpoints never see, in lower case.
std::span<const std::string_view> system_owned_headers();
bool is_system_owned(std::string_view name) noexcept;
// Of one connection, not of the message.
bool is_hop_by_hop(http::field id) noexcept;

struct UpstreamHead {
  const HeadFields& request;
  std::string_view target = {};  // path and query
  std::string_view host = {};    // of the endpoint, where the client named none
  std::string_view client = {};  // address of the client
  bool client_tls = false;
  std::string_view request_id = {};  // always sent
  std::string_view api_key = {};     // in place of the client's; empty: none
  bool drop_credentials = false;     // the client's key is for this host
  bool upgrade = false;
  std::optional<std::uint64_t> content_length = {};
  bool chunked = false;
  std::span<const Annotation> annotations = {};
};
// Replaces `out`.
void write_upstream_head(const UpstreamHead& head, std::string& out);

struct ClientHead {
  const HeadFields& response;  // `target` is the reason phrase
  unsigned status = 200;
  bool http11 = true;  // of the client
  bool close = false;
  bool keep_length = true;  // the endpoint's Content-Length holds
  bool chunked = false;
  bool upgrade = false;
  std::string_view request_id = {};   // set where the endpoint names none
  std::string_view decision_id = {};  // empty: not told
  std::span<const Annotation> annotations = {};
};
void write_client_head(const ClientHead& head, std::string& out);

// A complete answer of the door itself.
struct OwnAnswer {
  std::uint32_t status = 200;
  std::string_view body = {};
  bool close = false;
  bool head_only = false;  // the request was HEAD
  bool http11 = true;
  std::string_view request_id = {};
  std::string_view decision_id = {};
  std::string_view dropped_reason = {};  // x-llm-d-request-dropped-reason
  std::uint32_t retry_after_s = 0;
  std::string_view extra = {};  // complete header lines
  std::span<const Annotation> annotations = {};
};
void write_own_answer(const OwnAnswer& answer, std::string& out);

}  // namespace shunt::host::front
