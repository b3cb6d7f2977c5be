// SPDX-License-Identifier: Apache-2.0
#include "data/channel.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace shunt::host {

namespace asio = boost::asio;
using boost::system::error_code;

void Channel::FreeTls::operator()(ssl_st* tls) const noexcept { SSL_free(tls); }

Channel::Step Channel::failed(int error_number) {
  problem_ = std::generic_category().message(error_number);
  return Step::Failed;
}

Channel::Step Channel::connect(const asio::ip::tcp::endpoint& to, const UpstreamAccess* tls, std::string_view host) {
  close();
  access_ = tls;
  host_ = host;
  descriptor_ = ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor_ < 0) return failed(errno);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor_, to.data(), static_cast<socklen_t>(to.size())) == 0) {
    connected_ = true;
    return begin_tls();
  }
  return errno == EINPROGRESS ? Step::WaitToWrite : failed(errno);
}

Channel::Step Channel::go_on() {
  if (!connected_) {
    int problem = 0;
    socklen_t size = sizeof problem;
    if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
    if (problem != 0) return failed(problem);
    connected_ = true;
    return begin_tls();
  }
  if (!tls_) return Step::Done;
  ERR_clear_error();
  const int result = SSL_connect(tls_.get());
  return result == 1 ? Step::Done : failed_tls(result, "the TLS handshake failed");
}

Channel::Step Channel::begin_tls() {
  if (access_ == nullptr || !access_->tls) return Step::Done;
  tls_.reset(SSL_new(access_->tls.get()));
  const std::string& name = access_->server_name.empty() ? host_ : access_->server_name;
  error_code no_address;
  asio::ip::make_address(name, no_address);
  const bool is_address = !no_address;
  bool ready = tls_ != nullptr && SSL_set_fd(tls_.get(), descriptor_) == 1;
  if (ready && !is_address) {  // what SSL_set_tlsext_host_name() stands for, without its cast
    std::string writable = name;
    ready = SSL_ctrl(tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, writable.data()) == 1;
  }
  if (ready && access_->verify) {
    X509_VERIFY_PARAM* const checks = SSL_get0_param(tls_.get());
    ready = (is_address ? X509_VERIFY_PARAM_set1_ip_asc(checks, name.c_str())
                        : X509_VERIFY_PARAM_set1_host(checks, name.c_str(), name.size())) == 1;
  }
  if (!ready) {
    problem_ = "TLS cannot be set up for \"" + name + "\"";
    return Step::FailedTls;
  }
  return go_on();
}

Channel::Step Channel::failed_tls(int result, const char* what) {
  const int system_error = errno;
  const int reason = SSL_get_error(tls_.get(), result);
  tls_failed_ = reason == SSL_ERROR_SYSCALL || reason == SSL_ERROR_SSL;
  switch (reason) {
    case SSL_ERROR_WANT_READ: return Step::WaitToRead;
    case SSL_ERROR_WANT_WRITE: return Step::WaitToWrite;
    case SSL_ERROR_ZERO_RETURN: return Step::Ended;
    case SSL_ERROR_SYSCALL:
      if (system_error != 0) return failed(system_error);
      return Step::Ended;
    default: break;
  }
  const unsigned long code = ERR_get_error();
  // Many servers end without the farewell that TLS asks for. What a response lacks then, its length tells.
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return Step::Ended;
  const char* const text = ERR_reason_error_string(code);
  problem_ = std::string(what) + ": " + (text == nullptr ? "unknown reason" : text);
  if (const long verdict = SSL_get_verify_result(tls_.get()); verdict != X509_V_OK && access_->verify) {
    problem_ += std::string(": ") + X509_verify_cert_error_string(verdict);
  }
  return Step::FailedTls;
}

Channel::Step Channel::write(std::string_view& from) {
  while (!from.empty()) {
    std::size_t n = 0;
    if (tls_) {
      ERR_clear_error();
      if (const int result = SSL_write_ex(tls_.get(), from.data(), from.size(), &n); result != 1)
        return failed_tls(result, "TLS failed");
    } else {
      const ssize_t sent = ::send(descriptor_, from.data(), from.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return errno == EAGAIN ? Step::WaitToWrite : failed(errno);
      n = static_cast<std::size_t>(sent);
    }
    from.remove_prefix(n);
  }
  return Step::Done;
}

Channel::Step Channel::read(std::span<char> into, std::size_t& n) {
  n = 0;
  if (tls_) {
    ERR_clear_error();
    const int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &n);
    return result == 1 ? Step::Done : failed_tls(result, "TLS failed");
  }
  for (;;) {
    const ssize_t got = ::recv(descriptor_, into.data(), into.size(), 0);
    if (got > 0) {
      n = static_cast<std::size_t>(got);
      return Step::Done;
    }
    if (got == 0) return Step::Ended;
    if (errno != EINTR) return errno == EAGAIN ? Step::WaitToRead : failed(errno);
  }
}

void Channel::close() {
  if (tls_) {
    // Says that nothing more comes; the answer is not waited for, and nothing is written that the kernel does not take at once.
    if (SSL_is_init_finished(tls_.get()) && !tls_failed_) SSL_shutdown(tls_.get());
    ERR_clear_error();
    tls_.reset();
    tls_failed_ = false;
  }
  connected_ = false;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace shunt::host
