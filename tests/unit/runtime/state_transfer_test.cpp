// SPDX-License-Identifier: Apache-2.0
// What a replaced instance has learned, and what is told it afterwards, reaches the instance that replaces it.
#include <shunt/framework/event_delivery.hpp>
#include <shunt/framework/state_transfer.hpp>

#include "building.hpp"

#include <gmock/gmock.h>

namespace shunt::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Outcome = StateTransfer::Outcome;

shunt_event event(std::uint32_t type, const shunt_request* request = nullptr) {
  shunt_event made{};
  made.size = sizeof made;
  made.type = type;
  made.time_ns = 1;
  made.request = request;
  return made;
}

// An instance whose state is a text, and that appends what it hears.
class Transfer : public ::testing::Test, public Workbench {
 protected:
  struct Learner {
    std::string state;
    std::string first_piece;  // that save() writes besides, whatever becomes of it
    std::uint64_t capacity = 0;
    std::string version;  // that load() was offered
    std::int32_t save_status = SHUNT_OK;
    std::int32_t load_status = SHUNT_OK;
    std::vector<std::uint32_t> heard;
    std::vector<std::int32_t> puts;
  };
  // Instances in the order in which they are made take `learners` one after the other.
  ScriptedType& learner(const std::string& name, std::vector<Learner*> learners, std::vector<std::string> interfaces) {
    auto next = std::make_shared<std::size_t>(0);
    return library.add(name, std::move(interfaces), [learners, next](Scripted& self) {
      Learner& mine = *learners.at((*next)++);
      self.save = [&mine](shunt_state_stream& stream) {
        mine.capacity = stream.capacity;
        stream.capacity = ~std::uint64_t{0};  // which is no business of the plugin's
        (void)stream.write(&stream, mine.first_piece.data(), mine.first_piece.size());
        (void)stream.write(&stream, mine.state.data(), mine.state.size());
        return mine.save_status;
      };
      self.load = [&mine](std::string_view version, std::string_view bytes) {
        mine.version = version;
        mine.state = bytes;
        return mine.load_status;
      };
      const shunt_host* host = self.info->host;
      self.events = [&mine, host](shunt_ctx* ctx, const shunt_event* events, std::uint32_t n) {
        for (std::uint32_t i = 0; i < n; ++i) {
          mine.heard.push_back(events[i].type);
          if (events[i].endpoint != 0) mine.puts.push_back(host->put_number(ctx, 0, events[i].endpoint, 1.0));
        }
      };
      return self.write("learned", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT);
    });
  }
  ScriptedType& learner(const std::string& name, std::vector<Learner*> learners) {
    return learner(name, std::move(learners), {SHUNT_OBSERVER_ID, SHUNT_STATE_ID});
  }
  static std::string config(int x, const std::string& more = "") {
    return config_text("{\"type\": \"learner\", \"parameters\": {\"x\": " + std::to_string(x) + "}" + more + "},");
  }
  void two(const std::string& more = "") {
    first = build(config(1));
    ASSERT_NE(first.generation, nullptr) << first.text;
    second = rebuild(config(2, more), first.generation);
    ASSERT_NE(second.generation, nullptr) << second.text;
  }
  Learner old_one, new_one;
  Built first, second;
  EndpointTable table{attributes};
};

TEST_F(Transfer, StateReachesTheSuccessorWithItsVersion) {
  learner("learner", {&old_one, &new_one});
  old_one.state = std::string("bytes\0and more", 14);
  two();
  const auto transfers = transfer_state(*first.generation, *second.generation);
  ASSERT_EQ(transfers.size(), 1u);
  EXPECT_EQ(transfers[0].outcome, Outcome::Taken) << transfers[0].problem;
  EXPECT_EQ(transfers[0].instance, "learner");
  EXPECT_EQ(transfers[0].bytes, 14u);
  EXPECT_EQ(new_one.state, old_one.state);
  EXPECT_EQ(new_one.version, "v1");
}

TEST_F(Transfer, WhoStaysIsNotAsked) {
  learner("learner", {&old_one, &new_one});
  first = build(config(1));
  second = rebuild(config(1), first.generation);
  EXPECT_THAT(transfer_state(*first.generation, *second.generation), IsEmpty());
}

TEST_F(Transfer, WhatGoesWrongIsTold) {
  learner("learner", {&old_one, &new_one});
  two();
  old_one.save_status = SHUNT_ERROR;
  EXPECT_EQ(transfer_state(*first.generation, *second.generation)[0].outcome, Outcome::Failed);
  old_one.save_status = SHUNT_OK;
  new_one.load_status = SHUNT_UNSUPPORTED;
  EXPECT_EQ(transfer_state(*first.generation, *second.generation)[0].outcome, Outcome::NotReadable);
  new_one.load_status = SHUNT_INVALID;
  EXPECT_EQ(transfer_state(*first.generation, *second.generation)[0].outcome, Outcome::Failed);
  new_one.load_status = SHUNT_OK;
  old_one.state.assign(101, 'x');
  const auto large = transfer_state(*first.generation, *second.generation, 100);
  EXPECT_EQ(large[0].outcome, Outcome::Failed);
  EXPECT_THAT(large[0].problem, HasSubstr("larger than 100 bytes"));
  const shunt_event done = event(SHUNT_EVENT_COMPLETED);
  deliver_events(*first.generation, table, {&done, 1});
  EXPECT_THAT(new_one.heard, IsEmpty()) << "without its state it is no successor";
}

TEST_F(Transfer, AStateMayBeAsLargeAsTheLimit) {
  learner("learner", {&old_one, &new_one});
  two();
  old_one.state.assign(100, 'x');
  const auto transfers = transfer_state(*first.generation, *second.generation, 100);
  EXPECT_EQ(transfers[0].outcome, Outcome::Taken) << transfers[0].problem;
  EXPECT_EQ(new_one.state, old_one.state);
  EXPECT_EQ(old_one.capacity, 100u);
}

TEST_F(Transfer, WhatWasRefusedOnceIsNotHandedOver) {
  learner("learner", {&old_one, &new_one});
  two();
  old_one.first_piece = std::string(101, 'x');
  old_one.state = "this would fit";
  new_one.state = "untouched";
  EXPECT_EQ(transfer_state(*first.generation, *second.generation, 100)[0].outcome, Outcome::Failed);
  EXPECT_EQ(new_one.state, "untouched");
}

TEST_F(Transfer, AnEmptyStateIsOne) {
  learner("learner", {&old_one, &new_one});
  two();
  new_one.state = "to be replaced";
  const auto transfers = transfer_state(*first.generation, *second.generation, 0);
  EXPECT_EQ(transfers[0].outcome, Outcome::Taken) << transfers[0].problem;
  EXPECT_EQ(new_one.state, "");
}

TEST_F(Transfer, ATagHasOneTo64Bytes) {
  const std::string tag(65, 'v');
  ScriptedType& type = learner("learner", {&old_one, &old_one, &old_one, &old_one});
  for (const std::size_t length : {0u, 1u, 64u, 65u}) {
    type.state.version = abi_text(std::string_view(tag).substr(0, length));
    const Built built = build(config(1));
    const bool is_tag = length == 1 || length == 64;
    EXPECT_EQ(built.generation != nullptr, is_tag) << length;
    EXPECT_EQ(built.text.find("no complete table for its interface shunt.state/1") == std::string::npos, is_tag)
        << built.text;
  }
}

TEST_F(Transfer, TheConfigMayDiscardIt) {
  learner("learner", {&old_one, &new_one});
  two(", \"state\": \"discard\"");
  new_one.state = "untouched";
  EXPECT_EQ(transfer_state(*first.generation, *second.generation)[0].outcome, Outcome::Discarded);
  EXPECT_EQ(new_one.state, "untouched");
}

TEST_F(Transfer, WithoutTheExtensionThereIsNone) {
  learner("learner", {&old_one, &new_one}, {SHUNT_OBSERVER_ID});
  two();
  EXPECT_EQ(transfer_state(*first.generation, *second.generation)[0].outcome, Outcome::NotOffered);
}

TEST_F(Transfer, TheSuccessorHearsOfRequestsThatItsPredecessorHasBegunWith) {
  learner("learner", {&old_one, &new_one});
  two();
  (void)transfer_state(*first.generation, *second.generation);
  shunt_request request{};
  request.size = sizeof request;
  const shunt_event completed = event(SHUNT_EVENT_COMPLETED, &request);
  const shunt_event added = event(SHUNT_EVENT_ENDPOINT_ADDED);
  // Before it decides it hears everything, so that nothing falls between save() and its first decision.
  deliver_events(*first.generation, table, {&added, 1});
  deliver_events(*first.generation, table, {&completed, 1});
  EXPECT_THAT(new_one.heard, ElementsAre(SHUNT_EVENT_ENDPOINT_ADDED, SHUNT_EVENT_COMPLETED));
  // Afterwards it hears of endpoints by itself.
  const Delivery now{.current = second.generation.get()};
  deliver_events(*first.generation, table, {&added, 1}, now);
  deliver_events(*first.generation, table, {&completed, 1}, now);
  EXPECT_THAT(new_one.heard, ElementsAre(SHUNT_EVENT_ENDPOINT_ADDED, SHUNT_EVENT_COMPLETED, SHUNT_EVENT_COMPLETED));
  EXPECT_EQ(old_one.heard.size(), 4u);
  forget_successors(*first.generation);
  deliver_events(*first.generation, table, {&completed, 1}, now);
  EXPECT_EQ(new_one.heard.size(), 3u);
}

TEST_F(Transfer, WhatARetiredInstancePublishesNoLongerCounts) {
  learner("learner", {&old_one, &new_one});
  two();
  ASSERT_TRUE(table.add({"pod-1", "10.0.0.1:80", {}}));
  (void)transfer_state(*first.generation, *second.generation);
  shunt_request request{};
  request.size = sizeof request;
  shunt_event completed = event(SHUNT_EVENT_COMPLETED, &request);
  completed.endpoint = endpoint_key("pod-1");
  deliver_events(*first.generation, table, {&completed, 1}, {.current = second.generation.get()});
  EXPECT_THAT(old_one.puts, ElementsAre(::testing::Ne(SHUNT_OK)));
  EXPECT_THAT(new_one.puts, ElementsAre(SHUNT_OK));
}

// While both decide, each is told of endpoints, and the successor of requests that its predecessor has begun with.
TEST_F(Transfer, BesideTheCurrentGenerationEachHearsOnce) {
  learner("learner", {&old_one, &new_one});
  two();
  (void)transfer_state(*first.generation, *second.generation);
  const Generation* current = first.generation.get();
  const Generation* beside = second.generation.get();
  const shunt_event added = event(SHUNT_EVENT_ENDPOINT_ADDED);
  deliver_events(*current, table, {&added, 1}, {.beside = beside});
  EXPECT_THAT(new_one.heard, IsEmpty());
  deliver_events(*beside, table, {&added, 1}, {.current = current, .except = current, .beside = beside});
  EXPECT_THAT(old_one.heard, ElementsAre(SHUNT_EVENT_ENDPOINT_ADDED));
  EXPECT_THAT(new_one.heard, ElementsAre(SHUNT_EVENT_ENDPOINT_ADDED));
  shunt_request request{};
  request.size = sizeof request;
  const shunt_event completed = event(SHUNT_EVENT_COMPLETED, &request);
  deliver_events(*current, table, {&completed, 1}, {.current = current, .beside = beside});
  EXPECT_EQ(old_one.heard.size(), 2u);
  EXPECT_EQ(new_one.heard.size(), 2u);
  deliver_events(*beside, table, {&completed, 1}, {.current = current, .beside = beside});
  EXPECT_EQ(old_one.heard.size(), 2u) << "requests of the other generation are none of its own";
  EXPECT_EQ(new_one.heard.size(), 3u);
}

TEST_F(Transfer, BesideTheCurrentGenerationOnlyThatOneWritesWhatBothWrite) {
  learner("learner", {&old_one, &new_one});
  two();
  ASSERT_TRUE(table.add({"pod-1", "10.0.0.1:80", {}}));
  shunt_request request{};
  request.size = sizeof request;
  shunt_event completed = event(SHUNT_EVENT_COMPLETED, &request);
  completed.endpoint = endpoint_key("pod-1");
  const Delivery both{.current = first.generation.get(), .beside = second.generation.get()};
  deliver_events(*first.generation, table, {&completed, 1}, both);
  deliver_events(*second.generation, table, {&completed, 1}, both);
  EXPECT_THAT(old_one.puts, ElementsAre(SHUNT_OK));
  EXPECT_THAT(new_one.puts, ElementsAre(::testing::Ne(SHUNT_OK)));
}

TEST_F(Transfer, BesideTheCurrentGenerationWhatNobodyElseWritesCounts) {
  learner("learner", {&new_one});
  first = build(config_text(""));
  ASSERT_NE(first.generation, nullptr) << first.text;
  second = rebuild(config(1), first.generation);
  ASSERT_NE(second.generation, nullptr) << second.text;
  ASSERT_TRUE(table.add({"pod-1", "10.0.0.1:80", {}}));
  shunt_request request{};
  request.size = sizeof request;
  shunt_event completed = event(SHUNT_EVENT_COMPLETED, &request);
  completed.endpoint = endpoint_key("pod-1");
  deliver_events(*second.generation, table, {&completed, 1},
                 {.current = first.generation.get(), .beside = second.generation.get()});
  EXPECT_THAT(new_one.puts, ElementsAre(SHUNT_OK));
}

TEST_F(Transfer, InstancesOfAnotherGenerationAreLeftOut) {
  learner("learner", {&old_one, &new_one});
  library.add("other", {SHUNT_OBSERVER_ID});
  first = build(config(1));
  second = rebuild(config(1), first.generation);
  const shunt_event added = event(SHUNT_EVENT_ENDPOINT_ADDED);
  deliver_events(*second.generation, table, {&added, 1}, {.except = first.generation.get()});
  EXPECT_THAT(old_one.heard, IsEmpty());
}

}  // namespace
}  // namespace shunt::testing
