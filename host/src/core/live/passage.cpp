// SPDX-License-Identifier: Apache-2.0
#include "live/passage.hpp"

#include <utility>

namespace shunt::host {

namespace {

// A prompt of many megabytes is not kept for the next request.
constexpr std::size_t kKeptBytes = 64 << 10;

template <class Container>
void clear_and_shrink(Container& container) {
  container.clear();
  if (container.capacity() * sizeof(typename Container::value_type) > kKeptBytes) Container().swap(container);
}

}  // namespace

std::string_view to_string(Ending ending) {
  switch (ending) {
    case Ending::Completed: return "completed";
    case Ending::Failed: return "failed";
    case Ending::Cancelled: return "cancelled";
    case Ending::Rejected: return "rejected";
    case Ending::Answered: return "answered";
  }
  return "failed";
}

void Passage::clear(bool keep_memory) {
  annotations.clear();
  decision_id.clear();
  may_be_decided_again = true;
  rejection.http_status = 0;
  if (!keep_memory) {
    // To be assigned an empty one alone would leave strings their memory.
    const Request request_gone(std::move(request));
    const Rejection rejection_gone(std::move(rejection));
    request = {};
    rejection = {};
    targets = {};
    books = {};
    return;
  }
  request.clear();
  clear_and_shrink(request.prompt);
  clear_and_shrink(request.token_ids);
  clear_and_shrink(request.block_hashes);
  clear_and_shrink(request.headers);
  clear_and_shrink(request.tags);
  rejection.code.clear();
  rejection.reason.clear();
  Books next;
  for (Target& target : targets) books.spare.push_back(std::move(target));
  targets.clear();
  next.spare.swap(books.spare);
  next.failed.swap(books.failed);
  next.failed.clear();
  next.held.swap(books.held);
  next.held.clear();
  next.unused.swap(books.unused);
  next.unused.splice(next.unused.end(), books.names);
  books = std::move(next);
}

}  // namespace shunt::host
