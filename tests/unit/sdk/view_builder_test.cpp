// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/view.hpp>
#include <shunt/testing/plugin_under_test.hpp>
#include <shunt/testing/view_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace {

using ::testing::ElementsAre;
using namespace shunt::testing;
using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Flag;
using shunt::sdk::Set;
using shunt::sdk::SetSize;
using shunt::sdk::Symbol;
using shunt::sdk::View;

class ViewBuilder : public ::testing::Test {
 protected:
  std::uint32_t declare(std::string name, std::uint32_t type, std::uint32_t field = 0) {
    instance.declared.columns.push_back({std::move(name), type, field, SHUNT_OPTIONAL});
    return static_cast<std::uint32_t>(instance.declared.columns.size() - 1);
  }
  template <class T>
  static ColumnView<T> read(const BuiltView& view, std::uint32_t slot) {
    return Column<T>(slot)(View(view.raw()));
  }

  FakeHost host;
  FakeInstance instance{host, "instance"};
  EndpointSet endpoints;
  RequestBuilder request;
};

TEST_F(ViewBuilder, ColumnsOfEveryType) {
  endpoints.add("a").number("queue", 3).flag("healthy", true).text("zone", "z1").label("role", "decode");
  endpoints[0].set("models", {"x", "y"}).as_of("queue", 50);
  endpoints.add("b").number("queue", 4).flag("healthy", false).text("zone", "z2").set("models", {"y"});
  const auto queue = declare("queue", SHUNT_COLUMN_NUMBER), healthy = declare("healthy", SHUNT_COLUMN_FLAG);
  const auto zone = declare("zone", SHUNT_COLUMN_SYMBOL), role = declare("label:role", SHUNT_COLUMN_SYMBOL);
  const auto models = declare("models", SHUNT_COLUMN_SET), count = declare("models", SHUNT_COLUMN_SET_SIZE);
  const auto member = declare("models", SHUNT_COLUMN_MEMBERSHIP, SHUNT_FIELD_MODEL);
  request.model("x");
  const BuiltView view(instance, endpoints, request.raw());

  EXPECT_THAT(std::vector<double>(read<double>(view, queue).data(), read<double>(view, queue).data() + 2),
              ElementsAre(3, 4));
  EXPECT_TRUE(read<double>(view, queue).complete());
  EXPECT_EQ(read<double>(view, queue).as_of_ns(0), 50);
  EXPECT_EQ(view.raw().columns[queue]->as_of_ns[1], INT64_MAX) << "current, as the host says it";
  EXPECT_EQ(read<Flag>(view, healthy)[0], 1);
  EXPECT_EQ(read<Flag>(view, healthy)[1], 0);
  EXPECT_EQ(read<Flag>(view, healthy).as_of_ns(0), std::nullopt);
  EXPECT_EQ(read<Symbol>(view, zone)[1], host.find_symbol("z2"));
  EXPECT_TRUE(read<Symbol>(view, role).has(0));
  EXPECT_FALSE(read<Symbol>(view, role).has(1));
  EXPECT_EQ(read<Symbol>(view, role)[1], 0u);
  EXPECT_EQ(read<Symbol>(view, role).raw().flags, SHUNT_COLUMN_FLAG_PARTIAL);
  EXPECT_THAT(read<Set>(view, models).members(0), ElementsAre(host.find_symbol("x"), host.find_symbol("y")));
  EXPECT_THAT(read<Set>(view, models).members(1), ElementsAre(host.find_symbol("y")));
  EXPECT_EQ(read<SetSize>(view, count)[0], 2.0);
  EXPECT_EQ(read<Flag>(view, member)[0], 1);
  EXPECT_EQ(read<Flag>(view, member)[1], 0);
  EXPECT_TRUE(view.intact());
}

TEST_F(ViewBuilder, AbsentColumnsReadAsZeroAndAreNotValid) {
  endpoints.add_many(3);
  const auto nowhere = declare("nowhere", SHUNT_COLUMN_NUMBER);
  const auto member = declare("models", SHUNT_COLUMN_MEMBERSHIP, SHUNT_FIELD_MODEL);
  const BuiltView view(instance, endpoints, request.raw());
  const auto column = read<double>(view, nowhere);
  EXPECT_TRUE(column.absent());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(column.has(i));
    EXPECT_EQ(column[i], 0.0);
    EXPECT_FALSE(read<Flag>(view, member).has(i));
  }
}

TEST_F(ViewBuilder, MembershipFollowsTheFieldThatWasAskedFor) {
  endpoints.add("a").set("models", {"original"});
  endpoints.add("b").set("models", {"rewritten", "chat"});
  const auto model = declare("models", SHUNT_COLUMN_MEMBERSHIP, SHUNT_FIELD_MODEL);
  const auto target = declare("models", SHUNT_COLUMN_MEMBERSHIP, SHUNT_FIELD_TARGET_MODEL);
  const auto type = declare("models", SHUNT_COLUMN_MEMBERSHIP, SHUNT_FIELD_TYPE);
  request.model("original").target_model("rewritten").type("chat");
  const BuiltView view(instance, endpoints, request.raw());
  EXPECT_EQ(read<Flag>(view, model)[0], 1);
  EXPECT_EQ(read<Flag>(view, target)[0], 0);
  EXPECT_EQ(read<Flag>(view, target)[1], 1);
  EXPECT_EQ(read<Flag>(view, type)[1], 1);
}

TEST_F(ViewBuilder, CompactedViewsHoldSurvivorsOnly) {
  endpoints.add_many(4);
  endpoints[1].number("queue", 1);
  endpoints[3].number("queue", 3);
  const auto queue = declare("queue", SHUNT_COLUMN_NUMBER);
  const BuiltView base(instance, endpoints, request.raw());
  const BuiltView survivors(instance, endpoints, request.raw(), {3, 1});
  EXPECT_EQ(survivors.raw().count, 2u);
  EXPECT_EQ(read<double>(survivors, queue)[0], 3);
  EXPECT_TRUE(read<double>(survivors, queue).complete());
  EXPECT_FALSE(read<double>(base, queue).complete());
  EXPECT_EQ(View(survivors.raw()).base_row(0), 3u);
  EXPECT_EQ(View(survivors.raw()).key(1), endpoints.key(1));
  EXPECT_EQ(survivors.raw().row_index, nullptr);
  EXPECT_EQ(View(survivors.raw()).find(endpoints.key(1)), 1u);
  EXPECT_EQ(View(survivors.raw()).find(endpoints.key(0)), std::nullopt);
  EXPECT_NE(base.raw().layout, 0u);
  EXPECT_EQ(survivors.raw().layout, 0u) << "not worth caching";
}

TEST_F(ViewBuilder, TheBaseViewFindsEveryKeyThroughItsIndex) {
  for (const std::size_t n : {0u, 1u, 2u, 5u, 64u, 100u}) {
    EndpointSet many;
    many.add_many(n);
    const BuiltView view(instance, many, request.raw());
    ASSERT_NE(view.raw().row_index, nullptr);
    for (std::uint32_t row = 0; row < n; ++row) EXPECT_EQ(View(view.raw()).find(many.key(row)), row);
    EXPECT_EQ(View(view.raw()).find(FakeHost::key_of("stranger")), std::nullopt);
  }
}

TEST_F(ViewBuilder, ArraysAreAlignedAndGuarded) {
  endpoints.add_many(3);
  for (std::size_t i = 0; i < 3; ++i) endpoints[i].number("queue", 1);
  declare("queue", SHUNT_COLUMN_NUMBER);
  const BuiltView view(instance, endpoints, request.raw());
  const shunt_column& column = *view.raw().columns[0];
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(column.data) % 64, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.raw().key) % 64, 0u);
  EXPECT_TRUE(view.intact());
  const_cast<double*>(static_cast<const double*>(column.data))[3] = 0;
  EXPECT_FALSE(view.intact());
}

TEST_F(ViewBuilder, EveryByteBehindAnArrayIsGuarded) {
  for (const std::size_t n : {0u, 1u, 63u, 64u}) {
    PaddedArray<std::uint8_t> array(n, 9);
    const std::size_t end = (n + 63) / 64 * 64 + 64;
    for (std::size_t i = n; i < end; ++i) {
      array.data()[i] ^= 1;
      EXPECT_FALSE(array.intact()) << n << ' ' << i;
      array.data()[i] ^= 1;
    }
    EXPECT_TRUE(array.intact());
  }
}

TEST_F(ViewBuilder, MistakesOfTheTestThrow) {
  endpoints.add("a").text("queue", "three");
  declare("queue", SHUNT_COLUMN_NUMBER);
  EXPECT_THROW(BuiltView(instance, endpoints, request.raw()), std::invalid_argument);
  EXPECT_THROW(endpoints.add("a"), std::invalid_argument);
  EXPECT_THROW(endpoints.row("b"), std::out_of_range);
}

TEST_F(ViewBuilder, WrittenCellsAppearInTheNextSnapshot) {
  endpoints.add("a").number("old", 1);
  endpoints.apply({{"new", FakeHost::key_of("a"), 2.0},
                   {"old", FakeHost::key_of("a"), std::monostate()},
                   {"new", FakeHost::key_of("gone"), 3.0}});
  EXPECT_EQ(std::get<double>(endpoints[0].cell("new")), 2.0);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(endpoints[0].cell("old")));
}

}  // namespace
