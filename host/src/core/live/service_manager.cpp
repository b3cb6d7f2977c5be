// SPDX-License-Identifier: Apache-2.0
#include "live/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace shunt::host {

namespace {

std::optional<std::int64_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const auto read = std::from_chars(text, text + std::strlen(text), number);
  return read.ec == std::errc{} && *read.ptr == '\0' ? std::optional(number) : std::nullopt;
}

}  // namespace

ServiceManager ServiceManager::of_process() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  std::optional<std::chrono::microseconds> watchdog;
  const auto interval = number_in_environment("WATCHDOG_USEC");
  // The variables are inherited: a watchdog that is meant for a parent is none of ours.
  if (interval && *interval > 0 && number_in_environment("WATCHDOG_PID").value_or(getpid()) == getpid()) {
    watchdog = std::chrono::microseconds(*interval);
  }
  return {socket == nullptr ? "" : socket, watchdog};
}

bool ServiceManager::notify(std::string_view state) const { return notify(state, -1); }

bool ServiceManager::notify(std::string_view state, int descriptor) const {
  if (socket_.empty()) return true;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const int handle = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return false;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  iovec part{const_cast<char*>(state.data()), state.size()};  // sendmsg() writes nothing
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  // A descriptor that did not arrive would be missed much later: then it may take its time.
  const auto sent = ::sendmsg(handle, &message, MSG_NOSIGNAL | (descriptor >= 0 ? 0 : MSG_DONTWAIT));
  ::close(handle);
  return sent == static_cast<ssize_t>(state.size());
}

}  // namespace shunt::host
