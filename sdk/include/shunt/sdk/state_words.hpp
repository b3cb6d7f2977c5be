// SPDX-License-Identifier: Apache-2.0
// state_words.hpp: a state as 64-bit words under a checksum, for save_state() and load_state() of plugins whose state is numbers.
//
//   WordWriter words(kMagic);                       // in save_state()
//   words.add(std::uint64_t{3});
//   words.add(0.25);
//   words.write(out);
//   WordReader words(saved, kMagic);                // in load_state()
//   if (words.problem() != nullptr) return context.fail(words.problem(), SHUNT_INVALID);
//   const std::uint64_t n = words.whole();
#pragma once

#include <shunt/sdk/interface/state.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace shunt::sdk {

namespace [[gnu::visibility("hidden")]] detail {
// Of words at their places: exchanging two changes it.
inline std::uint64_t checksum_of(std::span<const std::uint64_t> words) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint64_t x = words[i] + (i + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    sum += x ^ (x >> 31);
  }
  return sum;
}
}  // namespace detail

// Collects words and writes them.
class WordWriter {
 public:
  // `magic` tells the states of one plugin from those of others.
  explicit WordWriter(std::uint64_t magic) : words_{magic} {}
  // Appends a whole number, or the bits of any other:
  void add(std::uint64_t whole) { words_.push_back(whole); }
  void add(std::int64_t whole) { words_.push_back(static_cast<std::uint64_t>(whole)); }
  void add(double number) { words_.push_back(std::bit_cast<std::uint64_t>(number)); }
  // Bytes that write() will write.
  std::uint64_t bytes() const noexcept { return (words_.size() + 1) * sizeof(std::uint64_t); }
  // Writes them and their checksum; throws Error where the host takes no more.
  void write(StateWriter& out) {
    words_.push_back(detail::checksum_of(words_));
    out.write({reinterpret_cast<const char*>(words_.data()), words_.size() * sizeof(std::uint64_t)});
    words_.pop_back();
  }

 private:
  std::vector<std::uint64_t> words_;
};

// Reads what a WordWriter has written. Takes memory in proportion to the state.
class WordReader {
 public:
  // Over a state that a WordWriter of the same magic is said to have written: look at problem() first.
  WordReader(const SavedState& saved, std::uint64_t magic) {
    const std::string_view bytes = saved.bytes();
    if (bytes.size() % sizeof(std::uint64_t) != 0 || bytes.size() < 2 * sizeof(std::uint64_t)) {
      problem_ = "the saved state is cut off";
      return;
    }
    words_.resize(bytes.size() / sizeof(std::uint64_t));
    std::memcpy(words_.data(), bytes.data(), bytes.size());
    const std::uint64_t sum = words_.back();
    words_.pop_back();
    if (words_.front() != magic) {
      problem_ = "the saved state is another plugin's";
    } else if (sum != detail::checksum_of(words_)) {
      problem_ = "the checksum of the saved state is wrong";
    }
  }
  // What is wrong with it; nullptr: nothing so far. Once something is wrong, everything reads as 0.
  const char* problem() const noexcept { return problem_; }
  // Says what is wrong, unless something was before.
  void fail(const char* problem) noexcept {
    if (problem_ == nullptr) problem_ = problem;
  }
  // Words that are left.
  std::size_t left() const noexcept { return problem_ == nullptr ? words_.size() - at_ : 0; }
  // The next word as the number that was added; beyond the end, or where a number is not finite, something is wrong.
  std::uint64_t whole() noexcept {
    if (left() == 0) {
      fail("the saved state is too short");
      return 0;
    }
    return words_[at_++];
  }
  // See whole().
  std::int64_t time() noexcept { return static_cast<std::int64_t>(whole()); }
  // See whole().
  double number() noexcept {
    const double number = std::bit_cast<double>(whole());
    if (std::isfinite(number)) return number;
    fail("the saved state holds a number that is not finite");
    return 0.0;
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t at_ = 1;
  const char* problem_ = nullptr;
};

}  // namespace shunt::sdk
