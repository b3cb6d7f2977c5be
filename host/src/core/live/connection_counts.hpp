// SPDX-License-Identifier: Apache-2.0
// connection_counts.hpp: what became of the connections of a door, to clients and to endpoints, counted by each of its threads
// for itself and added up when somebody asks.
//
//   ConnectionCounts::Cell& cell = counts.add_cell();
//   cell.closed(CloseReason::Idle);
//   counts.total().open_clients();
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string_view>

#include "live/request_counts.hpp"

namespace shunt::host {

// Why a client's connection ended. The first reason counts: one that is to be closed after an answer has ended for what the
// answer says.
enum class CloseReason : std::uint8_t {
  Client,            // the client closed it between requests
  Answered,          // one side wanted it closed after an answer
  Idle,              // no request came
  HandshakeTimeout,  //
  HandshakeFailed,   //
  HeaderTimeout,     //
  BodyTimeout,       //
  WriteTimeout,      // the client did not take what it asked for
  Protocol,          // what came is not HTTP/1.1 as the door reads it, or too large
  Limit,             // there were too many
  ClientGone,        // the client left a request
  BrokenResponse,    // an endpoint stopped in the middle of its response
  Tunnel,            // one that went over to another protocol has ended
  Draining,          // the host was about to end
  Stopped,           // the host ended
  Memory             // memory was out
};
inline constexpr std::size_t kCloseReasons = 16;

// How TLS handshakes with clients ended.
enum class HandshakeResult : std::uint8_t { Good, Failed, TimedOut };
inline constexpr std::size_t kHandshakeResults = 3;

// How connecting to an endpoint ended.
enum class ConnectResult : std::uint8_t {
  Good,
  Unresolved,  // the host of the address has no IP address
  Refused,     // no connection came about
  Tls,         // the TLS handshake failed
  GivenUp      // whoever wanted it waited no longer
};
inline constexpr std::size_t kConnectResults = 5;

// As labels of metrics spell them.
constexpr std::string_view to_string(CloseReason reason) {
  constexpr std::array<std::string_view, kCloseReasons> kNames = {
      "client",        "answered", "idle",  "handshake-timeout", "handshake-failed", "header-timeout", "body-timeout",
      "write-timeout", "protocol", "limit", "client-gone",       "broken-response",  "tunnel",         "draining",
      "stopped",       "memory"};
  return kNames[static_cast<std::size_t>(reason)];
}
constexpr std::string_view to_string(HandshakeResult result) {
  constexpr std::array<std::string_view, kHandshakeResults> kNames = {"good", "failed", "timed-out"};
  return kNames[static_cast<std::size_t>(result)];
}
constexpr std::string_view to_string(ConnectResult result) {
  constexpr std::array<std::string_view, kConnectResults> kNames = {"good", "unresolved", "refused", "tls", "given-up"};
  return kNames[static_cast<std::size_t>(result)];
}

struct ConnectionTotals {
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, kCloseReasons> closed{};
  std::array<std::uint64_t, kHandshakeResults> handshakes{};
  std::array<std::uint64_t, kConnectResults> connects{};
  std::uint64_t reused = 0;  // requests over connections to endpoints that were kept
  std::uint64_t busy = 0;    // connections to endpoints, at the moment
  std::uint64_t idle = 0;

  std::uint64_t open_clients() const {
    std::uint64_t gone = 0;
    for (const std::uint64_t count : closed) gone += count;
    return accepted - gone;
  }
};

class ConnectionCounts {
 public:
  // Written by one thread; on cache lines of its own.
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> accepted{0};
    std::array<std::atomic<std::uint64_t>, kHandshakeResults> handshakes{};
    std::array<std::atomic<std::uint64_t>, kConnectResults> connects{};
    std::atomic<std::uint64_t> reused{0};
    std::atomic<std::uint64_t> links{0};  // connections to endpoints, idle ones included
    std::atomic<std::uint64_t> idle{0};

    // After `accepted` was raised for it.
    void closed(CloseReason reason) noexcept {
      std::atomic<std::uint64_t>& count = closed_[static_cast<std::size_t>(reason)];
      count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    void count(HandshakeResult result) noexcept { raise_own(handshakes[static_cast<std::size_t>(result)]); }
    void count(ConnectResult result) noexcept { raise_own(connects[static_cast<std::size_t>(result)]); }

   private:
    friend class ConnectionCounts;
    std::array<std::atomic<std::uint64_t>, kCloseReasons> closed_{};
  };

  // Lives as long as this object.
  Cell& add_cell() {
    const std::lock_guard lock(mutex_);
    return cells_.emplace_back();
  }
  ConnectionTotals total() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Cell> cells_;
};

}  // namespace shunt::host
