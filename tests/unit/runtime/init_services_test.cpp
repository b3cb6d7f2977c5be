// SPDX-License-Identifier: Apache-2.0
// What create() may be told: everything that a defect of a plugin can pass is refused, not followed.
#include "building.hpp"

#include "runtime/bounded_text.hpp"

#include <gmock/gmock.h>

namespace shunt::testing {
namespace {

using ::testing::HasSubstr;

TEST(BoundedView, TellsAbsentFromWild) {
  EXPECT_EQ(bounded_view({nullptr, 0}, 10), std::string_view());
  EXPECT_EQ(bounded_view({"abc", 0}, 10), std::string_view());
  EXPECT_EQ(bounded_view({"abc", 3}, 3), std::string_view("abc"));
  EXPECT_FALSE(bounded_view({nullptr, 3}, 10));
  EXPECT_FALSE(bounded_view({"abc", 4}, 3));
  EXPECT_FALSE(bounded_view({"abc", ~std::uint64_t{0}}, 1000));
}

class InitServices : public ::testing::Test, public Workbench {
 protected:
  // Runs one call of create() and returns the words that refuse the config; empty when it is accepted.
  std::string asking(std::function<std::int32_t(Scripted&)> call) {
    library.add("asks", {SHUNT_PRODUCER_ID, SHUNT_EXTRACTOR_ID}, std::move(call));
    const Built built = build(config_text("{\"type\": \"asks\"},"));
    return built.generation != nullptr ? std::string() : built.text;
  }
};

const shunt_str kNull{nullptr, 3};
const shunt_str kWild{"abc", ~std::uint64_t{0} - 70};

using Ask = std::int32_t (*)(Scripted&, shunt_str);

class WrongText : public InitServices, public ::testing::WithParamInterface<Ask> {};

TEST_P(WrongText, IsRefused) {
  for (const shunt_str text : {kNull, kWild}) {
    library.add(text.data == nullptr ? "null" : "wild", {SHUNT_PRODUCER_ID, SHUNT_EXTRACTOR_ID},
                [text](Scripted& self) { return GetParam()(self, text); });
  }
  for (const std::string type : {"null", "wild"}) {
    const Built built = build(config_text("{\"type\": \"" + type + "\"},"));
    EXPECT_EQ(built.generation, nullptr) << type;
    EXPECT_THAT(built.text, AllOf(HasSubstr("error[C513]"), HasSubstr("it is passed wrongly"))) << type;
  }
}

std::uint32_t slot = 0;
shunt_metric* metric = nullptr;
const void* table = nullptr;
void* peer_self = nullptr;
shunt_parameter parameter{};

const Ask kAsks[] = {

    [](Scripted& s, shunt_str t) {
      return s.host().column(s.info->init, t, SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL, &slot);
    },
    [](Scripted& s, shunt_str t) {
      return s.host().membership(s.info->init, t, SHUNT_FIELD_MODEL, SHUNT_OPTIONAL, &slot);
    },
    [](Scripted& s, shunt_str t) { return s.host().value(s.info->init, t, SHUNT_VALUE_NUMBER, SHUNT_OPTIONAL, &slot); },
    [](Scripted& s, shunt_str t) {
      return s.host().output(s.info->init, t, SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST, &slot);
    },
    [](Scripted& s, shunt_str t) { return s.host().output_value(s.info->init, t, SHUNT_VALUE_NUMBER, &slot); },
    [](Scripted& s, shunt_str t) { return s.host().peer(s.info->init, t, SHUNT_LITERAL("x"), &table, &peer_self); },
    [](Scripted& s, shunt_str t) {
      return s.host().peer(s.info->init, SHUNT_LITERAL("picker"), t, &table, &peer_self);
    },
    [](Scripted& s, shunt_str t) { return s.host().parameter(s.info->init, t, &parameter); },
    [](Scripted& s, shunt_str t) { return s.host().parameter_key(s.info->init, t, 0, &parameter); },
    [](Scripted& s, shunt_str t) { return s.host().intern(s.info->init, t, &slot); },
    [](Scripted& s, shunt_str t) { return s.host().counter(s.info->init, t, SHUNT_LITERAL("help"), &metric); },
    [](Scripted& s, shunt_str t) { return s.host().gauge(s.info->init, SHUNT_LITERAL("n"), t, &metric); },
    [](Scripted& s, shunt_str t) { return s.host().fetch(s.info->init, t, 1'000'000'000); }};
INSTANTIATE_TEST_SUITE_P(Services, WrongText, ::testing::ValuesIn(kAsks));

TEST_F(InitServices, NamesMayNotBeEmpty) {
  EXPECT_THAT(asking([](Scripted& self) {
                return self.write_value("", SHUNT_VALUE_NUMBER) != SHUNT_OK &&
                               self.read_value("", SHUNT_VALUE_NUMBER, SHUNT_OPTIONAL) != SHUNT_OK &&
                               self.read("", SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL) != SHUNT_OK
                           ? self.write("", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST)
                           : SHUNT_OK;
              }),
              HasSubstr("an output needs a name"));
}

TEST_F(InitServices, AnUnknownProfileOfWildLengthIsNotFound) {
  EXPECT_EQ(asking([](Scripted& self) {
              std::uint32_t index = 0;
              return self.host().profile(self.info->init, kWild, &index) == SHUNT_NOT_FOUND ? SHUNT_OK : SHUNT_ERROR;
            }),
            "");
}

TEST_F(InitServices, BoundsOfAHistogramMayNotBeNull) {
  EXPECT_THAT(asking([](Scripted& self) {
                return self.host().histogram(self.info->init, SHUNT_LITERAL("n"), SHUNT_LITERAL("help"), nullptr, 2,
                                             &metric);
              }),
              HasSubstr("a histogram has at most 1024 bounds, and they are not NULL"));
}

TEST_F(InitServices, AHistogramMayHaveNoBounds) {
  EXPECT_EQ(asking([](Scripted& self) {
              return self.host().histogram(self.info->init, SHUNT_LITERAL("n"), SHUNT_LITERAL("help"), nullptr, 0,
                                           &metric);
            }),
            "");
}

TEST_F(InitServices, OneValueIsDeclaredOnce) {
  EXPECT_THAT(asking([](Scripted& self) {
                (void)self.write_value("cost", SHUNT_VALUE_NUMBER);
                return self.write_value("cost", SHUNT_VALUE_TEXT);
              }),
              HasSubstr("error[C513]: plugin \"asks\" could not be created: value \"cost\" is declared twice"));
}

}  // namespace
}  // namespace shunt::testing
