// SPDX-License-Identifier: Apache-2.0
#include "serve/front/tls_contexts.hpp"

#include <boost/asio/ssl/context.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>

namespace shunt::host::front {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

constexpr unsigned char kHttp11[] = "\x08http/1.1";

// A client that offers protocols must offer ours; one that offers none gets it all the same.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11 - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Error problem(const char* what, const std::filesystem::path& file, const error_code& why) {
  return {ErrorKind::Config, "E342", std::string(what) + " cannot be used: " + file.string() + ": " + why.message()};
}

TlsContext bare(ssl::context::method method) {
  TlsContext context(new ssl::context(method));
  context->set_options(ssl::context::default_workarounds | ssl::context::no_compression);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Result<void> use_certificate(ssl::context& context, const std::filesystem::path& certificate,
                             const std::filesystem::path& key) {
  error_code failed;
  context.use_certificate_chain_file(certificate.string(), failed);
  if (failed) return problem("the certificate", certificate, failed);
  context.use_private_key_file(key.string(), ssl::context::pem, failed);
  if (failed) return problem("the private key", key, failed);
  return {};
}

}  // namespace

void ContextDeleter::operator()(ssl::context* context) const noexcept { delete context; }

Result<TlsContext> server_context(const ServeTlsSettings& settings) {
  if (!settings.enabled) return TlsContext();
  TlsContext context = bare(ssl::context::tls_server);
  SSL_CTX_set_alpn_select_cb(context->native_handle(), choose_protocol, nullptr);
  if (const auto used = use_certificate(*context, settings.certificate_file, settings.key_file); !used) {
    return used.error();
  }
  return context;
}

Result<TlsContext> upstream_context(const UpstreamTlsSettings& settings) {
  if (!settings.enabled) return TlsContext();
  TlsContext context = bare(ssl::context::tls_client);
  SSL_CTX_set_alpn_protos(context->native_handle(), kHttp11, sizeof kHttp11 - 1);
  error_code failed;
  context->set_verify_mode(settings.verify ? ssl::verify_peer : ssl::verify_none, failed);
  if (settings.ca_file.empty()) {
    context->set_default_verify_paths(failed);
  } else {
    context->load_verify_file(settings.ca_file.string(), failed);
    if (failed) return problem("the file of certificate authorities", settings.ca_file, failed);
  }
  if (!settings.certificate_file.empty()) {
    if (const auto used = use_certificate(*context, settings.certificate_file, settings.key_file); !used) {
      return used.error();
    }
  }
  return context;
}

}  // namespace shunt::host::front
