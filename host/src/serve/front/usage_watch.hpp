// SPDX-License-Identifier: Apache-2.0
// usage_watch.hpp: what a response says it used, and when its first token came, from a bounded part of it: the last bytes, and
// the first ones of a stream. Nothing is parsed on the way.
//
//   UsageWatch watch(pool, /*events=*/true);
//   if (watch.see(piece)) report_first_token();
//   Usage usage = watch.usage();
#pragma once

#include "live/passage.hpp"
#include "serve/front/buffer_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace shunt::host::front {

class UsageWatch {
 public:
  void begin(BufferPool& pool, bool events) noexcept;
  void end() noexcept { tail_.reset(); }
  bool watching() const noexcept { return static_cast<bool>(tail_); }

  // True once: with the piece that holds the first content of a stream of events.
  bool see(std::string_view piece) noexcept;
  Usage usage() noexcept;
  // How many tokens a stream has brought in `events`, which have `bytes`, if each that has content has one. Nothing where the
  // last events are far smaller than these: then several of them were taken for one.
  std::optional<std::uint64_t> streamed_tokens(std::uint64_t events, std::uint64_t bytes) noexcept;

  // The object behind the last, or the first, "usage" that is complete in a text.
  static Usage find_usage(std::string_view text) noexcept;
  static Usage find_first_usage(std::string_view text) noexcept;
  // True where one of the events in `text` has content in it.
  static bool has_content(std::string_view text) noexcept;

 private:
  static constexpr std::size_t kTail = 2048;
  void look(std::string_view piece) noexcept;
  void keep(std::string_view piece) noexcept;
  // The last bytes, in their order.
  std::string_view tail() noexcept;

  Buffer tail_;
  std::size_t seen_ = 0;
  Usage early_;
  bool events_ = false;
  bool first_token_ = false;
};

}  // namespace shunt::host::front
