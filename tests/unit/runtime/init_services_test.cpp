// SPDX-License-Identifier: Apache-2.0
// What create() may be told: everything that a defect of a plugin can pass is refused, not followed.
#include "building.hpp"

#include "runtime/bounded_text.hpp"

#include <gmock/gmock.h>

#include <cstring>

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

shunt_metric_spec counter(shunt_str name, shunt_str help) {
  shunt_metric_spec spec{};
  spec.kind = SHUNT_METRIC_COUNTER;
  spec.name = name;
  spec.help = help;
  return spec;
}

std::uint32_t slot = 0;
const void* table = nullptr;
void* peer_self = nullptr;
shunt_parameter parameter{sizeof(shunt_parameter), 0, 0, {}, 0};

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
    [](Scripted& s, shunt_str t) {
      return s.host().peer(s.info->init, t, SHUNT_LITERAL("x"), &table, &peer_self, &slot);
    },
    [](Scripted& s, shunt_str t) {
      return s.host().peer(s.info->init, SHUNT_LITERAL("picker"), t, &table, &peer_self, &slot);
    },
    [](Scripted& s, shunt_str t) { return s.host().parameter(s.info->init, t, &parameter); },
    [](Scripted& s, shunt_str t) { return s.host().parameter_key(s.info->init, t, 0, &parameter); },
    [](Scripted& s, shunt_str t) { return s.host().intern(s.info->init, t, &slot); },
    [](Scripted& s, shunt_str t) { return s.measure(counter(t, SHUNT_LITERAL("help"))); },
    [](Scripted& s, shunt_str t) { return s.measure(counter(SHUNT_LITERAL("n"), t)); },
    [](Scripted& s, shunt_str t) {
      shunt_metric_spec spec = counter(SHUNT_LITERAL("n"), SHUNT_LITERAL("help"));
      const shunt_pair label{SHUNT_LITERAL("reason"), t};
      spec.labels = &label;
      spec.n_labels = 1;
      return s.measure(spec);
    },
    [](Scripted& s, shunt_str t) { return s.fetch(t, 1'000'000'000); }};
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

shunt_metric_spec histogram(std::uint32_t n_bounds) {
  shunt_metric_spec spec = counter(SHUNT_LITERAL("n"), SHUNT_LITERAL("help"));
  spec.kind = SHUNT_METRIC_HISTOGRAM;
  spec.n_bounds = n_bounds;
  return spec;
}

TEST_F(InitServices, StructsWithoutASizeAreRefused) {
  EXPECT_THAT(asking([](Scripted& self) {
                shunt_parameter none{};
                const shunt_fetch page{};
                const shunt_metric_spec spec{};
                shunt_metric* metric = nullptr;
                EXPECT_EQ(self.host().fetch(self.info->init, &page), SHUNT_INVALID);
                EXPECT_EQ(self.host().metric(self.info->init, &spec, &metric), SHUNT_INVALID);
                return self.host().parameter(self.info->init, SHUNT_LITERAL(""), &none);
              }),
              HasSubstr("shunt_parameter.size is not set"));
}

TEST_F(InitServices, AParameterIsWrittenAsFarAsItFits) {
  EXPECT_EQ(asking([](Scripted& self) {
              shunt_parameter out;
              std::memset(&out, 0x55, sizeof out);
              out.size = offsetof(shunt_parameter, text);
              EXPECT_EQ(self.host().parameter(self.info->init, SHUNT_LITERAL(""), &out), SHUNT_OK);
              EXPECT_EQ(out.type, SHUNT_PARAMETER_OBJECT);
              EXPECT_EQ(out.number, 0.0) << "what has no meaning is zeroed";
              EXPECT_EQ(out.length, 0x5555555555555555u) << "what does not fit is left alone";
              return SHUNT_OK;
            }),
            "");
}

TEST_F(InitServices, PagesAreAskedForWithinBounds) {
  EXPECT_EQ(asking([](Scripted& self) {
              const auto ask = [&](const char* path, std::uint32_t port, const char* accept, std::int64_t ns,
                                   std::uint32_t flags) {
                const shunt_fetch page{sizeof(shunt_fetch), port, abi_text(path), abi_text(accept), ns, flags, 0};
                return self.host().fetch(self.info->init, &page);
              };
              EXPECT_EQ(ask("m", 0, "", 50'000'000, 0), SHUNT_INVALID);
              EXPECT_EQ(ask("/m", 0, "", 49'999'999, 0), SHUNT_OUT_OF_RANGE);
              EXPECT_EQ(ask("/m", 65536, "", 50'000'000, 0), SHUNT_OUT_OF_RANGE);
              EXPECT_EQ(ask("/m", 0, "a\r\nb", 50'000'000, 0), SHUNT_INVALID);
              EXPECT_EQ(ask("/m", 0, "", 50'000'000, 2), SHUNT_UNSUPPORTED);
              return ask("/m", 65535, "text/plain", 50'000'000, SHUNT_FETCH_FAILURES);
            }),
            "");
}

TEST_F(InitServices, BoundsOfAHistogramMayNotBeNull) {
  EXPECT_THAT(asking([](Scripted& self) { return self.measure(histogram(2)); }),
              HasSubstr("metric \"n\" has no such array of labels or bounds"));
}

TEST_F(InitServices, AHistogramMayHaveNoBounds) {
  EXPECT_EQ(asking([](Scripted& self) { return self.measure(histogram(0)); }), "");
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
