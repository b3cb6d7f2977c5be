// SPDX-License-Identifier: Apache-2.0
#include "data/response_reader.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <optional>
#include <utility>

namespace shunt::host {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastText = boost::beast::string_view;

namespace {

constexpr std::uint32_t kHeaderLimit = 64u << 10;

}  // namespace

// Beast's parser without its containers: nothing is allocated for a response.
class ResponseReader::Parser {
 public:
  explicit Parser(ResponseReader& reader) : owner(reader) {}
  void begin(std::uint64_t body_limit) {
    message.emplace(*this);
    message->eager(true);
    message->header_limit(kHeaderLimit);
    message->body_limit(body_limit);
  }

  class Message final : public http::basic_parser<false> {
   public:
    explicit Message(Parser& parser) : parser_(parser) {}

   private:
    void on_request_impl(http::verb, BeastText, BeastText, int, error_code&) override {}
    void on_response_impl(int code, BeastText, int, error_code&) override {
      parser_.owner.status_ = static_cast<std::uint32_t>(code);
    }
    void on_field_impl(http::field name, BeastText, BeastText value, error_code&) override {
      if (name == http::field::content_type) parser_.owner.content_type_.assign(value.data(), value.size());
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(BeastText body, error_code&) override {
      parser_.owner.add_body({body.data(), body.size()});
      return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, BeastText, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastText body, error_code&) override {
      parser_.owner.add_body({body.data(), body.size()});
      return body.size();
    }
    void on_finish_impl(error_code&) override {}

    Parser& parser_;
  };

  ResponseReader& owner;
  std::optional<Message> message;
};

ResponseReader::ResponseReader(SpareBodies& spare) : spare_(spare), parser_(std::make_unique<Parser>(*this)) {}
ResponseReader::~ResponseReader() = default;

void ResponseReader::begin(std::uint64_t body_limit) {
  release();
  body_limit_ = body_limit;
  status_ = 0;
  keeps_alive_ = false;
  started_ = false;
  content_type_.clear();
  unread_.clear();
  parser_->begin(body_limit);
}

ResponseReader::Step ResponseReader::feed(std::string_view bytes) {
  started_ = started_ || !bytes.empty();
  if (unread_.empty()) {
    const Step step = read(bytes);
    if (step == Step::More) {
      unread_.assign(bytes);
      keep_piece();
    }
    return step;
  }
  unread_.append(bytes);
  std::string_view rest = unread_;
  const Step step = read(rest);
  keep_piece();
  if (step == Step::More) unread_.erase(0, unread_.size() - rest.size());
  return step;
}

ResponseReader::Step ResponseReader::read(std::string_view& bytes) {
  for (;;) {
    auto& message = *parser_->message;
    error_code problem;
    while (!bytes.empty() && !message.is_done()) {
      const std::size_t used = message.put(boost::asio::const_buffer(bytes.data(), bytes.size()), problem);
      bytes.remove_prefix(used);
      if (problem == http::error::need_more) return Step::More;
      if (problem == http::error::body_limit || problem == http::error::header_limit) return Step::TooLarge;
      if (problem) return Step::Malformed;
    }
    if (!message.is_done()) return Step::More;
    if (status_ < 200 && status_ != 101) {  // an interim response: the one that counts follows
      content_type_.clear();
      parser_->begin(body_limit_);
      continue;
    }
    keeps_alive_ = message.keep_alive() && bytes.empty();
    return Step::Done;
  }
}

ResponseReader::Step ResponseReader::end_of_stream() {
  auto& message = *parser_->message;
  if (!started_ || !message.is_header_done() || !message.need_eof()) return Step::Malformed;
  error_code problem;
  message.put_eof(problem);
  return problem ? Step::Malformed : Step::Done;
}

void ResponseReader::add_body(std::string_view piece) {
  if (piece.empty()) return;
  if (piece_.empty() && whole_.empty()) {
    piece_ = piece;
    return;
  }
  keep_piece();
  whole_.append(piece);
}

void ResponseReader::keep_piece() {
  if (piece_.empty()) return;
  if (whole_.empty()) whole_ = spare_.take();
  whole_.append(piece_);
  piece_ = {};
}

void ResponseReader::release() {
  piece_ = {};
  if (!whole_.empty()) spare_.give(std::exchange(whole_, {}));
}

}  // namespace shunt::host
