// SPDX-License-Identifier: Apache-2.0
// socket_poll.hpp: asks about thousands of connections at once, when its owner finds it worth while. Answers to fetches can wait for
// a few milliseconds: a thread that is woken for each of them spends more on waking than on reading.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace shunt::host {

// One thread.
class SocketPoll {
 public:
  class Client {
   public:
    // There is something to read, or room to write. `ended`: the other side writes no more, so that the end can be read.
    virtual void ready(bool ended) = 0;

   protected:
    ~Client() = default;
  };

  SocketPoll();
  ~SocketPoll();
  SocketPoll(const SocketPoll&) = delete;
  SocketPoll& operator=(const SocketPoll&) = delete;

  // Tells of each change once. The number for remove(); 0: the kernel refused.
  std::uint64_t add(int descriptor, Client& client);
  // Ahead of closing the descriptor.
  void remove(std::uint64_t number) { clients_.erase(number); }
  // Calls clients about everything that has happened. They may add and remove any.
  void poll();

 private:
  int descriptor_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Client*> clients_;
};

}  // namespace shunt::host
