// SPDX-License-Identifier: Apache-2.0
// session.hpp: one client's connection and the request that is on it: read, decided, sent to an endpoint, answered. A state
// machine of callbacks; nothing of it blocks and nothing of it is shared.
//
// session.cpp has the connection and reads requests, session_attempts.cpp sends them to endpoints, session_response.cpp passes
// responses on, session_answer.cpp has what the door answers itself.
#pragma once

#include "live/front_door.hpp"
#include "serve/front/lane.hpp"
#include "serve/front/message_head.hpp"
#include "serve/front/models_survey.hpp"
#include "serve/front/upstream_pool.hpp"
#include "serve/front/usage_watch.hpp"
#include "serve/front/wire.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::host::front {

// For the thread of its lane.
class Session final : public Wire::User, public LinkUser, public ModelsWaiter, public TimerWheel::Entry {
 public:
  Session(Lane& lane, Wire::Pointer client, std::string client_address, std::size_t place);
  ~Session() override;

  // `crowded`: there are too many; it is told so, after the handshake where there is one, and does not stay long.
  void begin(bool crowded) noexcept;
  // Ends when the request that it has is answered.
  void drain() noexcept;
  // Ends now.
  void stop() noexcept;

  std::size_t place() const noexcept { return place_; }
  void move_to(std::size_t place) noexcept { place_ = place; }

 private:
  enum class Stage : std::uint8_t {
    Handshake,
    Idle,        // no byte of a request is there
    Head,        // some are
    Body,        // of a request that has to be understood
    Asking,      // endpoints for their models
    Connecting,  // to an endpoint
    Waiting,     // for the first byte of its response
    Responding,  // the response's header is on its way to the client
    Tunnel,      // after a 101
    Answering,   // with a text of the door
    Lingering,   // everything is written; what the client still sends is thrown away
    Gone
  };

  // session.cpp
  void on_secured(error_code failed) noexcept override;
  void on_input(std::size_t bytes) noexcept override;
  void on_input_end(error_code why) noexcept override;
  void on_written(error_code failed) noexcept override;
  void on_deadline() noexcept override;
  void wait_for_request() noexcept;
  void serve_input() noexcept;
  bool read_head() noexcept;
  void watch_client() noexcept;
  void client_gone() noexcept;
  void finish_request() noexcept;
  void linger() noexcept;
  // The first reason that was given is the one that counts.
  void because(CloseReason reason) noexcept {
    if (!close_reason_) close_reason_ = reason;
  }
  void end(CloseReason reason) noexcept;
  void report_end(const Completion& completion) noexcept;

  // session_request.cpp
  void take_head() noexcept;
  bool check_head() noexcept;
  bool check_key() noexcept;
  void begin_body() noexcept;
  void take_body_bytes() noexcept;
  void take_body_chunks() noexcept;
  bool grow_body(std::size_t size) noexcept;
  void understand() noexcept;
  void collect_headers();
  std::string_view path() const noexcept;
  std::string_view target() const noexcept;

  // session_attempts.cpp
  void decide() noexcept;
  void start_attempt() noexcept;
  void open_link(bool fresh) noexcept;
  void send_request() noexcept;
  void forward_body() noexcept;
  void attempt_failed(std::string_view code) noexcept;
  bool next_attempt() noexcept;
  bool may_retry() noexcept;
  void drop_link() noexcept;
  void on_link_ready() noexcept override;
  void on_link_problem(LinkProblem problem) noexcept override;
  void on_link_end(error_code why) noexcept override;
  void on_link_written(error_code failed) noexcept override;

  // session_response.cpp
  void on_link_input() noexcept override;
  void read_response_head() noexcept;
  void begin_response() noexcept;
  void pump_response() noexcept;
  void finish_response() noexcept;
  void break_response(std::string_view code) noexcept;
  void begin_tunnel() noexcept;
  void tunnel_from_client() noexcept;
  void tunnel_from_endpoint() noexcept;
  void end_tunnel() noexcept;

  // session_answer.cpp
  void fail(std::string_view code, std::string_view message = {}, std::string_view param = {}) noexcept;
  void answer_rejection() noexcept;
  void answer_models() noexcept;
  void on_models(const std::string* page) noexcept override;
  std::string endpoint_credentials() const;
  void answer(Ending ending, std::uint32_t status, std::string_view code, const std::string& body,
              std::string_view extra = {}) noexcept;
  void answered() noexcept;

  static constexpr std::size_t kClientBuffer = 4096;
  static constexpr std::size_t kStreamBuffer = 64u << 10;
  static constexpr std::int64_t kLingerMs = 2'000;
  static constexpr std::int64_t kCrowdedMs = 2'000;  // for the handshake of one that is turned away

  Lane& lane_;
  Wire::Pointer client_;
  const std::string client_address_;
  std::size_t place_;
  Stage stage_ = Stage::Handshake;

  // Of the connection.
  bool serving_ = false;
  bool crowded_ = false;
  std::optional<CloseReason> close_reason_;

  // Of the request.
  HeadFields head_;
  std::optional<RequestReader> request_;
  std::size_t head_bytes_ = 0;
  std::string request_id_;
  Buffer body_;
  std::size_t body_size_ = 0;
  std::size_t body_expected_ = 0;
  Passage* passage_ = nullptr;
  bool close_after_ = false;
  bool understood_ = false;    // its body was read as a whole, and can be sent again
  bool body_done_ = false;     // all of it was read from the client
  bool body_touched_ = false;  // some of it went to an endpoint and is gone
  bool upgrade_ = false;
  bool key_shown_ = false;
  bool reading_body_ = false;  // straight to where it belongs

  // Of the attempt.
  Link* link_ = nullptr;
  std::size_t target_ = 0;
  std::uint32_t attempts_ = 0;
  std::optional<ResponseReader> response_;
  bool response_begun_ = false;  // the endpoint sent something
  bool head_sent_ = false;
  bool body_broken_ = false;  // the endpoint takes no more of the request's body
  bool chunked_out_ = false;
  bool first_token_told_ = false;
  std::uint64_t events_before_ = 0;  // of the first token's
  std::uint64_t bytes_before_ = 0;   // with the first token's piece
  bool finish_after_write_ = false;
  std::size_t to_endpoint_ = 0;  // of a tunnel: input that is being written
  std::size_t to_client_ = 0;
  UsageWatch usage_;
  std::string endpoint_head_;
  std::string client_head_;
  std::array<char, 24> chunk_line_;           // towards the client
  std::array<char, 24> endpoint_chunk_line_;  // towards the endpoint
};

// Writes the size line of a chunk; the line.
std::string_view write_chunk_line(std::span<char> place, std::size_t size) noexcept;

}  // namespace shunt::host::front
