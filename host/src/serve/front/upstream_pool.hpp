// SPDX-License-Identifier: Apache-2.0
// upstream_pool.hpp: connections to endpoints: idle ones waiting for the next request, new ones on demand.
//
//   const auto& origin = pool.origin(address);
//   Link* link = pool.idle(*origin, user);     // or
//   Link* link = pool.connect(origin, user);   // user.on_link_ready() follows
//   ...
//   pool.put_back(link);
#pragma once

#include "live/connection_counts.hpp"
#include "serve/front/timer_wheel.hpp"
#include "serve/front/wire.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace shunt::host::front {

class UpstreamPool;

// How connections to endpoints are made, beside their address.
struct UpstreamTls {
  asio::ssl::context* context = nullptr;  // nullptr: none
  std::string server_name;                // empty: the host of the address
  bool verify = true;
};

// Who is at an address. Whoever keeps one keeps the pool from forgetting it.
struct Origin {
  bool resolves_at(std::int64_t now_ms) const noexcept { return now_ms < resolved_until_ms; }

  std::string address;
  std::string host;
  std::string port;
  std::vector<Tcp::endpoint> resolved;
  std::int64_t resolved_until_ms = 0;
  bool numeric = false;           // its host is an IP address
  std::vector<class Link*> idle;  // the last one was used last
};

enum class LinkProblem : std::uint8_t { Unresolved, Refused, Tls };

class LinkUser {
 public:
  virtual void on_link_ready() noexcept = 0;
  virtual void on_link_problem(LinkProblem problem) noexcept = 0;
  virtual void on_link_input() noexcept = 0;
  virtual void on_link_end(error_code why) noexcept = 0;
  virtual void on_link_written(error_code failed) noexcept = 0;

 protected:
  ~LinkUser() = default;
};

// One connection to an endpoint. Belongs to the pool.
class Link final : public Wire::User, public TimerWheel::Entry {
 public:
  Link(UpstreamPool& pool, std::shared_ptr<Origin> origin, LinkUser* user);

  Wire& wire() noexcept { return *wire_; }
  // It carried a request before this one.
  bool used_before() const noexcept { return uses_ > 1; }

 private:
  friend class UpstreamPool;
  void begin() noexcept;
  void try_next() noexcept;
  void problem(LinkProblem problem) noexcept;
  void count(ConnectResult result) noexcept;
  void on_connected(error_code failed) noexcept override;
  void on_secured(error_code failed) noexcept override;
  void on_input(std::size_t bytes) noexcept override;
  void on_input_end(error_code why) noexcept override;
  void on_written(error_code failed) noexcept override;
  void on_deadline() noexcept override;

  UpstreamPool& pool_;
  const std::shared_ptr<Origin> origin_;
  Wire::Pointer wire_;
  LinkUser* user_;
  std::size_t place_ = 0;  // in the pool's list
  std::uint32_t next_address_ = 0;
  std::uint32_t uses_ = 0;
  bool counted_ = false;  // how connecting ended
};

// For one thread.
class UpstreamPool {
 public:
  UpstreamPool(asio::io_context& context, BufferPool& buffers, TimerWheel& wheel, UpstreamTls tls,
               const std::int64_t& now_ms, ConnectionCounts::Cell& counts);
  ~UpstreamPool();

  // Valid until the next call. Those that nobody has a connection to are forgotten, because addresses come and go.
  const std::shared_ptr<Origin>& origin(std::string_view address);
  // That are known.
  std::size_t origins() const noexcept { return origins_.size(); }
  // nullptr: none is idle.
  Link* idle(Origin& origin, LinkUser& user) noexcept;
  // Its user hears of it, later.
  Link* connect(const std::shared_ptr<Origin>& origin, LinkUser& user) noexcept;
  // The response has ended, and the endpoint wants to go on.
  void put_back(Link* link) noexcept;
  // Ends it at once.
  void discard(Link* link) noexcept;
  void close_idle() noexcept;

  static constexpr std::size_t kReadSize = 8192;
  static constexpr std::size_t kForgetFrom = 64;  // origins; fewer are not worth a look

 private:
  friend class Link;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  void forget_unused();
  void resolve(Link* link);
  void tell_sizes() noexcept;

  static constexpr std::size_t kIdlePerOrigin = 512;
  static constexpr std::int64_t kIdleMs = 50'000;
  static constexpr std::int64_t kResolvedMs = 10'000;
  asio::io_context& context_;
  BufferPool& buffers_;
  TimerWheel& wheel_;
  const UpstreamTls tls_;
  const std::int64_t& now_ms_;
  ConnectionCounts::Cell& counts_;
  std::unordered_map<std::string, std::shared_ptr<Origin>, Hash, std::equal_to<>> origins_;
  std::size_t forget_at_ = kForgetFrom;  // so many origins
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Link>> gone_;  // until nothing of theirs can be on the stack
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  void sweep() noexcept { gone_.clear(); }
  bool sweeping_ = false;
  std::size_t idle_ = 0;  // of all origins
};

}  // namespace shunt::host::front
