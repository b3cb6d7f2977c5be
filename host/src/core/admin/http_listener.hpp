// SPDX-License-Identifier: Apache-2.0
// http_listener.hpp: the socket of the admin listener: a thread of its own that reads requests within limits, has them answered,
// and keeps streams of events open. broadcast() is for that thread.
#pragma once

#include <shunt/framework/error.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "admin/http_message.hpp"

namespace shunt::host {

struct ListenerLimits {
  std::uint32_t header_bytes = 16u << 10;
  std::uint64_t body_bytes = 8u << 20;
  std::size_t connections = 128;
  std::size_t event_clients = 16;
  std::size_t event_bytes = std::size_t{4} << 20;  // queued for one client; who takes less is dropped
  std::chrono::milliseconds header_time{10'000};
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds idle_time{60'000};
  std::chrono::milliseconds write_time{30'000};
};

class HttpListener {
 public:
  struct Handler {
    std::function<std::optional<AdminResponse>(const AdminRequest&)> refuse;  // from the header alone
    std::function<AdminResponse(const AdminRequest&)> answer;                 // throws nothing
    std::function<std::string()> greeting;                                    // what a new stream of events begins with
    std::function<void()> tick;
  };
  struct Counters {
    std::array<std::atomic<std::uint64_t>, 6> statuses{};  // by first digit
    std::atomic<std::uint64_t> event_clients{0};
    std::atomic<std::uint64_t> dropped_clients{0};
  };

  HttpListener(Handler handler, ListenerLimits limits);
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  // `listen`: "host:port"; port 0 means any. `tick_time`: how often tick() is called.
  Result<void> start(const std::string& listen, std::chrono::milliseconds tick_time);
  // Takes no more connections; those that are open go on.
  void stop_accepting();
  // Closes everything; ends the thread.
  void stop();

  // "127.0.0.1:9095"; empty before start().
  const std::string& address() const { return address_; }
  const Counters& counters() const;

  // To every stream of events.
  void broadcast(std::string events);

 private:
  struct Core;
  class Session;
  std::unique_ptr<Core> core_;
  std::thread thread_;
  std::string address_;
};

}  // namespace shunt::host
