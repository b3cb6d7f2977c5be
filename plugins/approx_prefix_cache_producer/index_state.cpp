// SPDX-License-Identifier: Apache-2.0
#include "index_state.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace approx_prefix {
namespace {

constexpr std::uint64_t kMagic = 0x3130787066786970;  // "pixfpx01" on a machine with the low byte first
constexpr std::size_t kHeader = 3;
constexpr std::size_t kRecordHeader = 2;
constexpr std::size_t kFooter = 3;

// Of words at their places: a sum, so that no word has to wait for the one before.
class Checksum {
 public:
  void add(std::uint64_t word) noexcept {
    std::uint64_t x = word + ++place_ * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    sum_ += x ^ (x >> 31);
  }
  std::uint64_t sum() const noexcept { return sum_; }

 private:
  std::uint64_t place_ = 0;
  std::uint64_t sum_ = 0;
};

// Words of any alignment.
class Words {
 public:
  explicit Words(std::string_view bytes) noexcept : bytes_(bytes) {}
  std::size_t size() const noexcept { return bytes_.size() / sizeof(std::uint64_t); }
  std::uint64_t operator[](std::size_t i) const noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes_.data() + i * sizeof word, sizeof word);
    return word;
  }
  void copy(std::size_t from, std::span<std::uint64_t> to) const noexcept {
    std::memcpy(to.data(), bytes_.data() + from * sizeof(std::uint64_t), to.size_bytes());
  }

 private:
  std::string_view bytes_;
};

ReadResult damaged(const char* problem) { return {ReadResult::Outcome::Damaged, problem}; }

// Everything that can be checked without an index.
ReadResult check(const Words& words, std::size_t bytes, const IdOrigin& origin) {
  if (bytes % sizeof(std::uint64_t) != 0 || words.size() < kHeader + kFooter) return damaged("it is cut off");
  if (words[0] != kMagic) return damaged("it does not begin like one");
  const std::size_t end = words.size() - kFooter;
  Checksum checksum;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) checksum.add(words[i]);
  if (words[end + 2] != checksum.sum()) return damaged("its checksum is wrong");
  if (IdOrigin{words[1], words[2]} != origin) {
    return {ReadResult::Outcome::OtherOrigin, words[1] != origin.block_tokens
                                                  ? "it was made with another \"blockSizeTokens\""
                                                  : "it was made with another hash function"};
  }
  std::uint64_t records = 0;
  std::uint64_t ids = 0;
  std::uint64_t endpoints = 0;
  std::uint64_t key = 0;
  for (std::size_t at = kHeader; at < end; ++records) {
    if (end - at < kRecordHeader) return damaged("a record is cut off");
    if (records == 0 || words[at] != key) ++endpoints;
    key = words[at];
    const std::uint64_t n = words[at + 1];
    at += kRecordHeader;
    if (n == 0 || n > kMaximumRecord || n > end - at) return damaged("a record has an impossible length");
    at += n;
    ids += n;
  }
  if (records != words[end] || ids != words[end + 1]) return damaged("it does not have the records that it states");
  if (endpoints > kMaximumEndpointId) return damaged("it has too many endpoints");
  return {ReadResult::Outcome::Restored};
}

// Blocks that surely fit, with room for some that are listed twice.
std::size_t maximum_blocks(std::uint64_t capacity, std::size_t endpoints) {
  const std::uint64_t words = capacity / sizeof(std::uint64_t);
  const std::uint64_t around = kHeader + kFooter + kRecordHeader * (endpoints + words / kMaximumRecord);
  return words > around ? (words - around) / 16 * 15 : 0;
}

}  // namespace

std::uint64_t checksum_of(std::span<const std::uint64_t> words) noexcept {
  Checksum checksum;
  for (const std::uint64_t word : words) checksum.add(word);
  return checksum.sum();
}

void write_index(SharedPrefixIndex& index, const IdOrigin& origin, std::uint64_t capacity, const WordSink& out) {
  Checksum checksum;
  std::vector<std::uint64_t> piece{kMagic, origin.block_tokens, origin.hash_check};
  const auto pass_on = [&] {
    for (const std::uint64_t word : piece) checksum.add(word);
    out(piece);
  };
  pass_on();
  std::uint64_t records = 0;
  std::uint64_t ids = 0;
  index.list(maximum_blocks(capacity, index.endpoints()),
             [&](std::uint64_t key, std::span<const std::uint64_t> blocks) {
               piece.assign({key, blocks.size()});
               piece.insert(piece.end(), blocks.begin(), blocks.end());
               pass_on();
               ++records;
               ids += blocks.size();
             });
  piece.assign({records, ids});
  pass_on();
  piece.assign({checksum.sum()});
  out(piece);
}

ReadResult read_index(std::string_view bytes, const IdOrigin& origin, std::size_t capacity, SharedPrefixIndex& into) {
  const Words words(bytes);
  const ReadResult checked = check(words, bytes.size(), origin);
  if (checked.outcome != ReadResult::Outcome::Restored) return checked;
  std::vector<std::uint64_t> piece(kMaximumRecord);
  for (std::size_t at = kHeader; at < words.size() - kFooter;) {
    const std::uint64_t key = words[at];
    const auto ids = std::span(piece).first(words[at + 1]);
    words.copy(at + kRecordHeader, ids);
    into.restore(key, ids, capacity);
    at += kRecordHeader + ids.size();
  }
  return checked;
}

}  // namespace approx_prefix
