// SPDX-License-Identifier: Apache-2.0
#include "live/desk.hpp"

#include <shunt/framework/instance.hpp>
#include <shunt/framework/live_counters.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <new>
#include <utility>

#include "live/live_host.hpp"
#include "live/log.hpp"

namespace shunt::host {

namespace {

// A prompt of many megabytes is not kept for the next request.
constexpr std::size_t kKeptBytes = 64 << 10;
constexpr std::int64_t kSecondNs = 1'000'000'000;
// Rejections are rarer and matter more: of them so many times as many are remembered, though without explanation.
constexpr std::uint32_t kRejectionsPerExplained = 4;

void replace_port(std::string& address, std::string_view port) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return;
  address.resize(colon + 1);
  address.append(port);
}

std::string_view target_port(const Decision& decision) {
  for (const Annotation& note : decision.annotations) {
    if (note.kind == SHUNT_NOTE_TARGET_PORT && !note.removes) return note.text;
  }
  return {};
}

void shrink(std::string& text) {
  if (text.capacity() > kKeptBytes) std::string().swap(text);
}

std::int64_t clamped(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, INT64_MAX));
}

}  // namespace

Desk::Desk(LiveHost& host, std::string_view door, std::shared_ptr<Mailbox> mailbox, RequestCounts::Cell& counts)
    : host_(host),
      door_(door),
      mailbox_(std::move(mailbox)),
      counts_(counts),
      worker_(host.scheduler()),
      pictures_(host.keeper().pictures()) {}

Desk::~Desk() { host_.close_desk(*this); }

Passage* Desk::open() noexcept {
  try {
    Passage* passage = nullptr;
    if (!spare_.empty()) {
      passage = spare_.back();
      spare_.pop_back();
    } else if ((passage = mailbox_->take_back()) != nullptr) {
      recycle(*passage);
      spare_.pop_back();
    } else {
      passage = mailbox_->make_passage();
      spare_.reserve(++passages_);  // so that a request that ends needs no memory
    }
    passage->request.number = host_.next_number();
    passage->request.arrival_ns = host_.clock().now_ns();
    counts_.begun.store(counts_.begun.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return passage;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void Desk::decide(Passage& passage) noexcept {
  try {
    decide_now(passage);
  } catch (const std::exception& error) {
    // Only memory can run out here; the request must end all the same.
    uncount(passage);
    passage.targets.clear();
    passage.rejection.http_status = 500;
    try {
      passage.rejection.code = "internal-error";
      passage.rejection.reason = error.what();
    } catch (...) {
      passage.rejection.reason.clear();
    }
  }
}

void Desk::decide_now(Passage& passage) {
  uncount(passage);
  Passage::Books& books = passage.books;
  if (!books.failed.empty()) {
    ++passage.request.attempt;
    passage.request.excluded = books.failed;
  }
  const std::shared_ptr<const PoolPicture>& picture = pictures_.get();
  const std::int64_t now_ns = host_.clock().now_ns();
  ScheduleOptions options;
  options.now_ns = now_ns;
  options.seed = host_.seed();
  options.fallbacks = host_.settings().serve.fallbacks;
  options.timings = true;
  if (picture->routable) options.subset = *picture->routable;

  std::unique_ptr<ExplainedDecision> explained;
  if (wants_explanation(now_ns)) {
    explained = begin_explanation(passage, *picture);
    options.trace = options.scores = true;
    explained->picture = picture;
    explained->now_ns = now_ns;
    explained->seed = options.seed;
    explained->fallbacks = options.fallbacks;
  }
  Decision& decision = explained ? explained->decision : decision_;
  host_.scheduler().schedule(worker_, *picture->snapshot, passage.request, options, decision);
  take_over(passage, decision, *picture->snapshot);

  const auto raise = [](std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  };
  raise(counts_.decisions);
  if (!decision.dispatched()) raise(counts_.rejected_decisions);
  books.decision_ns = clamped(decision.duration_ns);
  counts_.decision.add(books.decision_ns);
  if (explained) {
    describe(passage, decision, explained->record);
    explained->generation = worker_.generation();
    mail({Letter::Kind::Explained, nullptr, {}, explained.release()});
  } else if (!decision.dispatched() &&
             rejections_ < host_.settings().admin.decisions.explained_per_second * kRejectionsPerExplained) {
    ++rejections_;
    DecisionRecord record;
    describe(passage, decision, record);
    host_.decisions().add(std::move(record));
  }
}

// Copies what the request's further way needs; the decision itself, and the snapshot, are left behind.
void Desk::take_over(Passage& passage, const Decision& decision, const Snapshot& snapshot) {
  Passage::Books& books = passage.books;
  if (worker_.generation() != generation_) {
    generation_ = worker_.generation();
    wants_ = 0;
    if (generation_ == nullptr) return;
    for (const auto& instance : generation_->instances()) {
      if (instance->observer != nullptr && instance->observer->events != nullptr) wants_ |= instance->observer->wants;
    }
  }
  books.generation = generation_;
  books.wants = wants_;
  books.profile = decision.primary_profile;
  char id[40];
  const int length = std::snprintf(id, sizeof id, passage.request.attempt == 0 ? "%016llx" : "%016llx-%u",
                                   static_cast<unsigned long long>(host_.decision_base() + passage.request.number),
                                   passage.request.attempt);
  passage.decision_id.assign(id, static_cast<std::size_t>(length));
  passage.annotations.assign(decision.annotations.begin(), decision.annotations.end());
  if (!decision.dispatched()) {
    passage.targets.clear();
    passage.rejection.http_status = decision.http_status == 0 ? 500 : decision.http_status;
    passage.rejection.code = decision.code;
    passage.rejection.reason = decision.reason;
    return;
  }
  passage.rejection.http_status = 0;
  passage.rejection.code.clear();
  passage.rejection.reason.clear();
  passage.targets.resize(decision.picks.size() + decision.fallbacks.size());
  const std::string_view port = target_port(decision);
  for (std::size_t i = 0; i < passage.targets.size(); ++i) {
    const std::uint32_t row =
        i < decision.picks.size() ? decision.picks[i] : decision.fallbacks[i - decision.picks.size()];
    Target& target = passage.targets[i];
    target.key = snapshot.keys()[row];
    target.live_slot = snapshot.live_slot(row);
    target.name = snapshot.name(row);
    target.address = snapshot.address(row);
    if (!port.empty()) replace_port(target.address, port);
  }
  books.counted = true;
  books.counted_slot = passage.targets.front().live_slot;
  books.counted_tokens = decision.counted_tokens;
}

bool Desk::wants_explanation(std::int64_t now_ns) {
  const DecisionRecordSettings& settings = host_.settings().admin.decisions;
  if (settings.keep == 0) return false;
  if (const std::int64_t second = now_ns / kSecondNs; second != second_) {
    second_ = second;
    explained_ = rejections_ = 0;
  }
  if (explained_ >= settings.explained_per_second) return false;
  ++explained_;
  return true;
}

std::unique_ptr<ExplainedDecision> Desk::begin_explanation(const Passage& passage, const PoolPicture& picture) {
  auto explained = std::make_unique<ExplainedDecision>();
  explained->wants_bundle = host_.settings().admin.decisions.bundles > 0;
  if (explained->wants_bundle) {
    explained->request = passage.request;
    const Snapshot& snapshot = *picture.snapshot;
    for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
      const std::uint32_t slot = snapshot.live_slot(row);
      explained->live.emplace_back(snapshot.live().in_flight(slot), snapshot.live().in_flight_tokens(slot));
    }
  } else {
    explained->request.id = passage.request.id;
  }
  return explained;
}

void Desk::describe(const Passage& passage, const Decision& decision, DecisionRecord& record) const {
  record.id = passage.decision_id;
  record.wall_ns = host_.clock().wall_ns();
  record.door = door_;
  record.request_id = passage.request.id;
  record.model = passage.request.model;
  record.path = passage.request.path;
  record.attempt = passage.request.attempt;
  record.dispatched = decision.dispatched();
  if (!passage.targets.empty()) record.endpoint = passage.targets.front().name;
  if (decision.primary_profile != SHUNT_NONE) record.profile = generation_->profile_name(decision.primary_profile);
  record.http_status = passage.rejection.http_status;
  record.code = passage.rejection.code;
  record.reason = decision.reason;
  record.duration_ns = decision.duration_ns;
  record.generation = decision.generation;
}

void Desk::uncount(Passage& passage) {
  Passage::Books& books = passage.books;
  if (!books.counted) return;
  books.counted = false;
  host_.keeper().live().add(books.counted_slot, -1, -books.counted_tokens);
}

void Desk::report_dispatched(Passage& passage, std::size_t target) noexcept {
  Passage::Books& books = passage.books;
  const Target& to = passage.targets[target];
  if (books.counted && books.counted_slot != to.live_slot) {
    uncount(passage);
    host_.keeper().live().add(to.live_slot, 1, books.counted_tokens);
    books.counted_slot = to.live_slot;
    books.counted = true;
  }
  if (books.dispatches++ != 0)
    counts_.retries.store(counts_.retries.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  books.endpoint = to.key;
  books.endpoint_name = to.name;
  books.dispatched_ns = host_.clock().now_ns();
  tell(passage, SHUNT_EVENT_DISPATCHED, books.dispatched_ns);
}

void Desk::report_attempt_failed(Passage& passage) noexcept {
  Passage::Books& books = passage.books;
  books.failed.push_back(books.endpoint);
  Letter letter;
  letter.kind = Letter::Kind::FailedAttempt;
  letter.event.endpoint = books.endpoint;
  mail(letter);
  tell(passage, SHUNT_EVENT_ATTEMPT_FAILED, host_.clock().now_ns());
}

void Desk::report_response_started(Passage& passage, std::uint32_t http_status) noexcept {
  passage.may_be_decided_again = false;
  if (!observed(passage, SHUNT_EVENT_RESPONSE_STARTED)) return send_held(passage);
  send_held(passage);
  Letter letter{Letter::Kind::Event, &passage, event_of(passage, SHUNT_EVENT_RESPONSE_STARTED, host_.clock().now_ns()),
                nullptr};
  letter.event.present |= SHUNT_EVENT_HTTP_STATUS;
  letter.event.http_status = http_status;
  passage.books.mailed = true;
  mail(letter);
}

void Desk::report_first_token(Passage& passage) noexcept {
  Passage::Books& books = passage.books;
  if (books.first_token_ns != 0) return;
  books.first_token_ns = host_.clock().now_ns();
  counts_.first_token.add(books.first_token_ns - books.dispatched_ns);
  if (!observed(passage, SHUNT_EVENT_FIRST_TOKEN)) return;
  Letter letter{Letter::Kind::Event, &passage, event_of(passage, SHUNT_EVENT_FIRST_TOKEN, books.first_token_ns),
                nullptr};
  letter.event.present |= SHUNT_EVENT_TTFT;
  letter.event.ttft_ns = books.first_token_ns - books.dispatched_ns;
  books.mailed = true;
  mail(letter);
}

void Desk::complete(Passage& passage, const Completion& completion) noexcept {
  Passage::Books& books = passage.books;
  const std::int64_t now_ns = host_.clock().now_ns();
  uncount(passage);
  passage.may_be_decided_again = false;
  send_held(passage);
  counts_.count(completion.ending, completion.code);
  counts_.duration.add(now_ns - passage.request.arrival_ns);
  const auto add = [](std::atomic<std::uint64_t>& counter, const std::optional<std::uint64_t>& by) {
    if (by) counter.store(counter.load(std::memory_order_relaxed) + *by, std::memory_order_relaxed);
  };
  const Usage& usage = completion.usage;
  add(counts_.prompt_tokens, usage.prompt_tokens);
  add(counts_.cached_tokens, usage.cached_tokens);
  add(counts_.output_tokens, usage.output_tokens);
  std::int64_t tpot_ns = 0;
  if (books.first_token_ns != 0 && usage.output_tokens && *usage.output_tokens > 1) {
    tpot_ns = (now_ns - books.first_token_ns) / clamped(*usage.output_tokens - 1);
    counts_.output_token.add(tpot_ns);
  }
  if (request_log_enabled()) log(passage, completion, now_ns);
  if (books.generation != nullptr && observed(passage, SHUNT_EVENT_COMPLETED)) {
    Letter letter{Letter::Kind::Event, &passage, event_of(passage, SHUNT_EVENT_COMPLETED, now_ns), nullptr};
    shunt_event& event = letter.event;
    switch (completion.ending) {
      case Ending::Completed:
      case Ending::Answered: event.cause = SHUNT_CAUSE_NATURAL; break;
      case Ending::Cancelled: event.cause = SHUNT_CAUSE_CLIENT_GONE; break;
      case Ending::Rejected: event.cause = SHUNT_CAUSE_REJECTED; break;
      case Ending::Failed: event.cause = SHUNT_CAUSE_ERROR; break;
    }
    const auto set = [&event](std::uint32_t bit, auto& to, const auto& value) {
      if (!value) return;
      event.present |= bit;
      to = *value;
    };
    set(SHUNT_EVENT_PROMPT_TOKENS, event.prompt_tokens, usage.prompt_tokens);
    set(SHUNT_EVENT_CACHED_TOKENS, event.cached_tokens, usage.cached_tokens);
    set(SHUNT_EVENT_OUTPUT_TOKENS, event.output_tokens, usage.output_tokens);
    if (completion.http_status != 0)
      set(SHUNT_EVENT_HTTP_STATUS, event.http_status, std::optional(completion.http_status));
    if (books.first_token_ns != 0) {
      set(SHUNT_EVENT_TTFT, event.ttft_ns, std::optional(books.first_token_ns - books.dispatched_ns));
    }
    if (tpot_ns != 0) set(SHUNT_EVENT_TPOT, event.tpot_ns, std::optional(tpot_ns));
    if (books.dispatched_ns != 0)
      set(SHUNT_EVENT_DURATION, event.duration_ns, std::optional(now_ns - books.dispatched_ns));
    books.mailed = true;
    mail(letter);
  }
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
  counts_.begun.store(counts_.begun.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  counts_.count(completion.ending, completion.code);
}

bool Desk::draining() const noexcept { return host_.draining(); }

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

void Desk::tell(Passage& passage, std::uint32_t type, std::int64_t now_ns) {
  if (!observed(passage, type)) return;
  Passage::Books& books = passage.books;
  books.held.push_back({type, now_ns, books.endpoint, books.endpoint_name, passage.request.attempt, books.profile});
  if (!passage.may_be_decided_again) send_held(passage);
}

// The names stay where they are until the passage is blank again: letters point to them.
void Desk::send_held(Passage& passage) {
  Passage::Books& books = passage.books;
  for (HeldEvent& held : books.held) {
    if (std::exchange(held.sent, true)) continue;
    Letter letter{Letter::Kind::Event, &passage, event_of(passage, held.type, held.time_ns), nullptr};
    letter.event.endpoint = held.endpoint;
    letter.event.endpoint_name = {held.endpoint_name.data(), held.endpoint_name.size()};
    letter.event.attempt = held.attempt;
    letter.event.profile = held.profile;
    books.mailed = true;
    mail(letter);
  }
}

void Desk::mail(const Letter& letter) {
  if (mailbox_->send(letter)) host_.wake_keeper(mailbox_);
}

void Desk::recycle(Passage& passage) {
  Request& request = passage.request;
  request.clear();
  shrink(request.prompt);
  if (request.token_ids.capacity() * sizeof(std::uint32_t) > kKeptBytes)
    std::vector<std::uint32_t>().swap(request.token_ids);
  passage.targets.clear();
  passage.rejection = {};
  passage.annotations.clear();
  passage.decision_id.clear();
  passage.may_be_decided_again = true;
  passage.books = {};
  spare_.push_back(&passage);
}

}  // namespace shunt::host
