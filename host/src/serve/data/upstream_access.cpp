// SPDX-License-Identifier: Apache-2.0
#include "data/upstream_access.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "file_io.hpp"

namespace shunt::host {
namespace {

// The oldest error that OpenSSL has noted, in its words; the others go.
std::string tls_problem() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "unknown reason" : text;
}

Error access_error(const std::string& what, const std::filesystem::path& file) {
  return {ErrorKind::Config, "E101", what + " " + file.string() + ": " + tls_problem()};
}

Result<std::shared_ptr<SSL_CTX>> open_tls(const UpstreamTlsSettings& settings) {
  std::shared_ptr<SSL_CTX> tls(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!tls) return Error{ErrorKind::Config, "E101", "TLS cannot be set up: " + tls_problem()};
  SSL_CTX_set_min_proto_version(tls.get(), TLS1_2_VERSION);
  // Idle connections, one for each endpoint, keep no buffers.
  SSL_CTX_set_mode(tls.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(tls.get(), settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (settings.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(tls.get());
  } else if (SSL_CTX_load_verify_locations(tls.get(), settings.ca_file.c_str(), nullptr) != 1) {
    return access_error("cannot read the CA certificates in", settings.ca_file);
  }
  if (settings.certificate_file.empty()) return tls;
  if (SSL_CTX_use_certificate_chain_file(tls.get(), settings.certificate_file.c_str()) != 1)
    return access_error("cannot read the certificate in", settings.certificate_file);
  const std::filesystem::path& key = settings.key_file.empty() ? settings.certificate_file : settings.key_file;
  if (SSL_CTX_use_PrivateKey_file(tls.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return access_error("cannot read the key in", key);
  if (SSL_CTX_check_private_key(tls.get()) != 1) return access_error("the key does not fit the certificate:", key);
  return tls;
}

}  // namespace

Result<UpstreamAccess> open_upstream_access(const UpstreamSettings& settings) {
  UpstreamAccess access;
  access.server_name = settings.tls.server_name;
  access.verify = settings.tls.verify;
  if (settings.tls.enabled) {
    auto tls = open_tls(settings.tls);
    if (!tls) return tls.error();
    access.tls = std::move(*tls);
  }
  if (!settings.api_key_file.empty()) {
    auto text = read_file(settings.api_key_file);
    if (!text) return text.error();
    const auto end = text->find_last_not_of(" \t\r\n");
    access.api_key = text->substr(0, end == std::string::npos ? 0 : end + 1);
    if (access.api_key.empty() || access.api_key.find_first_of("\r\n") != std::string::npos) {
      return Error{ErrorKind::Config, "E101", "the key file " + settings.api_key_file.string() + " holds no key"};
    }
  }
  return access;
}

}  // namespace shunt::host
