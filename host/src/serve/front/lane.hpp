// SPDX-License-Identifier: Apache-2.0
// lane.hpp: one thread of the HTTP door with everything that it needs to serve connections: no two lanes share anything that
// a request touches.
#pragma once

#include "live/connection_counts.hpp"
#include "live/front_door.hpp"
#include "live/pool_picture.hpp"
#include "serve/front/api_keys.hpp"
#include "serve/front/message_head.hpp"
#include "serve/front/models_survey.hpp"
#include "serve/front/retry_budget.hpp"
#include "serve/front/timer_wheel.hpp"
#include "serve/front/upstream_pool.hpp"
#include "serve/front/wire.hpp"
#include "settings/serve_settings.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/wait_traits.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace shunt::host::front {

class Session;

// What all lanes know, and none changes.
struct DoorRules {
  ServeSettings settings;
  ApiKeys api_keys;
  std::string upstream_api_key;
  UpstreamTls upstream_tls;
  asio::ssl::context* server_tls = nullptr;  // nullptr: none
  std::function<std::shared_ptr<const PoolPicture>()> picture;
  std::atomic<std::int64_t>* connections = nullptr;
};

class Lane {
 public:
  using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;

  Lane(const DoorRules& rules, std::unique_ptr<FrontDoor> front_door, ConnectionCounts::Cell& connection_counts);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Main thread. Where it listens; the error says what was wrong. `kept`: the name of its socket for later processes.
  Tcp::endpoint listen(const Tcp::endpoint& at, const std::string& kept, error_code& failed);
  void start();
  // `hands_over`: another process has the socket too. What was accepted here is served here, then closed.
  void drain(bool hands_over);
  void stop();
  bool idle() const noexcept { return session_count_.load(std::memory_order_relaxed) == 0; }

  // Its own thread, by sessions.
  const DoorRules& rules;
  ConnectionCounts::Cell& counts;
  BufferPool buffers;
  asio::io_context context;
  TimerWheel wheel;
  UpstreamPool upstreams;
  ModelSurveys models;
  RetryBudget retries;
  FrontDoor& front_door() noexcept { return *front_door_; }
  HeadFields response_fields;  // of the response that is being looked at
  std::vector<std::pair<std::string_view, std::string_view>> header_views;
  bool draining = false;
  bool handing_over = false;
  std::int64_t now_ms = 0;

  std::int64_t now() noexcept;
  void arm(TimerWheel::Entry& entry, std::int64_t in_ms) noexcept { wheel.arm(entry, now(), in_ms); }
  // Ends a session, once nothing of it can be on the stack.
  void retire(Session& session) noexcept;
  // A request has begun.
  void note_request() noexcept {
    retries.count_request(now());
    resting_ = false;
  }
  std::string make_request_id();

 private:
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                           asio::io_context::executor_type>;
  // Connections above the limit that are being told so. Beyond, one is closed without a word: telling costs memory and a
  // handshake, and must not become a way around the limit.
  static constexpr std::int64_t kTurnedAwayAtOnce = 64;
  void accept();
  void take(Socket socket);
  void tick();
  void rest() noexcept;
  static constexpr std::int64_t kRestMs = 1'000;

  std::unique_ptr<FrontDoor> front_door_;
  Acceptor acceptor_;
  Timer ticker_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<Session>> gone_;
  std::atomic<std::size_t> session_count_{0};
  bool sweeping_ = false;
  bool stopping_ = false;
  bool resting_ = true;  // no request began since rest() looked
  std::int64_t looked_ms_ = 0;
  std::uint64_t random_[2];
  std::thread thread_;
};

}  // namespace shunt::host::front
