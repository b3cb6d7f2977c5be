// SPDX-License-Identifier: Apache-2.0
// fetch_lane.hpp: one kept connection to one port of an endpoint, over which tasks go one after the other.
//
//   lane->submit(task);      // task.answered() follows, whatever happens
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "data/channel.hpp"
#include "data/fetch_surroundings.hpp"
#include "data/fetch_task.hpp"

namespace shunt::host {

// Where an endpoint listens, as its address says it.
struct HostPort {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};
// Nothing where the text is no address.
std::optional<HostPort> parse_address(std::string_view address);

class FetchLane final : public std::enable_shared_from_this<FetchLane>, private SocketPoll::Client {
 public:
  // `secured`: the endpoint's own port, which is spoken to as the config's "upstream" says. `surroundings` outlives it.
  FetchLane(FetchSurroundings& surroundings, HostPort to, bool secured);
  ~FetchLane() { hang_up(); }

  // Behind all that wait. The task stays until it is answered or forgotten.
  void submit(FetchTask& task);
  // Ahead of all that wait.
  void submit_first(FetchTask& task);
  // It hears nothing more, even if it is under way.
  void forget(const FetchTask& task);
  // Nobody hears anything more.
  void close();

 private:
  enum class State { Closed, LookingUp, Connecting, Writing, Reading, Idle };
  struct Deadline final : TimerWheel::Entry {
    explicit Deadline(FetchLane& owner) : lane(owner) {}
    void due(std::int64_t now_ns) override { lane.timed_out(now_ns); }
    FetchLane& lane;
  };

  void begin_next();
  void open();
  void look_up();
  void connect();
  void connected(Channel::Step step);
  void write();
  void read(bool ended);
  void read_idle();
  void ready(bool ended) override;
  void take(ResponseReader::Step step);
  void timed_out(std::int64_t now_ns);
  // What went wrong on the connection; a kept one gets a second chance.
  void broke(FetchResult result, std::string_view problem);
  void finish(FetchResult result, std::string_view problem);
  void hang_up();

  FetchSurroundings& around_;
  const HostPort to_;
  const bool secured_;
  std::optional<boost::asio::ip::address> address_;
  bool numeric_ = false;
  Channel channel_;
  ResponseReader reader_;
  Deadline deadline_;
  State state_ = State::Closed;
  std::uint64_t connection_ = 0;  // counts them: a late answer for an older one means nothing
  std::uint64_t polled_ = 0;      // its number with the poll; 0: none
  bool used_before_ = false;      // the connection has carried a response
  bool retried_ = false;
  bool answering_ = false;
  FetchTask* task_ = nullptr;  // under way
  std::int64_t began_ns_ = 0;
  std::string_view unsent_;
  std::deque<FetchTask*> waiting_;
};

}  // namespace shunt::host
