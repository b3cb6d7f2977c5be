// SPDX-License-Identifier: Apache-2.0
// sim_server.hpp: one simulated model server: its listener, its engine, its faults, and what it has counted. Lives on one thread.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api_answer.hpp"
#include "engine.hpp"
#include "metrics_page.hpp"
#include "session.hpp"
#include "sim_settings.hpp"

namespace shunt::sim {

class Fleet;

// An inference request between its arrival and the end of its answer.
struct Exchange {
  Api api;
  Fate fate = Fate::Answer;
  RequestId id = 0;  // 0: not in the engine
  bool stream = false;
  bool begun = false;
  std::uint64_t sent = 0;  // tokens
  std::uint64_t prompt_tokens = 0;
  std::unique_ptr<Answer> answer;
  std::string headers;
};

// Every request received ends in exactly one of the others, or is being answered.
struct RequestCounts {
  std::uint64_t received = 0;
  std::uint64_t answered = 0;
  std::uint64_t rejected = 0;   // because the request is wrong
  std::uint64_t failed = 0;     // by a fault
  std::uint64_t cancelled = 0;  // the client left
};

class SimServer {
 public:
  SimServer(Fleet& fleet, boost::asio::io_context& context, ServerSettings settings, const SimSettings& all);
  // From now on only what is asked under /sim/ is answered.
  void serve_control_only() { control_only_ = true; }

  // Throws boost::system::system_error.
  void listen(const boost::asio::ip::tcp::endpoint& endpoint);
  void start();
  void stop();

  const std::string& name() const { return settings_.name; }
  const ServerSettings& settings() const { return settings_; }
  const std::string& address() const { return address_; }
  boost::asio::io_context& context() { return context_; }

  // Called by sessions.
  void handle(Session& session);
  void joined(Session& session) { sessions_.insert(&session); }
  void left(Session& session);

  // Control; on the thread of this server. The first changes nothing where there are problems.
  Problems change_faults(const boost::json::object& changes);
  void reset();
  boost::json::object state() const;

 private:
  void accept();
  void set_refusing(bool refuse);
  void apply_faults();
  // A clock that stands still while the server does.
  Nanoseconds engine_now() const;
  void infer(Session& session, Api api);
  void decide(Session& session);
  void begin(Session& session);
  void submit(Session& session, ApiCall call);
  void reject(Session& session, unsigned status, std::string_view message);
  void fail(Session& session, std::uint64_t& faults);
  std::uint64_t output_length(const ApiCall& call, std::uint64_t prompt_tokens, std::uint64_t chance) const;
  std::vector<std::uint64_t> block_hashes(std::string_view text, std::string_view model) const;
  void pump();
  void arm();
  void deliver(const Progress& progress);
  void end_answer(Session& session, const Usage& usage);
  void metrics(Session& session);
  void models(Session& session);
  RequestCounts& counts_of(const Session& session) {
    return requests_[static_cast<std::size_t>(session.exchange->api)];
  }

  Fleet& fleet_;
  boost::asio::io_context& context_;
  const ServerSettings initial_;
  ServerSettings settings_;
  const SimSettings& all_;
  std::uint64_t seed_;
  Engine engine_;
  MetricsPage page_;
  Random chance_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer accept_timer_;
  std::string address_;
  std::unordered_set<Session*> sessions_;
  std::unordered_map<RequestId, std::shared_ptr<Session>> in_flight_;
  std::vector<Progress> progress_;
  std::vector<std::shared_ptr<Session>> touched_;
  std::string text_;  // reused for every page and answer
  RequestId last_id_ = 0;
  Nanoseconds armed_for_ = 0;  // 0: not armed
  Nanoseconds held_since_ = 0;
  Nanoseconds stood_ = 0;
  bool held_ = false;
  bool refusing_ = false;
  bool stopped_ = false;
  bool control_only_ = false;
  std::array<RequestCounts, kApis> requests_;
  struct FaultCounts {
    std::uint64_t error = 0, reset = 0, hang = 0, abort = 0;
  } fault_counts_;
  struct PageCounts {
    std::uint64_t metrics = 0, health = 0, models = 0, other = 0;
  } page_counts_;
};

}  // namespace shunt::sim
