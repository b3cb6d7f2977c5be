// SPDX-License-Identifier: Apache-2.0
#include "shared_index.hpp"

#include <algorithm>
#include <thread>
#include <vector>

namespace approx_prefix {
namespace {

// How often a thread that is done looks again for chains that came meanwhile; what is left then waits for the next one.
constexpr int kHelp = 2;

}  // namespace

// The right to change the index, for as long as it lives; gives it back when an insertion throws, too.
class SharedPrefixIndex::Turn {
 public:
  explicit Turn(SharedPrefixIndex& of) noexcept : of_(of), mine_(!of.taken_.exchange(true)) {}
  ~Turn() {
    if (!mine_) return;
    of_.blocks_.store(of_.index_.blocks(), std::memory_order_relaxed);
    of_.holdings_.store(of_.index_.holdings(), std::memory_order_relaxed);
    of_.endpoints_.store(of_.index_.endpoints(), std::memory_order_relaxed);
    of_.bytes_.store(of_.index_.bytes(), std::memory_order_relaxed);
    of_.taken_.store(false);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const noexcept { return mine_; }

 private:
  SharedPrefixIndex& of_;
  bool mine_;
};

SharedPrefixIndex::SharedPrefixIndex(std::size_t maximum_chain, std::uint32_t maximum_endpoints)
    : index_(maximum_endpoints), maximum_chain_(maximum_chain), ids_(kQueue * maximum_chain * sizeof(std::uint64_t)) {
  for (std::size_t i = 0; i < kQueue; ++i) queue_[i].ready.store(i, std::memory_order_relaxed);
}

bool SharedPrefixIndex::insert(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids, std::size_t capacity) {
  const auto chain = ids.first(std::min(ids.size(), maximum_chain_));
  bool kept = true;
  if (const Turn turn(*this); turn) {
    drain();
    index_.insert(endpoint_key, chain, capacity);
  } else {
    kept = enqueue(endpoint_key, chain, capacity);
  }
  help();
  return kept;
}

// Waits for the index.
template <class Function>
void SharedPrefixIndex::exclusively(Function&& function) {
  for (;;) {
    if (const Turn turn(*this); turn) {
      drain();
      function();
      break;
    }
    std::this_thread::yield();
  }
  help();
}

void SharedPrefixIndex::purge(std::uint64_t endpoint_key) {
  exclusively([&] { index_.purge(endpoint_key); });
}

void SharedPrefixIndex::list(std::size_t maximum, const Visit& visit) {
  std::vector<std::uint64_t> keys;
  std::size_t total = 0;
  exclusively([&] {
    keys = index_.keys_by_use();
    total = index_.holdings();
  });
  std::vector<std::uint64_t> piece(kPiece);
  for (const std::uint64_t key : keys) {
    std::size_t held = 0;
    exclusively([&] { held = index_.begin_listing(key); });
    std::size_t skip = total > maximum ? held - held * maximum / total : 0;
    const auto pass_on = [&](std::size_t n) {
      const std::size_t left_out = std::min(skip, n);
      skip -= left_out;
      if (left_out < n) visit(key, std::span(piece).subspan(left_out, n - left_out));
    };
    std::size_t n = 1;
    for (std::size_t listed = 0; n > 0 && listed <= 2 * held; listed += n) {
      exclusively([&] { n = index_.list(piece); });
      pass_on(n);
    }
    // Where blocks are used faster than they are listed, the rest is listed in one go.
    if (n == 0) continue;
    exclusively([&] {
      while ((n = index_.list(piece)) > 0) pass_on(n);
    });
  }
}

void SharedPrefixIndex::restore(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids, std::size_t capacity) {
  exclusively([&] { index_.restore(endpoint_key, ids, capacity); });
}

bool SharedPrefixIndex::enqueue(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids,
                                std::size_t capacity) noexcept {
  std::uint64_t turn = tail_.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t ready = queue_[turn % kQueue].ready.load(std::memory_order_acquire);
    if (ready < turn) return false;
    if (ready > turn) {
      turn = tail_.load(std::memory_order_relaxed);
    } else if (tail_.compare_exchange_weak(turn, turn + 1, std::memory_order_relaxed)) {
      break;
    }
  }
  Pending& place = queue_[turn % kQueue];
  place.endpoint_key = endpoint_key;
  place.capacity = capacity;
  place.n = ids.size();
  std::copy(ids.begin(), ids.end(), ids_of(turn));
  // Sequentially consistent, as are the changes of taken_: either the holder sees this chain after it let go of the index, or
  // this thread, which looks next, finds the index free. No chain stays behind while both look away.
  place.ready.store(turn + 1);
  return true;
}

bool SharedPrefixIndex::waiting() const noexcept {
  const std::uint64_t turn = head_.load(std::memory_order_relaxed);
  return queue_[turn % kQueue].ready.load() == turn + 1;
}

// At most one queue's worth, so that no thread works for the others without end.
void SharedPrefixIndex::drain() {
  for (std::size_t n = 0; n < kQueue && waiting(); ++n) {
    const std::uint64_t turn = head_.load(std::memory_order_relaxed);
    Pending& place = queue_[turn % kQueue];
    const auto free_again = [&] {
      head_.store(turn + 1, std::memory_order_relaxed);
      place.ready.store(turn + kQueue, std::memory_order_release);
    };
    try {
      index_.insert(place.endpoint_key, std::span<const std::uint64_t>(ids_of(turn), place.n), place.capacity);
    } catch (...) {
      free_again();
      throw;
    }
    free_again();
  }
}

void SharedPrefixIndex::help() {
  for (int i = 0; i < kHelp && waiting(); ++i) {
    const Turn turn(*this);
    if (!turn) return;
    drain();
  }
}

}  // namespace approx_prefix
