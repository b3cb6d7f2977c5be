// SPDX-License-Identifier: Apache-2.0
#include "contain/notify_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace shunt::host {

namespace {

constexpr std::string_view kName = "FDNAME=";

}  // namespace

SocketShelf::~SocketShelf() {
  for (const auto& [name, descriptor] : sockets_) close(descriptor);
}

void SocketShelf::put(const std::string& name, int descriptor) {
  remove(name);
  sockets_[name] = descriptor;
}

void SocketShelf::remove(const std::string& name) {
  const auto found = sockets_.find(name);
  if (found == sockets_.end()) return;
  close(found->second);
  sockets_.erase(found);
}

Result<NotifySocket> NotifySocket::open() {
  const auto problem = [](const char* what) {
    return Error{ErrorKind::Operation, "E361",
                 "the socket on which workers are heard: " + std::string(what) + ": " + std::strerror(errno)};
  };
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return problem("socket");
  NotifySocket made(descriptor, "");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // The kernel picks a free name that is no file, so that nothing has to be removed.
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(sa_family_t)) != 0) return problem("bind");
  socklen_t length = sizeof address;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) return problem("getsockname");
  const int on = 1;
  if (setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) return problem("setsockopt");
  made.name_ =
      "@" + std::string(address.sun_path + 1, length - static_cast<socklen_t>(offsetof(sockaddr_un, sun_path)) - 1);
  return made;
}

NotifySocket::NotifySocket(NotifySocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), name_(std::move(other.name_)) {}

NotifySocket::~NotifySocket() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool NotifySocket::take(Received& got) const {
  std::array<char, 4096> text;
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(int) * 4)> control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t length = 0;
  do {
    length = recvmsg(descriptor_, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (length < 0 && errno == EINTR);
  if (length < 0) return false;
  got.notice.state.assign(text.data(), static_cast<std::size_t>(length));
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET) continue;
    if (header->cmsg_type == SCM_CREDENTIALS) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
      got.notice.sender = sender.pid;
    } else if (header->cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
        if (got.descriptor < 0) {
          got.descriptor = descriptor;
        } else {
          close(descriptor);
        }
      }
    }
  }
  return true;
}

void NotifySocket::discard(const Received& got) {
  if (got.descriptor >= 0) close(got.descriptor);
}

void NotifySocket::sort(Received& got, SocketShelf& shelf) {
  std::string left;
  std::string name;
  bool store = false;
  bool remove = false;
  for (std::string_view rest = got.notice.state; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line == "FDSTORE=1") {
      store = true;
    } else if (line == "FDSTOREREMOVE=1") {
      remove = true;
    } else if (line.starts_with(kName)) {
      name = line.substr(kName.size());
    } else if (!line.empty()) {
      left.append(left.empty() ? "" : "\n").append(line);
    }
  }
  if (store && got.descriptor >= 0 && !name.empty()) {
    shelf.put(name, got.descriptor);
  } else {
    discard(got);
  }
  if (remove) shelf.remove(name);
  got.notice.state = std::move(left);
}

}  // namespace shunt::host
