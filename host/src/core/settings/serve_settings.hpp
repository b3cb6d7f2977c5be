// SPDX-License-Identifier: Apache-2.0
// serve_settings.hpp: the section "serve": the HTTP front door.
#pragma once

#include <shunt/framework/object_reader.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace shunt::host {

struct ServeLimits {
  std::uint32_t header_bytes = 64u << 10;
  std::uint64_t body_bytes = 64u << 20;
  std::uint32_t connections = 20'000;
};

// Time allowed at each stage.
struct ServeTimeouts {
  std::int64_t header_ms = 10'000;            // from the first byte of a request to the end of its header
  std::int64_t body_ms = 60'000;              // between two pieces of a request body
  std::int64_t idle_ms = 75'000;              // keep-alive without a request
  std::int64_t connect_ms = 2'000;            // to an endpoint
  std::int64_t response_header_ms = 600'000;  // from the end of the request to the endpoint's first byte
  std::int64_t response_idle_ms = 300'000;    // between two pieces of a response
  std::int64_t write_ms = 60'000;             // a client that does not take its response
};

struct ServeRetries {
  std::uint32_t attempts = 3;  // endpoints tried for one request, the first one included
  std::uint32_t budget_percent =
      20;  // retries in percent of the requests of the last ten seconds, and at least ten of them
};

struct ServeTlsSettings {
  bool enabled = false;
  std::filesystem::path certificate_file;
  std::filesystem::path key_file;
};

struct ServeSettings {
  std::string pointer;
  bool written = false;  // the file has the key "serve"
  std::string listen = "127.0.0.1:8080";
  std::uint32_t threads = 0;  // 0: one for each core
  std::uint32_t fallbacks = 2;
  bool decision_header = false;         // answer with x-shunt-decision
  std::filesystem::path api_keys_file;  // one key a line; empty: nobody has to show one
  ServeTlsSettings tls;
  ServeLimits limits;
  ServeTimeouts timeouts;
  ServeRetries retries;
  std::int64_t drain_delay_ms =
      0;                           // after SIGTERM: not ready any more, but still serving, until balancers have noticed
  std::int64_t drain_ms = 30'000;  // how long requests may go on then
};

ServeSettings read_serve_settings(const ObjectReader& root, const std::filesystem::path& folder,
                                  const ReadContext& context);

}  // namespace shunt::host
