// SPDX-License-Identifier: Apache-2.0
// scripted_server.hpp: a server on a free port of this machine that does what a test wants, good or bad.
//
//   ScriptedServer server([](ScriptedServer::Client& client) {
//     while (client.read_request()) client.send(page("text"));
//   });
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace shunt::host::testing {

inline std::string page(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class ScriptedServer {
 public:
  // One connection, on a thread of its own.
  class Client {
   public:
    Client(int descriptor, ScriptedServer& server) : descriptor_(descriptor), server_(server) {}
    ~Client() { hang_up(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Up to the blank line; false when the other side is gone or the server ends.
    bool read_request() {
      request.clear();
      char byte = 0;
      while (!request.ends_with("\r\n\r\n")) {
        if (!wait() || ::recv(descriptor_, &byte, 1, 0) != 1) return false;
        request += byte;
      }
      ++server_.requests;
      return true;
    }
    bool send(const std::string& text) {
      return ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
    }
    // Until the other side or the server ends.
    void hold() {
      char byte = 0;
      while (wait() && ::recv(descriptor_, &byte, 1, 0) == 1) {
      }
    }
    // With a reset in place of an orderly end.
    void reset() {
      const linger abort{1, 0};
      ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
      hang_up();
    }
    void hang_up() {
      if (descriptor_ >= 0) ::close(descriptor_);
      descriptor_ = -1;
    }
    bool ending() const { return server_.ending_; }
    int descriptor() const { return descriptor_; }
    std::string request;

   private:
    bool wait() const {
      pollfd one{descriptor_, POLLIN, 0};
      while (!server_.ending_) {
        if (::poll(&one, 1, 20) > 0) return true;
      }
      return false;
    }
    int descriptor_;
    ScriptedServer& server_;
  };
  using Script = std::function<void(Client&)>;

  explicit ScriptedServer(Script script, std::uint16_t port = 0) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 64) != 0) throw std::runtime_error("no port");
    ::getsockname(listener_, raw, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    ending_ = true;
    thread_.join();
    for (std::thread& thread : clients_) thread.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::atomic<int> connections{0};
  std::atomic<int> requests{0};

 private:
  void accept_all() {
    pollfd one{listener_, POLLIN, 0};
    while (!ending_) {
      if (::poll(&one, 1, 20) <= 0) continue;
      const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) continue;
      ++connections;
      clients_.emplace_back([this, descriptor] {
        Client client(descriptor, *this);
        script_(client);
      });
    }
  }

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::thread thread_;
  std::vector<std::thread> clients_;  // of accept_all() alone
};

}  // namespace shunt::host::testing
