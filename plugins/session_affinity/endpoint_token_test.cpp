// SPDX-License-Identifier: Apache-2.0
#include "endpoint_token.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace {

using namespace session_affinity;

std::string encode(const std::string& name) {
  std::array<char, kMaximumToken> text;
  return std::string(encode_token(name, text));
}
std::string decode(const std::string& token) {
  std::array<char, kMaximumName> text;
  return std::string(without_default_namespace(decode_token(token, text)));
}

TEST(EndpointToken, IsBase64OfNamespaceAndName) {
  EXPECT_EQ(encode("batch/a"), "YmF0Y2gvYQ==");
  EXPECT_EQ(encode("ns/ab"), "bnMvYWI=");
  EXPECT_EQ(encode("ns/abc"), "bnMvYWJj");
  EXPECT_EQ(encode("pod-0"), "ZGVmYXVsdC9wb2QtMA==");  // default/pod-0
  EXPECT_EQ(encode(""), "");
}

TEST(EndpointToken, DecodesToTheNameOfDiscovery) {
  EXPECT_EQ(decode("YmF0Y2gvYQ=="), "batch/a");
  EXPECT_EQ(decode("bnMvYWI="), "ns/ab");
  EXPECT_EQ(decode("ZGVmYXVsdC9wb2QtMA=="), "pod-0");
  EXPECT_EQ(decode("cG9kLTA="), "pod-0");  // no namespace at all
}

TEST(EndpointToken, HoldsTheWholeName) {
  std::array<char, kMaximumName> text;
  EXPECT_EQ(decode_token("ZGVmYXVsdC9wb2QtMA==", text), "default/pod-0");
  EXPECT_EQ(encode("default/pod-0"), "ZGVmYXVsdC9wb2QtMA==");
}

TEST(EndpointToken, WhatIsNoBase64NamesNobody) {
  for (const char* token : {"", "Y", "YmF0", "YmF0Y2gvYQ", "YmF0Y2gvYQ=", "Ym=0Y2gvYQ==", "YmF0 2gvYQ==", "====",
                            "YmF*", "\xff\xff\xff\xff", "ZGVmYXVsdC8="}) {
    const std::string name = decode(token);
    EXPECT_TRUE(name.empty() || std::string(token) == "YmF0") << token << " -> " << name;
  }
  EXPECT_EQ(decode(std::string(kMaximumToken + 4, 'A')), "");
}

TEST(EndpointToken, LongNamesFitUpToTheLimit) {
  const std::string longest = "n/" + std::string(kMaximumName - 2, 'x');
  EXPECT_EQ(decode(encode(longest)), longest);
  EXPECT_EQ(encode(longest + "x"), "");
  EXPECT_EQ(encode(std::string(kMaximumName, 'x')), "") << "the namespace needs room too";
}

TEST(EndpointToken, ComesBackForEveryName) {
  std::mt19937_64 draw(7);
  for (int i = 0; i < 20000; ++i) {
    std::string name = "n/";
    for (std::uint64_t length = draw() % 40; length > 0; --length) name += static_cast<char>(draw() & 255);
    ASSERT_EQ(decode(encode(name)), name);
  }
}

TEST(EndpointToken, NoiseStaysWithinItsBuffers) {
  std::mt19937_64 draw(11);
  constexpr std::string_view kSome = "AZaz09+/=*- ";
  for (int i = 0; i < 20000; ++i) {
    std::string token;
    for (std::uint64_t length = draw() % 24; length > 0; --length) token += kSome[draw() % kSome.size()];
    ASSERT_LE(decode(token).size(), token.size() / 4 * 3);
  }
}

}  // namespace
