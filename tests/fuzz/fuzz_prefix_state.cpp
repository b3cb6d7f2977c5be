// SPDX-License-Identifier: Apache-2.0
// Saved state of approx-prefix-cache-producer: as it comes, and with everything right that a checksum would stop at.
#include <array>
#include <cstring>

#include "properties.hpp"
#include "saved_index.hpp"

namespace {

using namespace approx_prefix;
using shunt::fuzz::require;
using Outcome = ReadResult::Outcome;

constexpr std::size_t kCapacity = 64;

void check(std::span<const std::uint64_t> words) {
  SharedPrefixIndex index(16);
  const ReadResult result = read_words(words, index, kCapacity);
  if (result.outcome != Outcome::Restored) {
    require(index.endpoints() == 0 && index.holdings() == 0, "a refused state left a trace:", result.problem);
    return;
  }
  require(index.holdings() <= words.size(), "more blocks than the state has words");
  require(index.holdings() <= kCapacity * index.endpoints(), "an endpoint above its capacity");
  std::array<Level, workspace_size(16)> workspace;
  const auto chain = words.subspan(0, std::min<std::size_t>(16, words.size()));
  for (const Level& level : index.index().match(chain, workspace)) {
    require(level.depth >= 1 && level.depth <= chain.size(), "a match of an impossible depth");
  }
  for (const std::uint64_t key : chain) index.insert(key, chain, kCapacity);
  const auto again = words_of(index);
  SharedPrefixIndex second(16);
  require(read_words(again, second).outcome == Outcome::Restored, "what is saved cannot be read");
  require(words_of(second).size() <= again.size(), "a state grows when it is saved again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  SharedPrefixIndex untouched(16);
  const ReadResult raw = read_index(bytes, kOrigin, kCapacity, untouched);
  require(raw.outcome == Outcome::Restored || untouched.holdings() == 0, "a refused state left a trace");

  std::vector<std::uint64_t> words(size / sizeof(std::uint64_t));
  if (!words.empty()) std::memcpy(words.data(), data, words.size() * sizeof(std::uint64_t));
  // Beginning and end of a real one, so that the records are looked at.
  SharedPrefixIndex empty(16);
  const auto frame = words_of(empty);
  std::copy_n(frame.begin(), std::min<std::size_t>(words.size(), 3), words.begin());
  seal(words);
  check(words);
  return 0;
}
