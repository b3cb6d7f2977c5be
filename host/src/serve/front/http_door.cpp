// SPDX-License-Identifier: Apache-2.0
#include "serve/front/http_door.hpp"

#include "live/live_host.hpp"
#include "serve/front/lane.hpp"
#include "serve/front/session.hpp"
#include "serve/front/tls_contexts.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace shunt::host {

namespace {

using front::DoorRules;
using front::Lane;
using front::Tcp;

Error problem(std::string message) { return {ErrorKind::Operation, "E341", std::move(message)}; }

Result<Tcp::endpoint> resolve(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string name = listen.substr(0, colon);
  if (name.size() > 1 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  boost::asio::io_context context;
  Tcp::resolver resolver(context);
  boost::system::error_code failed;
  const auto found = resolver.resolve(name, listen.substr(colon + 1), Tcp::resolver::passive, failed);
  if (failed || found.empty()) return problem("the address of the HTTP door, " + listen + ": " + failed.message());
  return found.begin()->endpoint();
}

class HttpDoor final : public Part {
 public:
  HttpDoor(HttpDoorHost host, const HostSettings& settings) : host_(std::move(host)), settings_(settings) {}
  ~HttpDoor() override { HttpDoor::stop(); }

  std::string_view name() const override { return "http"; }

  Result<void> start() override {
    rules_.settings = settings_.serve;
    rules_.picture = host_.picture;
    rules_.connections = &connections_;
    if (const auto read = read_secrets(); !read) return read.error();
    const auto at = resolve(settings_.serve.listen);
    if (!at) return at.error();
    Tcp::endpoint where = *at;
    const std::uint32_t wanted = settings_.serve.threads;
    const std::uint32_t threads = wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
    for (std::uint32_t i = 0; i < threads; ++i) {
      lanes_.push_back(std::make_unique<Lane>(rules_, host_.open_front_door(), counts().add_cell()));
      boost::system::error_code failed;
      // All share the port that the first one got.
      where = lanes_.back()->listen(where, "http/" + settings_.serve.listen + "/" + std::to_string(i), failed);
      if (failed) return problem("the HTTP door cannot listen on " + settings_.serve.listen + ": " + failed.message());
    }
    where_ = where;
    for (const auto& lane : lanes_) lane->start();
    listening_.store(true, std::memory_order_release);
    return {};
  }

  bool ready(std::string& why) const override {
    if (listening_.load(std::memory_order_acquire)) return true;
    why = "the HTTP door does not listen";
    return false;
  }

  void drain() override { close(false); }
  void hand_over() override { close(true); }

  bool drained() const override {
    return std::ranges::all_of(lanes_, [](const auto& lane) { return lane->idle(); });
  }

  void stop() override {
    listening_.store(false, std::memory_order_release);
    for (const auto& lane : lanes_) lane->stop();
    lanes_.clear();
  }

  std::string address() const override {
    std::string host = where_.address().to_string();
    if (where_.address().is_v6()) host = "[" + host + "]";
    return (settings_.serve.tls.enabled ? "https://" : "http://") + host + ":" + std::to_string(where_.port());
  }

 private:
  ConnectionCounts& counts() { return host_.counts != nullptr ? *host_.counts : own_counts_; }
  void close(bool hands_over) {
    listening_.store(false, std::memory_order_release);
    for (const auto& lane : lanes_) lane->drain(hands_over);
  }

  Result<void> read_secrets() {
    if (!settings_.serve.api_keys_file.empty()) {
      auto keys = front::ApiKeys::read(settings_.serve.api_keys_file);
      if (!keys) return keys.error();
      rules_.api_keys = std::move(*keys);
    }
    if (!settings_.upstream.api_key_file.empty()) {
      auto key = front::read_key(settings_.upstream.api_key_file);
      if (!key) return key.error();
      rules_.upstream_api_key = std::move(*key);
    }
    auto server = front::server_context(settings_.serve.tls);
    if (!server) return server.error();
    auto upstream = front::upstream_context(settings_.upstream.tls);
    if (!upstream) return upstream.error();
    server_tls_ = std::move(*server);
    upstream_tls_ = std::move(*upstream);
    rules_.server_tls = server_tls_.get();
    rules_.upstream_tls = {upstream_tls_.get(), settings_.upstream.tls.server_name, settings_.upstream.tls.verify};
    return {};
  }

  const HttpDoorHost host_;
  const HostSettings& settings_;
  front::TlsContext server_tls_;
  front::TlsContext upstream_tls_;
  ConnectionCounts own_counts_;
  std::atomic<std::int64_t> connections_{0};
  DoorRules rules_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<bool> listening_{false};
  Tcp::endpoint where_;
};

}  // namespace

std::unique_ptr<Part> make_http_door(HttpDoorHost host, const HostSettings& settings) {
  return std::make_unique<HttpDoor>(std::move(host), settings);
}

std::unique_ptr<Part> make_http_door(LiveHost& host, const HostSettings& settings) {
  return make_http_door(HttpDoorHost{[&host] { return host.open_front_door("http"); },
                                     [&host] { return host.keeper().pictures().current(); }, &host.connection_counts()},
                        settings);
}

}  // namespace shunt::host
