// SPDX-License-Identifier: Apache-2.0
#include "data/socket_poll.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>

namespace shunt::host {

SocketPoll::SocketPoll() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {}

SocketPoll::~SocketPoll() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t SocketPoll::add(int descriptor, Client& client) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = last_ + 1;
  if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) != 0) return 0;
  clients_.emplace(++last_, &client);
  return last_;
}

void SocketPoll::poll() {
  constexpr int kAtOnce = 256;
  std::array<epoll_event, kAtOnce> events;
  for (int n = kAtOnce; n == kAtOnce;) {
    n = ::epoll_wait(descriptor_, events.data(), kAtOnce, 0);
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const auto client = clients_.find(event.data.u64);  // one of those before may have removed it
      if (client != clients_.end()) client->second->ready((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
  }
}

}  // namespace shunt::host
