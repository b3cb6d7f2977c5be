// SPDX-License-Identifier: Apache-2.0
// message_head.hpp: the head of an HTTP/1.1 message and the reading of messages: Beast's parser, strict where two readers of one
// message could disagree, with the fields in one piece of memory and the body handed on where it lies.
//
//   RequestReader reader(fields, limit);
//   std::size_t used = reader.put(wire.input(), error);
//   if (reader.is_header_done()) look_at(fields);
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::host::front {

namespace http = boost::beast::http;
using boost::system::error_code;

// "a" and "A" are the same.
bool same_name(std::string_view a, std::string_view b) noexcept;
// True where one of the comma-separated tokens of `list` is `token`.
bool has_token(std::string_view list, std::string_view token) noexcept;
std::string_view trimmed(std::string_view text) noexcept;

// Keeps its memory when it is cleared.
class HeadFields {
 public:
  struct Field {
    http::field id;
    std::uint32_t name;
    std::uint32_t name_size;
    std::uint32_t value;
    std::uint32_t value_size;
  };

  void clear() noexcept {
    text_.clear();
    fields_.clear();
    target_size_ = method_size_ = 0;
  }
  // Replaces what was there. `target` of a response is its reason phrase.
  void start(std::string_view method, std::string_view target);
  void add(http::field id, std::string_view name, std::string_view value);

  std::string_view method() const noexcept { return std::string_view(text_).substr(0, method_size_); }
  std::string_view target() const noexcept { return std::string_view(text_).substr(method_size_, target_size_); }
  const std::vector<Field>& all() const noexcept { return fields_; }
  std::string_view name(const Field& field) const noexcept { return {text_.data() + field.name, field.name_size}; }
  std::string_view value(const Field& field) const noexcept { return {text_.data() + field.value, field.value_size}; }
  // Empty where there is none; the first one.
  std::string_view find(http::field id) const noexcept;
  std::string_view find(std::string_view name) const noexcept;
  std::size_t count(http::field id) const noexcept;

 private:
  std::string text_;
  std::size_t method_size_ = 0;
  std::size_t target_size_ = 0;
  std::vector<Field> fields_;
};

// Why a message cannot be taken, beyond what the parser says.
const char* problem_of_head(const HeadFields& fields, bool http11, bool request) noexcept;
// A line that continues the one before, which not all readers join. `head` is the whole head as it came in.
bool has_folded_line(std::string_view head) noexcept;

// The parts of a body that one put() found, moved together in the memory that they were found in.
class BodyPiece {
 public:
  void add(const char* data, std::size_t size) noexcept;
  void clear() noexcept { size_ = 0; }
  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// The input of put() is the caller's own memory, and may be rearranged.
template <bool kRequest>
class MessageReader final : public http::basic_parser<kRequest> {
  using Base = http::basic_parser<kRequest>;

 public:
  MessageReader(HeadFields& fields, std::uint32_t header_limit) : fields_(fields) {
    this->header_limit(header_limit);
    this->body_limit(boost::none);
    fields_.clear();
  }

  bool http11() const noexcept { return http11_; }
  unsigned status() const noexcept { return status_; }
  http::verb method() const noexcept { return method_; }
  BodyPiece& piece() noexcept { return piece_; }
  std::uint64_t body_bytes() const noexcept { return body_bytes_; }
  // Chunks that ended where an event of a stream does, at an empty line.
  std::uint64_t event_ends() const noexcept { return event_ends_; }

 private:
  using text = boost::beast::string_view;
  static std::string_view std_view(text view) noexcept { return {view.data(), view.size()}; }

  void on_request_impl(http::verb method, text name, text target, int version, error_code&) override {
    method_ = method;
    http11_ = version == 11;
    fields_.start(std_view(name), std_view(target));
  }
  void on_response_impl(int status, text reason, int version, error_code&) override {
    status_ = static_cast<unsigned>(status);
    http11_ = version == 11;
    fields_.start({}, std_view(reason));
  }
  void on_field_impl(http::field id, text name, text value, error_code&) override {
    if (!header_done_) fields_.add(id, std_view(name), std_view(value));  // trailers say nothing that is passed on
  }
  void on_header_impl(error_code&) override { header_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text body, error_code&) override {
    piece_.add(body.data(), body.size());
    body_bytes_ += body.size();
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t left, text body, error_code&) override {
    if (body.empty()) return 0;
    if (left == body.size() && ends_event(std_view(body))) ++event_ends_;
    last_ = body.back();
    piece_.add(body.data(), body.size());
    body_bytes_ += body.size();
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
  bool ends_event(std::string_view body) const noexcept {
    if (body.size() == 1) return body[0] == '\n' && last_ == '\n';
    return body.ends_with("\n\n") || body.ends_with("\r\n\r\n");
  }

  HeadFields& fields_;
  BodyPiece piece_;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t event_ends_ = 0;
  char last_ = 0;  // of the body
  http::verb method_ = http::verb::unknown;
  unsigned status_ = 0;
  bool http11_ = true;
  bool header_done_ = false;
};

using RequestReader = MessageReader<true>;
using ResponseReader = MessageReader<false>;

}  // namespace shunt::host::front
