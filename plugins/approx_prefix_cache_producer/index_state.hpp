// SPDX-License-Identifier: Apache-2.0
// index_state.hpp: the index as bytes, for the instance that comes after this one.
//
// 64-bit words in the byte order of the machine:
//   magic, tokens per block, hash check
//   records: endpoint key, n, n block ids, the least recent one first; n is 1 to kMaximumRecord
//   number of records, number of ids, checksum over all words before
// An endpoint may have several records, one behind the other. Where it has an id twice, the later one counts.
#pragma once

#include "shared_index.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace approx_prefix {

inline constexpr std::size_t kMaximumRecord = SharedPrefixIndex::kPiece;

// What ids depend on: those of one instance mean something to another only where all of it is equal.
struct IdOrigin {
  std::uint64_t block_tokens;
  std::uint64_t hash_check;  // what the host's hash makes of a known text
  bool operator==(const IdOrigin&) const = default;
};

// Gives the state to `out` in pieces, of at most `capacity` bytes in all unless that is too little for an empty one. What does
// not fit is left out: the least recent blocks of every endpoint. Beside insertions: SharedPrefixIndex::list().
using WordSink = std::function<void(std::span<const std::uint64_t> words)>;
void write_index(SharedPrefixIndex& index, const IdOrigin& origin, std::uint64_t capacity, const WordSink& out);

// Of everything before the last word.
std::uint64_t checksum_of(std::span<const std::uint64_t> words) noexcept;

// Where something is wrong: why, a sentence without its end.
struct ReadResult {
  enum class Outcome : std::uint8_t { Restored, OtherOrigin, Damaged };
  Outcome outcome;
  const char* problem = "";
};

// Restores a state into an index without content, at most `capacity` blocks per endpoint. Everything is checked before the
// first block is taken in, so that a state that is refused leaves no trace. `bytes` need not be aligned. Throws
// std::bad_alloc, and then the index is to be thrown away.
ReadResult read_index(std::string_view bytes, const IdOrigin& origin, std::size_t capacity, SharedPrefixIndex& into);

}  // namespace approx_prefix
