// SPDX-License-Identifier: Apache-2.0
// What becomes of a request after its decision: counted here, told to observers by the keeper.
#include "live/desk.hpp"
#include "live/live_host.hpp"
#include "live/log.hpp"

#include <shunt/framework/live_counters.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace shunt::host {

namespace {

std::uint32_t cause_of(Ending ending, bool dispatched) {
  switch (ending) {
    case Ending::Completed:
    case Ending::Answered: return SHUNT_CAUSE_NATURAL;
    case Ending::Cancelled: return SHUNT_CAUSE_CLIENT_GONE;
    // One that was sent to an endpoint which failed, and then found no other.
    case Ending::Rejected: return dispatched ? SHUNT_CAUSE_ERROR : SHUNT_CAUSE_REJECTED;
    case Ending::Failed: break;
  }
  return SHUNT_CAUSE_ERROR;
}

}  // namespace

void Desk::report_dispatched(Passage& passage, std::size_t target) noexcept {
  Passage::Books& books = passage.books;
  const Target& to = passage.targets[target];
  if (books.counted && books.counted_slot != to.live_slot) {
    LiveCounters& live = host_.keeper().live();
    live.add(to.live_slot, 1, books.counted_tokens);
    live.add(std::exchange(books.counted_slot, to.live_slot), -1, -books.counted_tokens);
  }
  if (books.dispatches++ != 0) raise_own(counts_.retries);
  books.endpoint = to.key;
  books.dispatched_ns = host_.clock().now_ns();
  if (books.wants == 0) return;
  if (books.unused.empty()) books.unused.emplace_back();
  books.unused.front() = to.name;
  books.names.splice(books.names.end(), books.unused, books.unused.begin());
  books.endpoint_name = books.names.back();
  hold_or_send(passage, SHUNT_EVENT_DISPATCHED, books.dispatched_ns);
}

void Desk::report_attempt_failed(Passage& passage) noexcept {
  Passage::Books& books = passage.books;
  books.failed.push_back(books.endpoint);
  Letter letter;
  letter.kind = Letter::Kind::FailedAttempt;
  letter.event.endpoint = books.endpoint;
  mail(letter);
  if (observed(passage, SHUNT_EVENT_ATTEMPT_FAILED)) {
    hold_or_send(passage, SHUNT_EVENT_ATTEMPT_FAILED, host_.clock().now_ns());
  }
}

void Desk::report_response_started(Passage& passage, std::uint32_t http_status) noexcept {
  no_more_decisions(passage);
  if (!observed(passage, SHUNT_EVENT_RESPONSE_STARTED)) return;
  shunt_event event = event_of(passage, SHUNT_EVENT_RESPONSE_STARTED, host_.clock().now_ns());
  event.present |= SHUNT_EVENT_HTTP_STATUS;
  event.http_status = http_status;
  send(passage, event);
}

void Desk::report_first_token(Passage& passage) noexcept {
  Passage::Books& books = passage.books;
  if (books.first_token_ns != 0) return;
  no_more_decisions(passage);
  books.first_token_ns = host_.clock().now_ns();
  counts_.first_token.add(books.first_token_ns - books.dispatched_ns);
  if (!observed(passage, SHUNT_EVENT_FIRST_TOKEN)) return;
  shunt_event event = event_of(passage, SHUNT_EVENT_FIRST_TOKEN, books.first_token_ns);
  event.present |= SHUNT_EVENT_TTFT;
  event.ttft_ns = books.first_token_ns - books.dispatched_ns;
  send(passage, event);
}

void Desk::complete(Passage& passage, const Completion& completion) noexcept {
  Passage::Books& books = passage.books;
  const std::int64_t now_ns = host_.clock().now_ns();
  uncount(passage);
  no_more_decisions(passage);
  std::int64_t tpot_ns = 0;
  const Usage& usage = completion.usage;
  if (const auto& tokens = usage.output_tokens ? usage.output_tokens : completion.streamed_tokens;
      books.first_token_ns != 0 && tokens && *tokens > 1) {
    const auto gaps = static_cast<std::int64_t>(std::min<std::uint64_t>(*tokens - 1, INT64_MAX));
    tpot_ns = (now_ns - books.first_token_ns) / gaps;
  }
  count_end(passage, completion, now_ns, tpot_ns);
  if (request_log_enabled()) log(passage, completion, now_ns);
  if (observed(passage, SHUNT_EVENT_COMPLETED)) send(passage, completed_event(passage, completion, now_ns, tpot_ns));
  if (books.mailed) {
    mail({Letter::Kind::Return, &passage, {}, nullptr});
  } else {
    recycle(passage);
  }
}

void Desk::log(const Passage& passage, const Completion& completion, std::int64_t now_ns) const {
  const Passage::Books& books = passage.books;
  RequestLine line;
  line.id = passage.request.id;
  line.decision = passage.decision_id;
  line.door = door_;
  line.path = passage.request.path;
  line.model = passage.request.model;
  line.endpoint = books.endpoint_name;
  line.outcome = to_string(completion.ending);
  line.code = completion.code;
  line.http_status = completion.http_status;
  line.attempts = books.dispatches;
  line.decision_ns = books.decision_ns;
  if (books.first_token_ns != 0) line.first_token_ns = books.first_token_ns - books.dispatched_ns;
  line.duration_ns = now_ns - passage.request.arrival_ns;
  line.prompt_tokens = completion.usage.prompt_tokens;
  line.cached_tokens = completion.usage.cached_tokens;
  line.output_tokens = completion.usage.output_tokens;
  log_request(line);
}

void Desk::refuse(const Completion& completion) noexcept {
  raise_own(counts_.begun);
  counts_.count(completion.ending, completion.code);
  if (!request_log_enabled()) return;
  RequestLine line;
  line.door = door_;
  line.outcome = to_string(completion.ending);
  line.code = completion.code;
  line.http_status = completion.http_status;
  log_request(line);
}

void Desk::count_end(const Passage& passage, const Completion& completion, std::int64_t now_ns, std::int64_t tpot_ns) {
  const Usage& usage = completion.usage;
  raise_own(counts_.prompt_tokens, usage.prompt_tokens.value_or(0));
  raise_own(counts_.cached_tokens, usage.cached_tokens.value_or(0));
  raise_own(counts_.output_tokens, usage.output_tokens.value_or(0));
  counts_.duration.add(now_ns - passage.request.arrival_ns);
  if (tpot_ns != 0) counts_.output_token.add(tpot_ns);
  counts_.count(completion.ending, completion.code);
  lanes_.count_end(passage, completion);
}

shunt_event Desk::completed_event(const Passage& passage, const Completion& completion, std::int64_t now_ns,
                                  std::int64_t tpot_ns) const {
  const Passage::Books& books = passage.books;
  shunt_event event = event_of(passage, SHUNT_EVENT_COMPLETED, now_ns);
  event.cause = cause_of(completion.ending, books.dispatches != 0);
  const auto set = [&event](std::uint32_t bit, auto& to, const auto& value) {
    if (!value) return;
    event.present |= bit;
    to = *value;
  };
  const auto if_any = [](auto number, auto value) { return number == 0 ? std::nullopt : std::optional(value); };
  const Usage& usage = completion.usage;
  set(SHUNT_EVENT_PROMPT_TOKENS, event.prompt_tokens, usage.prompt_tokens);
  set(SHUNT_EVENT_CACHED_TOKENS, event.cached_tokens, usage.cached_tokens);
  set(SHUNT_EVENT_OUTPUT_TOKENS, event.output_tokens, usage.output_tokens);
  set(SHUNT_EVENT_HTTP_STATUS, event.http_status, if_any(completion.http_status, completion.http_status));
  set(SHUNT_EVENT_TTFT, event.ttft_ns, if_any(books.first_token_ns, books.first_token_ns - books.dispatched_ns));
  set(SHUNT_EVENT_TPOT, event.tpot_ns, if_any(tpot_ns, tpot_ns));
  set(SHUNT_EVENT_DURATION, event.duration_ns, if_any(books.dispatched_ns, now_ns - books.dispatched_ns));
  return event;
}

bool Desk::observed(const Passage& passage, std::uint32_t type) const {
  return (passage.books.wants & SHUNT_EVENT_BIT(type)) != 0;
}

shunt_event Desk::event_of(const Passage& passage, std::uint32_t type, std::int64_t now_ns) const {
  const Passage::Books& books = passage.books;
  shunt_event event{};
  event.size = sizeof event;
  event.type = type;
  event.time_ns = now_ns;
  event.endpoint = books.endpoint;
  event.endpoint_name = {books.endpoint_name.data(), books.endpoint_name.size()};
  event.request = &passage.request.raw();
  event.attempt = passage.request.attempt;
  event.profile = books.profile;
  return event;
}

void Desk::hold_or_send(Passage& passage, std::uint32_t type, std::int64_t now_ns) {
  if (!observed(passage, type)) return;
  Passage::Books& books = passage.books;
  books.held.push_back({type, now_ns, books.endpoint, books.endpoint_name, passage.request.attempt, books.profile});
  if (!passage.may_be_decided_again) no_more_decisions(passage);
}

void Desk::no_more_decisions(Passage& passage) {
  passage.may_be_decided_again = false;
  Passage::Books& books = passage.books;
  for (; books.sent < books.held.size(); ++books.sent) {
    const HeldEvent& held = books.held[books.sent];
    shunt_event event = event_of(passage, held.type, held.time_ns);
    event.endpoint = held.endpoint;
    event.endpoint_name = {held.endpoint_name.data(), held.endpoint_name.size()};
    event.attempt = held.attempt;
    event.profile = held.profile;
    send(passage, event);
  }
}

void Desk::send(Passage& passage, const shunt_event& event) {
  passage.books.mailed = true;
  mail({Letter::Kind::Event, &passage, event, nullptr});
}

void Desk::mail(const Letter& letter) {
  if (mailbox_->send(letter)) host_.wake_keeper(mailbox_);
}

}  // namespace shunt::host
