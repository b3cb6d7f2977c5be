// SPDX-License-Identifier: Apache-2.0
#include "live/desk_lanes.hpp"

#include <shunt/framework/instance.hpp>

#include <new>
#include <utility>

namespace shunt::host {

DeskLanes::Lane::Lane(Scheduler& scheduler, std::shared_ptr<const Generation> generation)
    : worker_(scheduler, std::move(generation)) {}

void DeskLanes::Lane::follow() {
  if (worker_.generation() == generation_) [[likely]]
    return;
  generation_ = worker_.generation();
  wants_ = 0;
  if (generation_ == nullptr) return;
  for (const auto& instance : generation_->instances()) {
    if (instance->observer != nullptr && instance->observer->events != nullptr) wants_ |= instance->observer->wants;
  }
}

DeskLanes::DeskLanes(Scheduler& scheduler, const CanarySlot& canaries)
    : scheduler_(scheduler), current_(scheduler, nullptr), canaries_(canaries) {}

DeskLanes::Lane& DeskLanes::lane_of(const Passage& passage) noexcept {
  follow_canary();
  if (!canary_) [[likely]]
    return current_;
  if (const auto& begun = passage.books.generation; begun != nullptr) {
    return begun == out_->generation ? *canary_ : current_;
  }
  return out_->share.takes(passage.request) ? *canary_ : current_;
}

const std::shared_ptr<const Generation>* DeskLanes::generation_of(const Passage& passage,
                                                                  const Lane& lane) const noexcept {
  if (passage.books.generation != nullptr) return &passage.books.generation;
  return &lane == &current_ ? nullptr : &out_->generation;
}

// A thread without memory for a second worker leaves the canary to others.
void DeskLanes::follow_canary() noexcept {
  const std::shared_ptr<const CanaryOut>& out = canaries_.get();
  if (out.get() == out_) [[likely]]
    return;
  out_ = out.get();
  cell_ = nullptr;
  canary_.reset();
  if (out_ == nullptr) return;
  try {
    CanaryTally::Cell& cell = out_->tally->add_cell();
    canary_.emplace(scheduler_, out_->generation);
    canary_->follow();
    cell_ = &cell;
  } catch (const std::bad_alloc&) {
    canary_.reset();
  }
}

void DeskLanes::count_decision(Passage& passage, const Lane& lane, bool dispatched) noexcept {
  Passage::Books& books = passage.books;
  if (cell_ == nullptr) [[likely]] {
    books.canary = 0;
    return;
  }
  books.canary = out_->generation->number();
  books.by_canary = &lane != &current_;
  cell_->side(books.by_canary ? CanarySide::Canary : CanarySide::Running).count_decision(dispatched, books.decision_ns);
}

void DeskLanes::count_end(const Passage& passage, const Completion& completion) noexcept {
  const Passage::Books& books = passage.books;
  if (cell_ == nullptr || books.canary != out_->generation->number()) [[likely]]
    return;
  // A rejection is counted as that, and who goes away says nothing about a decision.
  if (completion.ending == Ending::Rejected || completion.ending == Ending::Cancelled) return;
  constexpr std::uint32_t kServerError = 500;
  const bool error = completion.ending == Ending::Failed || completion.http_status >= kServerError;
  cell_->side(books.by_canary ? CanarySide::Canary : CanarySide::Running).count_end(error);
}

void DeskLanes::rest() noexcept {
  follow_canary();
  scheduler_.rest(current_.worker());
  current_.follow();
}

}  // namespace shunt::host
