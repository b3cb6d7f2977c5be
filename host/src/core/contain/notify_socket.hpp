// SPDX-License-Identifier: Apache-2.0
// notify_socket.hpp: the supervisor's side of what workers tell a service manager: states, and sockets to keep.
#pragma once

#include <shunt/framework/error.hpp>

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

namespace shunt::host {

// Descriptors by name; owns them.
class SocketShelf {
 public:
  SocketShelf() = default;
  ~SocketShelf();
  SocketShelf(const SocketShelf&) = delete;
  SocketShelf& operator=(const SocketShelf&) = delete;
  void put(const std::string& name, int descriptor);
  void remove(const std::string& name);
  const std::map<std::string, int>& all() const { return sockets_; }

 private:
  std::map<std::string, int> sockets_;
};

struct Notice {
  pid_t sender = 0;
  std::string state;  // lines; without those about sockets
};

class NotifySocket {
 public:
  static Result<NotifySocket> open();
  NotifySocket(NotifySocket&& other) noexcept;
  NotifySocket& operator=(NotifySocket&&) = delete;
  ~NotifySocket();

  // For NOTIFY_SOCKET.
  const std::string& name() const { return name_; }
  int descriptor() const { return descriptor_; }
  // The next one that has come, without waiting. Sockets go to the shelf if they come from `from`: any process of this
  // machine can write here.
  template <class Trusted>
  std::optional<Notice> receive(SocketShelf& shelf, const Trusted& from) {
    for (;;) {
      Received got;
      if (!take(got)) return std::nullopt;
      if (!from(got.notice.sender)) {
        discard(got);
        continue;
      }
      sort(got, shelf);
      return std::move(got.notice);
    }
  }

 private:
  struct Received {
    Notice notice;
    int descriptor = -1;
  };
  NotifySocket(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  bool take(Received& got) const;
  static void discard(const Received& got);
  static void sort(Received& got, SocketShelf& shelf);

  int descriptor_;
  std::string name_;
};

}  // namespace shunt::host
