// SPDX-License-Identifier: Apache-2.0
// channel.hpp: a connection to an endpoint, plain or TLS, that never blocks: what cannot go on says what it waits for.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "data/upstream_access.hpp"

struct ssl_st;

namespace shunt::host {

class Channel {
 public:
  enum class Step {
    Done,
    WaitToRead,   // again once there is something to read
    WaitToWrite,  // again once there is room to write
    Ended,        // the other side has ended its stream
    Failed,       // problem() says why
    FailedTls     // likewise
  };

  Channel() = default;
  ~Channel() { close(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Opens a descriptor, where it does not fail at once, and begins to connect. `host` is the name in the address, for TLS.
  Step connect(const boost::asio::ip::tcp::endpoint& to, const UpstreamAccess* tls, std::string_view host);
  // What comes next after connect() could not go on, up to the end of the TLS handshake.
  Step go_on();
  // Writes from `from` on and moves it.
  Step write(std::string_view& from);
  Step read(std::span<char> into, std::size_t& n);
  void close();

  // -1 while it is closed.
  int descriptor() const { return descriptor_; }
  const std::string& problem() const { return problem_; }

 private:
  Step failed(int error_number);
  Step failed_tls(int result, const char* what);
  Step begin_tls();

  struct FreeTls {
    void operator()(ssl_st* tls) const noexcept;
  };
  int descriptor_ = -1;
  std::unique_ptr<ssl_st, FreeTls> tls_;
  const UpstreamAccess* access_ = nullptr;
  std::string host_;
  bool connected_ = false;
  bool tls_failed_ = false;
  std::string problem_;
};

}  // namespace shunt::host
