// SPDX-License-Identifier: Apache-2.0
#include "fleet.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>

namespace shunt::sim {

namespace asio = boost::asio;

namespace {

void listen_at(SimServer& server, const std::string& host, std::uint16_t port) {
  try {
    server.listen({asio::ip::make_address(host), port});
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("cannot listen at " + host + ":" + std::to_string(port) + " for " + server.name() + ": " +
                             error.code().message());
  }
}

}  // namespace

Fleet::Fleet(const SimSettings& settings) : settings_(settings) {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t threads =
      std::min<std::size_t>(settings.threads > 0 ? settings.threads : cores, settings.servers.size());
  for (std::size_t i = 0; i < threads; ++i) contexts_.push_back(std::make_unique<asio::io_context>(1));
  for (const ServerSettings& one : settings.servers) {
    servers_.push_back(std::make_unique<SimServer>(*this, *contexts_[servers_.size() % threads], one, settings));
  }
  if (!settings.control.empty()) {
    ServerSettings own;
    own.name = "control";
    control_ = std::make_unique<SimServer>(*this, *contexts_.front(), own, settings);
    control_->serve_control_only();
  }
}

Fleet::~Fleet() { stop(); }

void Fleet::listen() {
  std::uint16_t port = settings_.listen_port;
  for (const auto& server : servers_) {
    listen_at(*server, settings_.listen_address, port);
    if (port != 0) ++port;
  }
  if (control_) {
    const std::size_t colon = settings_.control.rfind(':');
    listen_at(*control_, settings_.control.substr(0, colon),
              static_cast<std::uint16_t>(std::stoul(settings_.control.substr(colon + 1))));
  }
}

void Fleet::start() {
  for (const auto& server : servers_) server->start();
  if (control_) control_->start();
  for (const auto& context : contexts_) {
    guards_.emplace_back(context->get_executor());
    threads_.emplace_back([&context = *context] { context.run(); });
  }
}

void Fleet::stop() {
  for (const auto& server : servers_) asio::post(server->context(), [&server] { server->stop(); });
  if (control_) asio::post(control_->context(), [this] { control_->stop(); });
  guards_.clear();
  // Without a listener, a timer and a session a thread has nothing left to do.
  threads_.clear();
}

SimServer* Fleet::find(std::string_view name) const {
  const auto found = std::ranges::find_if(servers_, [name](const auto& one) { return one->name() == name; });
  return found == servers_.end() ? nullptr : found->get();
}

}  // namespace shunt::sim
