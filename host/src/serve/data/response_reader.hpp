// SPDX-License-Identifier: Apache-2.0
// response_reader.hpp: reads one HTTP response out of the bytes of a connection. A body that comes in one piece is handed out
// where it lies; only one that comes in several is put together.
//
//   reader.begin(limit);
//   if (reader.feed(bytes) == ResponseReader::Step::Done) use(reader.status(), reader.body());
//   reader.release();
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::host {

// Memory for bodies that are put together, shared by all readers of a thread: few are at it at the same time.
class SpareBodies {
 public:
  std::string take() {
    if (spare_.empty()) return {};
    std::string out = std::move(spare_.back());
    spare_.pop_back();
    return out;
  }
  void give(std::string body) {
    if (spare_.size() >= kKept) return;
    body.clear();
    spare_.push_back(std::move(body));
  }

 private:
  static constexpr std::size_t kKept = 16;
  std::vector<std::string> spare_;
};

class ResponseReader {
 public:
  enum class Step {
    More,       // goes on with the next bytes
    Done,       //
    Malformed,  // this is not HTTP
    TooLarge    // header or body exceed their limit
  };

  explicit ResponseReader(SpareBodies& spare);
  ~ResponseReader();
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;

  // Forgets everything.
  void begin(std::uint64_t body_limit);
  // After Done and anything but More, begin() comes next.
  Step feed(std::string_view bytes);
  // The other side has ended its stream: Done where that ends the body, Malformed where it comes too early.
  Step end_of_stream();

  // Valid after Done, until the bytes given to feed() change, or release() is called.
  std::uint32_t status() const noexcept { return status_; }
  std::string_view content_type() const noexcept { return content_type_; }
  std::string_view body() const noexcept { return whole_.empty() ? piece_ : whole_; }
  // Whether the connection can be used once more.
  bool keeps_alive() const noexcept { return keeps_alive_; }
  // Something has come at all.
  bool started() const noexcept { return started_; }
  // Gives the memory of the body back.
  void release();

 private:
  class Parser;
  Step read(std::string_view& bytes);
  void add_body(std::string_view piece);
  void keep_piece();

  SpareBodies& spare_;
  std::unique_ptr<Parser> parser_;
  std::uint64_t body_limit_ = 0;
  std::uint32_t status_ = 0;
  bool keeps_alive_ = false;
  bool started_ = false;
  std::string content_type_;
  std::string_view piece_;  // the body, as far as it is one piece of the bytes just fed
  std::string whole_;       // the body, where it is more than that
  std::string unread_;      // the beginning of a line whose end has not come
};

}  // namespace shunt::host
