// SPDX-License-Identifier: Apache-2.0
#include "live/desk.hpp"

#include <shunt/framework/live_counters.hpp>

#include <algorithm>
#include <charconv>
#include <new>
#include <utility>

#include "live/live_host.hpp"

namespace shunt::host {

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
// Rejections are rarer and matter more: of them so many times as many are remembered, though without explanation.
constexpr std::uint32_t kRejectionsPerExplained = 4;
// A bundle holds the whole pool: writing one can take the keeper milliseconds, and only the last ones are kept.
constexpr std::uint32_t kBundlesPerSecond = 4;
// Passages that wait for a request with their memory. A burst leaves no more behind.
constexpr std::size_t kWarmPassages = 64;

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

void resize_targets(Passage& passage, std::size_t count) {
  std::vector<Target>& targets = passage.targets;
  std::vector<Target>& spare = passage.books.spare;
  for (; targets.size() > count; targets.pop_back()) spare.push_back(std::move(targets.back()));
  while (targets.size() < count) {
    if (spare.empty()) {
      targets.emplace_back();
    } else {
      targets.push_back(std::move(spare.back()));
      spare.pop_back();
    }
  }
}

void write_id(std::string& id, std::uint64_t number, std::uint32_t attempt) {
  constexpr std::size_t kDigits = 16;
  id.resize(kDigits);
  for (std::size_t i = kDigits; i-- > 0; number >>= 4) id[i] = "0123456789abcdef"[number & 15];
  if (attempt == 0) return;
  char digits[12];
  const auto end = std::to_chars(digits, digits + sizeof digits, attempt).ptr;
  id.append(1, '-').append(digits, end);
}

}  // namespace

Desk::Desk(LiveHost& host, std::string_view door, std::shared_ptr<Mailbox> mailbox, RequestCounts::Cell& counts)
    : host_(host),
      door_(door),
      mailbox_(std::move(mailbox)),
      counts_(counts),
      lanes_(host.scheduler(), host.canaries()),
      pictures_(host.keeper().pictures()) {}

bool Desk::draining() const noexcept { return host_.draining(); }

void Desk::rest() noexcept {
  pictures_.release();
  lanes_.rest();
}

Passage* Desk::open() noexcept {
  try {
    Passage* passage = nullptr;
    if (!spare_.empty()) {
      passage = spare_.back();
      spare_.pop_back();
    } else if ((passage = mailbox_->take_back()) != nullptr) {
      passage->clear(true);
    } else {
      if (passages_ == spare_.capacity()) spare_.reserve(passages_ * 2 + 8);  // a request that ends needs no memory
      passage = mailbox_->make_passage();
      ++passages_;
    }
    passage->request.number = host_.next_number();
    passage->request.arrival_ns = host_.clock().now_ns();
    raise_own(counts_.begun);
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
  begin_attempt(passage);
  const std::shared_ptr<const PoolPicture>& picture = pictures_.get();
  const std::int64_t now_ns = host_.clock().now_ns();

  std::unique_ptr<ExplainedDecision> explained;
  ScheduleOptions options;
  if (wants_explanation(now_ns)) {
    explained = begin_record(passage, picture, now_ns);
    options = explained->options();
  } else {
    options.now_ns = now_ns;
    options.seed = host_.seed();
    options.fallbacks = host_.settings().serve.fallbacks;
    options.timings = true;
    if (picture->routable) options.subset = *picture->routable;
  }
  options.breakers = BreakerUse::Take;
  // Its observers have to hear how it ends: another attempt is decided by those that the first one was.
  DeskLanes::Lane& lane = lanes_.lane_of(passage);
  options.generation = lanes_.generation_of(passage, lane);
  Decision& decision = explained ? explained->decision : decision_;
  host_.scheduler().schedule(lane.worker(), *picture->snapshot, passage.request, options, decision);
  lane.follow();
  take_over(passage, decision, *picture->snapshot, lane);

  raise_own(counts_.decisions);
  if (!decision.dispatched()) raise_own(counts_.rejected_decisions);
  passage.books.decision_ns = static_cast<std::int64_t>(std::min<std::uint64_t>(decision.duration_ns, INT64_MAX));
  counts_.decision.add(passage.books.decision_ns);
  lanes_.count_decision(passage, lane, decision.dispatched());
  if (explained) {
    explained->generation = lane.generation();
    // Where the bundle is decided again every plugin is called: that would be another decision.
    if (std::ranges::any_of(decision.trace, &TraceStage::skipped)) explained->wants_bundle = false;
    describe(passage, decision, lane, explained->record);
    remember(std::move(explained));
  } else if (!decision.dispatched() && wants_rejection()) {
    auto rejected = std::make_unique<ExplainedDecision>();
    describe(passage, decision, lane, rejected->record);
    remember(std::move(rejected));
  }
}

void Desk::begin_attempt(Passage& passage) {
  Passage::Books& books = passage.books;
  if (books.decisions++ != 0) ++passage.request.attempt;
  std::vector<std::uint64_t>& excluded = passage.request.excluded;
  excluded.insert(excluded.end(), books.failed.begin(), books.failed.end());
  books.failed.clear();
}

// Copies what the request's further way needs; the decision itself, and the snapshot, are left behind.
void Desk::take_over(Passage& passage, Decision& decision, const Snapshot& snapshot, const DeskLanes::Lane& lane) {
  Passage::Books& books = passage.books;
  if (decision.dispatched()) {
    // First of all, so that it is given back whatever fails below.
    books.counted = true;
    books.counted_slot = snapshot.live_slot(decision.picks.front());
    books.counted_tokens = decision.counted_tokens;
  }
  if (lane.wants() != 0) books.generation = lane.generation();
  books.wants = lane.wants();
  books.profile = decision.primary_profile;
  write_id(passage.decision_id, host_.decision_base() + passage.request.number, passage.request.attempt);
  if (!decision.dispatched()) {
    resize_targets(passage, 0);
    passage.rejection.http_status = decision.http_status == 0 ? 500 : decision.http_status;
    passage.rejection.code = decision.code;
    passage.rejection.reason = decision.reason;
  } else {
    passage.rejection.http_status = 0;
    passage.rejection.code.clear();
    passage.rejection.reason.clear();
    resize_targets(passage, decision.picks.size() + decision.fallbacks.size());
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
  }
  if (&decision == &decision_) {
    passage.annotations.swap(decision.annotations);
  } else {
    passage.annotations = decision.annotations;
  }
}

bool Desk::wants_explanation(std::int64_t now_ns) {
  const DecisionRecordSettings& settings = host_.settings().admin.decisions;
  if (const std::int64_t second = now_ns / kSecondNs; second != second_) {
    second_ = second;
    explained_ = rejections_ = bundled_ = 0;
  }
  if (settings.keep == 0 || explained_ >= settings.explained_per_second || !mailbox_->has_room_for_record())
    return false;
  ++explained_;
  return true;
}

bool Desk::wants_rejection() {
  const DecisionRecordSettings& settings = host_.settings().admin.decisions;
  if (settings.keep == 0 || rejections_ / kRejectionsPerExplained >= settings.explained_per_second) return false;
  if (!mailbox_->has_room_for_record()) return false;
  ++rejections_;
  return true;
}

std::unique_ptr<ExplainedDecision> Desk::begin_record(const Passage& passage,
                                                      const std::shared_ptr<const PoolPicture>& picture,
                                                      std::int64_t now_ns) {
  auto explained = std::make_unique<ExplainedDecision>();
  explained->picture = picture;
  explained->now_ns = now_ns;
  explained->seed = host_.seed();
  explained->fallbacks = host_.settings().serve.fallbacks;
  explained->wants_bundle = host_.settings().admin.decisions.bundles > 0 && bundled_ < kBundlesPerSecond;
  if (explained->wants_bundle) ++bundled_;
  if (!explained->wants_bundle) {
    explained->request.id = passage.request.id;
    return explained;
  }
  explained->request = passage.request;
  const Snapshot& snapshot = *picture->snapshot;
  explained->live.reserve(snapshot.size());
  for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
    const std::uint32_t slot = snapshot.live_slot(row);
    explained->live.push_back({snapshot.live().in_flight(slot), snapshot.live().in_flight_tokens(slot)});
  }
  return explained;
}

void Desk::describe(const Passage& passage, const Decision& decision, const DeskLanes::Lane& lane,
                    DecisionRecord& record) const {
  record.id = passage.decision_id;
  record.wall_ns = host_.clock().wall_ns();
  record.door = door_;
  record.request_id = passage.request.id;
  record.model = passage.request.model;
  record.path = passage.request.path;
  record.attempt = passage.request.attempt;
  record.dispatched = decision.dispatched();
  if (!passage.targets.empty()) record.endpoint = passage.targets.front().name;
  if (decision.primary_profile != SHUNT_NONE)
    record.profile = lane.generation()->profile_name(decision.primary_profile);
  record.http_status = passage.rejection.http_status;
  record.code = passage.rejection.code;
  record.reason = decision.reason;
  record.duration_ns = decision.duration_ns;
  record.generation = decision.generation;
}

void Desk::remember(std::unique_ptr<ExplainedDecision> decision) {
  mailbox_->record_sent();
  mail({Letter::Kind::Record, nullptr, {}, decision.get()});
  (void)decision.release();
}

void Desk::uncount(Passage& passage) {
  Passage::Books& books = passage.books;
  if (!std::exchange(books.counted, false)) return;
  host_.keeper().live().add(books.counted_slot, -1, -books.counted_tokens);
}

void Desk::recycle(Passage& passage) {
  for (Annotation& note : passage.annotations) decision_.spare_annotations.push_back(std::move(note));
  passage.clear(spare_.size() < kWarmPassages);
  spare_.push_back(&passage);
}

}  // namespace shunt::host
