// SPDX-License-Identifier: Apache-2.0
#include "serve/front/lane.hpp"

#include "contain/kept_sockets.hpp"
#include "serve/front/session.hpp"

#include <boost/asio/post.hpp>

#include <time.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace shunt::host::front {

namespace {

std::int64_t coarse_ms() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// Fine enough for the shortest time-out, and no finer.
std::int64_t tick_of(const ServeTimeouts& timeouts) noexcept {
  const std::int64_t shortest = std::min({timeouts.header_ms, timeouts.body_ms, timeouts.idle_ms, timeouts.connect_ms,
                                          timeouts.response_header_ms, timeouts.response_idle_ms, timeouts.write_ms});
  return std::clamp<std::int64_t>(shortest / 10, 5, 100);
}

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

}  // namespace

Lane::Lane(const DoorRules& door_rules, std::unique_ptr<FrontDoor> front_door,
           ConnectionCounts::Cell& connection_counts)
    : rules(door_rules),
      counts(connection_counts),
      context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      wheel(tick_of(door_rules.settings.timeouts), coarse_ms()),
      upstreams(context, buffers, wheel, door_rules.upstream_tls, now_ms, connection_counts),
      models(upstreams, wheel, now_ms),
      retries(door_rules.settings.retries.budget_percent),
      now_ms(coarse_ms()),
      front_door_(std::move(front_door)),
      acceptor_(context.get_executor()),
      ticker_(context.get_executor()) {
  std::random_device seed;
  for (std::uint64_t& word : random_) word = (std::uint64_t{seed()} << 32) | seed() | 1U;
}

Lane::~Lane() { stop(); }

Tcp::endpoint Lane::listen(const Tcp::endpoint& at, const std::string& kept, error_code& failed) {
  if (const int socket = take_kept_socket(kept); socket >= 0) {
    acceptor_.assign(at.protocol(), socket, failed);
    return failed ? Tcp::endpoint() : acceptor_.local_endpoint(failed);
  }
  acceptor_.open(at.protocol(), failed);
  if (!failed) acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor_.set_option(ReusePort(true), failed);
  if (!failed) acceptor_.bind(at, failed);
  if (!failed) acceptor_.listen(4096, failed);
  if (!failed) keep_socket(kept, acceptor_.native_handle());
  return failed ? Tcp::endpoint() : acceptor_.local_endpoint(failed);
}

void Lane::start() {
  thread_ = std::thread([this] {
    accept();
    tick();
    context.run();
  });
}

void Lane::drain(bool hands_over) {
  asio::post(context, [this, hands_over] {
    draining = true;
    handing_over = hands_over;
    error_code ignored;
    acceptor_.close(ignored);
    upstreams.close_idle();
    // From the end: one that ends gives its place to the last one.
    for (std::size_t i = sessions_.size(); i-- > 0;) sessions_[i]->drain();
  });
}

void Lane::stop() {
  if (!thread_.joinable()) return;
  asio::post(context, [this] {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    ticker_.cancel();
    for (std::size_t i = sessions_.size(); i-- > 0;) sessions_[i]->stop();
    models.stop();
    upstreams.close_idle();
    context.stop();
  });
  thread_.join();
  sessions_.clear();
  gone_.clear();
}

std::int64_t Lane::now() noexcept { return now_ms = coarse_ms(); }

void Lane::tick() {
  ticker_.expires_after(std::chrono::milliseconds(wheel.tick_ms()));
  ticker_.async_wait([this](const error_code& cancelled) {
    if (cancelled || stopping_) return;
    wheel.advance(now());
    rest();
    tick();
  });
}

// What a decision needs is not kept by a thread that has nothing to decide.
void Lane::rest() noexcept {
  if (now_ms - looked_ms_ < kRestMs) return;
  looked_ms_ = now_ms;
  if (std::exchange(resting_, true)) front_door_->rest();
}

void Lane::accept() {
  acceptor_.async_accept([this](const error_code& failed, Socket socket) {
    // One that was accepted while the listening socket was being closed has been promised an answer.
    if (!failed) take(std::move(socket));
    if (failed == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (!failed) return accept();
    // Out of file descriptors or memory: what is open has to end first.
    auto pause = std::make_shared<Timer>(context.get_executor());
    pause->expires_after(std::chrono::milliseconds(50));
    pause->async_wait([this, pause](const error_code&) { accept(); });
  });
}

void Lane::take(Socket socket) {
  error_code failed;
  const Tcp::endpoint client = socket.remote_endpoint(failed);
  if (failed) return;
  raise_own(counts.accepted);
  const std::int64_t before = rules.connections->fetch_add(1, std::memory_order_relaxed);
  const std::int64_t above = before - static_cast<std::int64_t>(rules.settings.limits.connections);
  if (above >= kTurnedAwayAtOnce) {
    rules.connections->fetch_sub(1, std::memory_order_relaxed);
    front_door_->refuse({Ending::Rejected, 0, "too-many-connections"});
    return counts.closed(CloseReason::Limit);
  }
  sessions_.push_back(std::make_unique<Session>(*this, Wire::make(std::move(socket), buffers),
                                                client.address().to_string(), sessions_.size()));
  session_count_.store(sessions_.size(), std::memory_order_relaxed);
  sessions_.back()->begin(above >= 0);
}

void Lane::retire(Session& session) noexcept {
  const std::size_t place = session.place();
  gone_.push_back(std::move(sessions_[place]));
  if (place + 1 != sessions_.size()) {
    sessions_[place] = std::move(sessions_.back());
    sessions_[place]->move_to(place);
  }
  sessions_.pop_back();
  session_count_.store(sessions_.size(), std::memory_order_relaxed);
  rules.connections->fetch_sub(1, std::memory_order_relaxed);
  if (std::exchange(sweeping_, true)) return;
  asio::post(context, [this] {
    sweeping_ = false;
    gone_.clear();
  });
}

// A random UUID.
std::string Lane::make_request_id() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::uint64_t, 2> bits{};
  for (std::uint64_t& word : bits) {
    // xoroshiro128+
    const std::uint64_t a = random_[0];
    std::uint64_t b = random_[1];
    word = a + b;
    b ^= a;
    random_[0] = ((a << 24) | (a >> 40)) ^ b ^ (b << 16);
    random_[1] = (b << 37) | (b >> 27);
  }
  std::string id(36, '-');
  std::size_t digit = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) continue;
    id[i] = kDigits[(bits[digit / 16] >> (digit % 16 * 4)) & 15U];
    ++digit;
  }
  id[14] = '4';
  id[19] = kDigits[8 + ((bits[1] >> 12) & 3U)];
  return id;
}

}  // namespace shunt::host::front
