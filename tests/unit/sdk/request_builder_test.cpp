// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/request.hpp>
#include <shunt/testing/event_builder.hpp>
#include <shunt/testing/request_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace {

using shunt::testing::Event;
using shunt::testing::RequestBuilder;
using ::testing::ElementsAre;

TEST(RequestBuilder, NothingIsPresentUnlessNamed) {
  const RequestBuilder builder;
  const shunt::sdk::Request request(builder.raw());
  EXPECT_EQ(builder.raw().size, sizeof(shunt_request));
  EXPECT_EQ(builder.raw().present, 0u);
  EXPECT_FALSE(shunt::sdk::is_present(builder.raw().model));
  EXPECT_FALSE(request.has_priority());
  EXPECT_EQ(request.deadline_ns(), std::nullopt);
  EXPECT_EQ(request.max_tokens(), std::nullopt);
  EXPECT_EQ(request.preferred_endpoint(), std::nullopt);
  EXPECT_EQ(request.header("x"), std::nullopt);
  EXPECT_TRUE(request.block_hashes().empty());
}

TEST(RequestBuilder, EveryNumberCarriesItsPresenceBit) {
  RequestBuilder builder;
  builder.priority(0).deadline_ns(1).ttft_slo_ns(2).tpot_slo_ns(3).prompt_tokens(4).max_tokens(5).batch_size(6);
  builder.input_bytes(7).estimated_flops(8).cost_budget(9).preferred_endpoint(10);
  const shunt::sdk::Request request(builder.raw());
  EXPECT_TRUE(request.has_priority());
  EXPECT_EQ(request.deadline_ns(), 1);
  EXPECT_EQ(request.ttft_slo_ns(), 2);
  EXPECT_EQ(request.tpot_slo_ns(), 3);
  EXPECT_EQ(request.prompt_tokens(), 4u);
  EXPECT_EQ(request.max_tokens(), 5u);
  EXPECT_EQ(request.batch_size(), 6u);
  EXPECT_EQ(request.input_bytes(), 7u);
  EXPECT_EQ(request.prompt_bytes(), 7u) << "where the prompt is not known";
  EXPECT_EQ(request.estimated_flops(), 8.0);
  EXPECT_EQ(request.cost_budget(), 9.0);
  EXPECT_EQ(request.preferred_endpoint(), 10u);
  EXPECT_EQ(builder.raw().present & SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED, 0u);
  builder.estimated_prompt_tokens(11);
  EXPECT_NE(builder.raw().present & SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED, 0u);
}

TEST(RequestBuilder, TargetModelFollowsTheModelUnlessNamed) {
  RequestBuilder builder;
  EXPECT_EQ(shunt::sdk::Request(builder.model("a").raw()).target_model(), "a");
  EXPECT_EQ(shunt::sdk::Request(builder.model("b").raw()).target_model(), "b");
  EXPECT_EQ(shunt::sdk::Request(builder.target_model("c").model("d").raw()).target_model(), "c");
  EXPECT_EQ(shunt::sdk::Request(builder.raw()).model(), "d");
}

TEST(RequestBuilder, TextsAndListsStayWhereTheyAre) {
  RequestBuilder builder;
  for (int i = 0; i < 100; ++i) builder.header("h" + std::to_string(i), "v" + std::to_string(i));
  builder.tag("tier", "gold").block_hash(1).block_hash(2).token_id(3).exclude(4).streaming().multimodal();
  builder.id("i").type("chat").path("/p").prompt("hello").cache_salt("s").user("u").session("n").tenant("t");
  builder.number(12).attempt(1).arrival_ns(13);
  const shunt::sdk::Request request(builder.raw());
  EXPECT_EQ(request.header("h0"), "v0");
  EXPECT_EQ(request.header("h99"), "v99");
  EXPECT_EQ(request.tag("tier"), "gold");
  EXPECT_THAT(request.block_hashes(), ElementsAre(1, 2));
  EXPECT_THAT(request.token_ids(), ElementsAre(3));
  EXPECT_EQ(builder.raw().excluded[0], 4u);
  EXPECT_TRUE(request.streaming() && request.multimodal());
  EXPECT_EQ(request.id(), "i");
  EXPECT_EQ(request.type(), "chat");
  EXPECT_EQ(request.path(), "/p");
  EXPECT_EQ(request.prompt(), "hello");
  EXPECT_EQ(request.prompt_bytes(), 5u);
  EXPECT_EQ(request.cache_salt(), "s");
  EXPECT_EQ(request.user(), "u");
  EXPECT_EQ(request.session(), "n");
  EXPECT_EQ(request.tenant(), "t");
  EXPECT_EQ(request.number(), 12u);
  EXPECT_EQ(request.attempt(), 1u);
  EXPECT_EQ(request.arrival_ns(), 13);
}

TEST(EventBuilder, FillsWhatIsNamed) {
  const RequestBuilder request;
  Event event(SHUNT_EVENT_COMPLETED);
  event.time_ns(1).endpoint("pod-0").model("llama").ticket(2).request(request).http_status(200).prompt_tokens(3);
  event.cached_tokens(4).output_tokens(5).ttft_ns(6).tpot_ns(7).duration_ns(8);
  const shunt_event raw = event.raw();
  EXPECT_EQ(raw.size, sizeof(shunt_event));
  EXPECT_EQ(raw.cause, SHUNT_CAUSE_NATURAL);
  EXPECT_EQ(raw.endpoint, shunt::testing::FakeHost::key_of("pod-0"));
  EXPECT_EQ(shunt::sdk::to_view(raw.endpoint_name), "pod-0");
  EXPECT_EQ(shunt::sdk::to_view(raw.model), "llama");
  EXPECT_EQ(raw.request, &request.raw());
  EXPECT_EQ(raw.present, 0x7fu);
  EXPECT_EQ(raw.prompt_tokens + raw.cached_tokens + raw.output_tokens, 12u);
  EXPECT_EQ(raw.ttft_ns + raw.tpot_ns + raw.duration_ns, 21);
  EXPECT_EQ(Event(SHUNT_EVENT_FIRST_TOKEN).raw().present, 0u);
  EXPECT_EQ(Event(SHUNT_EVENT_COMPLETED).cause(SHUNT_CAUSE_EVICTED).raw().cause, SHUNT_CAUSE_EVICTED);
}

}  // namespace
