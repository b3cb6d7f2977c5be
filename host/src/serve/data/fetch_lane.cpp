// SPDX-License-Identifier: Apache-2.0
#include "data/fetch_lane.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace shunt::host {

namespace asio = boost::asio;

std::optional<HostPort> parse_address(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view digits = address.substr(colon + 1);
  HostPort out;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (problem != std::errc() || end != digits.data() + digits.size() || out.port == 0) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') != host.ends_with(']')) return std::nullopt;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return std::nullopt;
  out.host = host;
  return out;
}

FetchLane::FetchLane(FetchSurroundings& surroundings, HostPort to, bool secured)
    : around_(surroundings), to_(std::move(to)), secured_(secured), reader_(surroundings.spare), deadline_(*this) {
  boost::system::error_code problem;
  const auto address = asio::ip::make_address(to_.host, problem);
  numeric_ = !problem;
  if (numeric_) address_ = address;
}

void FetchLane::submit(FetchTask& task) {
  waiting_.push_back(&task);
  begin_next();
}

void FetchLane::submit_first(FetchTask& task) {
  waiting_.push_front(&task);
  begin_next();
}

void FetchLane::forget(const FetchTask& task) {
  std::erase(waiting_, &task);
  if (task_ != &task) return;
  task_ = nullptr;
  TimerWheel::disarm(deadline_);
  reader_.release();
  hang_up();
  begin_next();
}

void FetchLane::close() {
  waiting_.clear();
  task_ = nullptr;
  TimerWheel::disarm(deadline_);
  reader_.release();
  hang_up();
}

void FetchLane::hang_up() {
  if (polled_ != 0) around_.poll.remove(std::exchange(polled_, 0));
  channel_.close();
  ++connection_;
  state_ = State::Closed;
  used_before_ = false;
}

void FetchLane::begin_next() {
  if (task_ != nullptr || answering_ || waiting_.empty()) return;
  task_ = waiting_.front();
  waiting_.pop_front();
  retried_ = false;
  began_ns_ = around_.clock.now_ns();
  around_.wheel.arm(deadline_, began_ns_ + task_->timeout_ns());
  open();
}

void FetchLane::open() {
  reader_.begin(around_.page_bytes);
  unsent_ = task_->request();
  if (state_ == State::Idle) return write();
  address_ ? connect() : look_up();
}

void FetchLane::look_up() {
  state_ = State::LookingUp;
  around_.lookup.look_up(to_.host, [lane = weak_from_this(), connection = connection_](const auto& found) {
    const auto self = lane.lock();
    if (!self || self->connection_ != connection || self->state_ != State::LookingUp) return;
    if (!found) return self->finish(FetchResult::Unresolved, found.error().message);
    self->address_ = *found;
    self->connect();
  });
}

void FetchLane::connect() {
  state_ = State::Connecting;
  around_.counts.connections.fetch_add(1, std::memory_order_relaxed);
  const auto step = channel_.connect({*address_, to_.port}, secured_ ? &around_.access : nullptr, to_.host);
  if (channel_.descriptor() >= 0) polled_ = around_.poll.add(channel_.descriptor(), *this);
  connected(step);
}

void FetchLane::connected(Channel::Step step) {
  switch (step) {
    case Channel::Step::Done: return write();
    case Channel::Step::WaitToRead:
    case Channel::Step::WaitToWrite: return;
    case Channel::Step::Ended: return broke(FetchResult::Tls, "the connection was closed during the TLS handshake");
    case Channel::Step::FailedTls: return broke(FetchResult::Tls, channel_.problem());
    case Channel::Step::Failed: break;
  }
  if (!numeric_) address_.reset();  // the name may lead elsewhere by now
  broke(FetchResult::Refused, channel_.problem());
}

void FetchLane::write() {
  state_ = State::Writing;
  switch (channel_.write(unsent_)) {
    case Channel::Step::Done: break;
    case Channel::Step::WaitToRead:
    case Channel::Step::WaitToWrite: return;
    default: return broke(FetchResult::Broken, channel_.problem());
  }
  state_ = State::Reading;
}

// With `ended` up to the end: nobody tells of it once more.
void FetchLane::read(bool ended) {
  for (;;) {
    std::size_t n = 0;
    switch (channel_.read(around_.received, n)) {
      case Channel::Step::Done: break;
      case Channel::Step::WaitToRead:
      case Channel::Step::WaitToWrite: return;
      case Channel::Step::Ended:
        if (reader_.started() && reader_.end_of_stream() == ResponseReader::Step::Done)
          return take(ResponseReader::Step::Done);
        return broke(FetchResult::Broken, reader_.started() ? "the connection ended in the middle of the response"
                                                            : "the connection ended without a response");
      default: return broke(FetchResult::Broken, channel_.problem());
    }
    const auto step = reader_.feed({around_.received.data(), n});
    if (step != ResponseReader::Step::More) return take(step);
    // Of what else is on the way the poll tells; trying at once would fail most of the time.
    if (n < around_.received.size() && !around_.access.tls && !ended) return;
  }
}

void FetchLane::read_idle() {
  std::size_t n = 0;
  if (channel_.read(around_.received, n) != Channel::Step::WaitToRead)
    hang_up();  // closed, or something that nobody asked for
}

void FetchLane::ready(bool ended) {
  const auto alive = shared_from_this();
  switch (state_) {
    case State::Connecting: return connected(channel_.go_on());
    case State::Writing: return write();
    case State::Reading:
      read(ended);
      if (ended && state_ == State::Idle) hang_up();  // a farewell right behind the response
      return;
    case State::Idle: return read_idle();
    case State::Closed:
    case State::LookingUp: return;
  }
}

void FetchLane::take(ResponseReader::Step step) {
  switch (step) {
    case ResponseReader::Step::Malformed: return finish(FetchResult::Malformed, "the response is not HTTP");
    case ResponseReader::Step::TooLarge: return finish(FetchResult::TooLarge, "the response is too large");
    default: break;
  }
  if (reader_.status() >= 200 && reader_.status() <= 299) return finish(FetchResult::Good, {});
  finish(FetchResult::Status, "HTTP status " + std::to_string(reader_.status()));
}

void FetchLane::timed_out(std::int64_t) { finish(FetchResult::TimedOut, "no complete response in time"); }

void FetchLane::broke(FetchResult result, std::string_view problem) {
  if (!used_before_ || reader_.started() || retried_) return finish(result, problem);
  // The server had closed the connection before it could know of this request.
  retried_ = true;
  around_.counts.retries.fetch_add(1, std::memory_order_relaxed);
  hang_up();
  open();
}

void FetchLane::finish(FetchResult result, std::string_view problem) {
  if (task_ == nullptr) return;
  const auto alive = shared_from_this();
  TimerWheel::disarm(deadline_);
  FetchTask& task = *std::exchange(task_, nullptr);
  FetchAnswer answer{.result = result, .problem = problem, .began_ns = began_ns_, .ended_ns = around_.clock.now_ns()};
  const bool complete = result == FetchResult::Good || result == FetchResult::Status;
  if (complete) {
    answer.http_status = reader_.status();
    answer.content_type = reader_.content_type();
    answer.body = reader_.body();
  }
  const std::string kept_problem(problem);  // hanging up may take the original
  answer.problem = kept_problem;
  if (complete && reader_.keeps_alive()) {
    state_ = State::Idle;
    used_before_ = true;
  } else {
    hang_up();
  }
  answering_ = true;  // the next one waits until the body is no longer needed
  task.answered(answer);
  answering_ = false;
  reader_.release();
  begin_next();
}

}  // namespace shunt::host
