// SPDX-License-Identifier: Apache-2.0
// tls_contexts.hpp: TLS towards clients and towards endpoints, as the settings say.
#pragma once

#include "settings/serve_settings.hpp"
#include "settings/upstream_settings.hpp"

#include <shunt/framework/error.hpp>

#include <memory>

namespace boost::asio::ssl {
class context;
}

namespace shunt::host::front {

struct ContextDeleter {
  void operator()(boost::asio::ssl::context* context) const noexcept;
};
using TlsContext = std::unique_ptr<boost::asio::ssl::context, ContextDeleter>;

// Null where the settings want none.
Result<TlsContext> server_context(const ServeTlsSettings& settings);
Result<TlsContext> upstream_context(const UpstreamTlsSettings& settings);

}  // namespace shunt::host::front
