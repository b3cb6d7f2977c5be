// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/call_marks.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

namespace shunt {
namespace {

MarkedCall now() { return {this_marked_thread().call.load()}; }

TEST(CallMarksTest, NamesWhatRunsAndWhatRunsAroundIt) {
  const std::uint32_t library = mark_library("/opt/acme/fancy.so", std::string(64, 'a'));
  const InstanceMark outer(library, "outer", "fancy");
  const InstanceMark inner(library, "inner", "fancy");
  {
    const CallMark creating(outer, PluginFunction::Create);
    const MarkedCall before = now();
    EXPECT_EQ(before.function(), PluginFunction::Create);
    {
      const CallMark nested(inner, PluginFunction::Create);
      EXPECT_EQ(now().callee(), inner.index());
    }
    EXPECT_EQ(now().callee(), outer.index());
    EXPECT_EQ(now().function(), PluginFunction::Create);
  }
  EXPECT_FALSE(now().running());
  const MarkedInstance& entry = call_mark_page().instance[outer.index()];
  EXPECT_STREQ(entry.name, "outer");
  EXPECT_STREQ(entry.type, "fancy");
  EXPECT_STREQ(call_mark_page().library[entry.library].path, "/opt/acme/fancy.so");
  EXPECT_EQ(this_marked_thread().thread.load(), gettid());
}

TEST(CallMarksTest, TwoCallsOfOneFunctionAreNotTheSame) {
  const InstanceMark instance(0, "twice", "twice");
  MarkedThread& thread = this_marked_thread();
  begin_mark(thread, instance.index(), PluginFunction::Score);
  const std::uint64_t first = thread.call.load();
  end_mark(thread);
  begin_mark(thread, instance.index(), PluginFunction::Score);
  EXPECT_NE(thread.call.load(), first);
  EXPECT_EQ(now().function(), PluginFunction::Score);
  end_mark(thread);
}

TEST(CallMarksTest, AnEntryIsUsedAgainUnlessItsThreadEndedInACall) {
  MarkedThread* first = nullptr;
  MarkedThread* second = nullptr;
  std::thread([&first] { first = &this_marked_thread(); }).join();
  std::thread([&second] {
    second = &this_marked_thread();
    begin_mark(*second, 1, PluginFunction::Pick);
  }).join();
  EXPECT_EQ(first, second);
  EXPECT_TRUE(MarkedCall{second->call.load()}.running()) << "who looks must still see it";
  MarkedThread* third = nullptr;
  std::thread([&third] { third = &this_marked_thread(); }).join();
  EXPECT_NE(third, second);
  end_mark(*second);
  second->used.store(0);
}

TEST(CallMarksTest, EqualBytesAreOneLibraryAndPlacesOfInstancesAreGivenBack) {
  const std::uint32_t library = mark_library("/a.so", std::string(64, 'b'));
  EXPECT_EQ(mark_library("/copy-of-a.so", std::string(64, 'b')), library);
  EXPECT_NE(mark_library("/a.so", std::string(64, 'c')), library);
  auto one = std::make_unique<InstanceMark>(library, "one", "t");
  const std::uint32_t index = one->index();
  one.reset();
  EXPECT_EQ(InstanceMark(library, std::string(1000, 'x'), "t").index(), index);
  EXPECT_EQ(std::string(call_mark_page().instance[index].name).size(), 119U) << "cut, and ended";
}

TEST(CallMarksTest, CodeIsFoundByAnAddressInIt) {
  const std::uint32_t library = mark_library("this program", std::string(64, 'd'));
  mark_library_text(library, reinterpret_cast<const void*>(&mark_library));
  const MarkedLibrary& entry = call_mark_page().library[library];
  const auto inside = reinterpret_cast<std::uint64_t>(&mark_library_text);
  EXPECT_LE(entry.text_begin.load(), inside);
  EXPECT_GT(entry.text_end.load(), inside);
}

TEST(CallMarksTest, FunctionsAreNamedAsTheAbiNamesThem) {
  EXPECT_EQ(to_string(PluginFunction::Load), "load");
  EXPECT_EQ(to_string(PluginFunction::Dump), "dump");
  EXPECT_EQ(to_string(PluginFunction::EvictionFor), "eviction_for");
  EXPECT_EQ(to_string(PluginFunction::ProcessResults), "process_results");
  EXPECT_EQ(to_string(PluginFunction::Explain), "explain");
  EXPECT_TRUE(is_control(PluginFunction::Load));
  EXPECT_TRUE(is_control(PluginFunction::Dump));
  EXPECT_FALSE(is_control(PluginFunction::Events));
  EXPECT_FALSE(is_of_cycle(PluginFunction::Extract));
  EXPECT_TRUE(is_of_cycle(PluginFunction::Produce));
}

}  // namespace
}  // namespace shunt
