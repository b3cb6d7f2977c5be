// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/state_words.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

namespace {

using namespace shunt::sdk;

constexpr std::uint64_t kMagic = 42;

// A host that takes `capacity` bytes.
struct Stream {
  shunt_state_stream raw{};  // first, so that it can be turned back
  std::string bytes;

  explicit Stream(std::uint64_t capacity = 1000) {
    raw.size = sizeof raw;
    raw.capacity = capacity;
    raw.write = [](shunt_state_stream* stream, const void* data, std::uint64_t size) -> std::int32_t {
      auto& it = *reinterpret_cast<Stream*>(stream);
      if (it.bytes.size() + size > stream->capacity) return SHUNT_OUT_OF_MEMORY;
      it.bytes.append(static_cast<const char*>(data), size);
      return SHUNT_OK;
    };
  }
};

std::string written() {
  WordWriter words(kMagic);
  words.add(std::uint64_t{3});
  words.add(std::int64_t{-5});
  words.add(0.25);
  Stream stream;
  StateWriter out(stream.raw);
  words.write(out);
  EXPECT_EQ(stream.bytes.size(), words.bytes());
  return stream.bytes;
}

TEST(StateWords, ComeBack) {
  const std::string bytes = "!" + written();  // not aligned
  WordReader words(SavedState("1", std::string_view(bytes).substr(1)), kMagic);
  ASSERT_EQ(words.problem(), nullptr);
  EXPECT_EQ(words.left(), 3u);
  EXPECT_EQ(words.whole(), 3u);
  EXPECT_EQ(words.time(), -5);
  EXPECT_EQ(words.number(), 0.25);
  EXPECT_EQ(words.problem(), nullptr);
  EXPECT_EQ(words.whole(), 0u);
  EXPECT_STREQ(words.problem(), "the saved state is too short");
  words.fail("something else");
  EXPECT_STREQ(words.problem(), "the saved state is too short") << "what was wrong first";
}

TEST(StateWords, DamageIsSeen) {
  const std::string good = written();
  const auto problem = [](std::string_view bytes, std::uint64_t magic = kMagic) {
    return WordReader(SavedState("1", bytes), magic).problem();
  };
  EXPECT_STREQ(problem(good, 43), "the saved state is another plugin's");
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_NE(problem(good.substr(0, length)), nullptr) << length;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(problem(bad), nullptr) << bit;
  }
  std::string exchanged = good;
  std::swap_ranges(exchanged.begin() + 8, exchanged.begin() + 16, exchanged.begin() + 16);
  EXPECT_STREQ(problem(exchanged), "the checksum of the saved state is wrong");
}

TEST(StateWords, NumbersAreFinite) {
  for (const double odd : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    WordWriter words(kMagic);
    words.add(odd);
    words.add(1.0);
    Stream stream;
    StateWriter out(stream.raw);
    words.write(out);
    WordReader read(SavedState("1", stream.bytes), kMagic);
    EXPECT_EQ(read.number(), 0.0);
    EXPECT_NE(read.problem(), nullptr);
    EXPECT_EQ(read.number(), 0.0) << "everything reads as 0 then";
  }
}

TEST(StateWords, AHostThatTakesNoMoreIsAnError) {
  WordWriter words(kMagic);
  Stream stream(8);
  StateWriter out(stream.raw);
  EXPECT_THROW(words.write(out), Error);
}

}  // namespace
