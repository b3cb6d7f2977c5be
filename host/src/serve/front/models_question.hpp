// SPDX-License-Identifier: Apache-2.0
// models_question.hpp: one GET /v1/models to one endpoint.
#pragma once

#include "serve/front/message_head.hpp"
#include "serve/front/timer_wheel.hpp"
#include "serve/front/upstream_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::host::front {

// For one thread.
class ModelsQuestion final : public LinkUser, public TimerWheel::Entry {
 public:
  // How it ended is heard once, not within begin(). nullptr: without a good answer.
  using Answered = std::function<void(const std::string* body)>;

  ModelsQuestion(UpstreamPool& upstreams, std::string_view address, std::string_view credentials, std::size_t limit,
                 Answered answered);
  ~ModelsQuestion() override { drop(); }
  void begin() noexcept { open(false); }

 private:
  void open(bool fresh) noexcept;
  void send() noexcept;
  void read() noexcept;
  void broke() noexcept;
  void end(bool good) noexcept;
  void drop() noexcept;
  void on_link_ready() noexcept override { send(); }
  void on_link_problem(LinkProblem) noexcept override { end(false); }
  void on_link_input() noexcept override { read(); }
  void on_link_end(error_code why) noexcept override;
  void on_link_written(error_code failed) noexcept override;
  void on_deadline() noexcept override { end(false); }

  static constexpr std::uint32_t kHeaderBytes = 64u << 10;
  UpstreamPool& upstreams_;
  const std::shared_ptr<Origin> origin_;
  const std::string text_;
  const std::size_t limit_;
  Answered answered_;
  Link* link_ = nullptr;
  HeadFields fields_;
  std::optional<ResponseReader> response_;
  bool begun_ = false;  // something came
  std::string body_;
};

}  // namespace shunt::host::front
