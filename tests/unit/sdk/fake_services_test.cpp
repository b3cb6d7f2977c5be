// SPDX-License-Identifier: Apache-2.0
// Services of the fake host that answer as the real one does where the ABI leaves no choice.
#include <shunt/sdk/library.hpp>
#include <shunt/testing/fake_host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace {

using ::testing::SizeIs;
using namespace shunt::testing;
using shunt::sdk::to_abi;

class FakeServicesTest : public ::testing::Test {
 protected:
  shunt_init* init() { return reinterpret_cast<shunt_init*>(&instance); }

  FakeHost host;
  const shunt_host& table = host.table();
  FakeInstance instance{host, "it"};
};

TEST_F(FakeServicesTest, NotesAreKeptByKindAndName) {
  const auto note = [&](FakeCall& call, std::uint32_t kind, std::string_view name, shunt_str text) {
    return table.annotate(call.handle(), kind, to_abi(name), text);
  };
  FakeCall picked(instance, Stage::Picked);
  EXPECT_EQ(note(picked, SHUNT_NOTE_INFO, "a", to_abi("1")), SHUNT_OK);
  EXPECT_EQ(note(picked, SHUNT_NOTE_INFO, "a", to_abi("2")), SHUNT_OK);
  EXPECT_EQ(note(picked, SHUNT_NOTE_REQUEST_HEADER, "X-A", to_abi("3")), SHUNT_OK);
  EXPECT_EQ(note(picked, SHUNT_NOTE_RESPONSE_HEADER, "x-a", {nullptr, 0}), SHUNT_OK);
  EXPECT_EQ(note(picked, SHUNT_NOTE_TARGET_PORT, "", to_abi("8001")), SHUNT_OK);
  EXPECT_EQ(picked.notes.annotations, (Annotations{{"a", "2"}}));
  EXPECT_EQ(picked.notes.request_headers, (Headers{{"x-a", "3"}}));
  EXPECT_EQ(picked.notes.response_headers, (Headers{{"x-a", std::nullopt}}));
  EXPECT_EQ(picked.notes.target_port, 8001u);
  EXPECT_EQ(note(picked, 9, "a", to_abi("")), SHUNT_UNSUPPORTED);
  EXPECT_EQ(note(picked, SHUNT_NOTE_INFO, std::string(129, 'n'), to_abi("")), SHUNT_OUT_OF_RANGE);
  EXPECT_EQ(note(picked, SHUNT_NOTE_REQUEST_HEADER, "x", to_abi("a\r\nb: c")), SHUNT_INVALID);
  EXPECT_EQ(note(picked, SHUNT_NOTE_REQUEST_HEADER, "x y", to_abi("")), SHUNT_INVALID);
  for (const char* port : {"", "0", "65536", "80a", "-1"}) {
    EXPECT_EQ(note(picked, SHUNT_NOTE_TARGET_PORT, "", to_abi(port)), SHUNT_INVALID) << port;
  }
  for (int i = 0; i < 60; ++i) EXPECT_EQ(note(picked, SHUNT_NOTE_INFO, std::to_string(i), to_abi("")), SHUNT_OK);
  EXPECT_EQ(note(picked, SHUNT_NOTE_INFO, "one more", to_abi("")), SHUNT_OUT_OF_RANGE);
  EXPECT_EQ(note(picked, SHUNT_NOTE_INFO, "59", to_abi("again")), SHUNT_OK);
  FakeCall produce(instance, Stage::Produce);
  EXPECT_EQ(note(produce, SHUNT_NOTE_REQUEST_HEADER, "x", to_abi("")), SHUNT_OK);
  EXPECT_EQ(note(produce, SHUNT_NOTE_INFO, "x", to_abi("")), SHUNT_UNSUPPORTED);
}

TEST_F(FakeServicesTest, ParametersAreWrittenAsFarAsTheyFit) {
  instance.parameters = std::make_unique<FakeParameters>(R"({"a": "text", "b": 2})");
  FakeCall call(instance, Stage::Create);
  instance.create_context = call.handle();
  {
    shunt_parameter out;
    std::memset(&out, 0x55, sizeof out);
    out.size = offsetof(shunt_parameter, text);
    EXPECT_EQ(table.parameter(init(), to_abi("/b"), &out), SHUNT_OK);
    EXPECT_EQ(out.type, SHUNT_PARAMETER_NUMBER);
    EXPECT_EQ(out.number, 2);
    EXPECT_EQ(out.size, offsetof(shunt_parameter, text));
    EXPECT_EQ(out.length, 0x5555555555555555u) << "does not fit";
    out.size = sizeof out;
    EXPECT_EQ(table.parameter(init(), to_abi("/a"), &out), SHUNT_OK);
    EXPECT_EQ(out.number, 0) << "of another parameter";
    out.size = 4;
    EXPECT_EQ(table.parameter(init(), to_abi("/a"), &out), SHUNT_INVALID);
    EXPECT_EQ(call.error_code, SHUNT_INVALID);
    out.size = sizeof out;
    EXPECT_EQ(table.parameter_key(init(), to_abi(""), 2, &out), SHUNT_NOT_FOUND);
  }
  instance.create_context = nullptr;
}

TEST_F(FakeServicesTest, HotFunctionsRetireNothingAndOthersCallNoPeers) {
  int released = 0;
  const auto release = [](void* object) { ++*static_cast<int*>(object); };
  FakeCall hot(instance, Stage::Picked), events(instance, Stage::Events);
  EXPECT_EQ(table.retire(hot.handle(), release, &released), SHUNT_UNSUPPORTED);
  EXPECT_EQ(table.retire(events.handle(), release, &released), SHUNT_OK);
  const shunt_cycle* cycle = nullptr;
  const shunt_view* base = nullptr;
  EXPECT_EQ(table.peer_call(events.handle(), 0, &cycle, &base), SHUNT_UNSUPPORTED);
  EXPECT_THAT(host.misuses(), SizeIs(2));
  host.run_retired();
  EXPECT_EQ(released, 1);
}

TEST_F(FakeServicesTest, AskingForProfilesIsNoted) {
  host.add_profile("decode");
  FakeCall call(instance, Stage::Create);
  instance.create_context = call.handle();
  EXPECT_FALSE(instance.declared.profiles_asked);
  EXPECT_EQ(table.profile_count(init()), 1u);
  EXPECT_TRUE(instance.declared.profiles_asked);
  instance.create_context = nullptr;
}

}  // namespace
