// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace shunt::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A microsecond per prompt token, a millisecond per step of either kind, and 10 microseconds per sequence.
EngineSettings settings() {
  EngineSettings out;
  out.prefill_fixed = 1e6;
  out.prefill_per_token = 1e3;
  out.decode_fixed = 1e6;
  out.decode_per_sequence = 1e4;
  out.block_size = 4;
  out.num_gpu_blocks = 100;
  return out;
}

// An engine with a clock that jumps from step to step.
class Bench {
 public:
  explicit Bench(const EngineSettings& with) : engine(with) {}

  RequestId submit(std::uint32_t prompt, std::uint32_t output, std::vector<std::uint64_t> hashes = {},
                   int adapter = -1) {
    EngineRequest request;
    request.id = ++last_;
    request.prompt_tokens = prompt;
    request.output_tokens = output;
    request.every_token = true;
    request.adapter = adapter;
    request.hashes = std::move(hashes);
    engine.submit(std::move(request), now);
    return last_;
  }

  // Ends the step under way; ids of the requests that got on.
  std::vector<RequestId> step() {
    now = engine.next().value();
    progress.clear();
    engine.advance(now, progress);
    std::vector<RequestId> ids;
    for (const Progress& one : progress) ids.push_back(one.id);
    return ids;
  }

  void finish() {
    while (engine.next()) step();
  }

  Engine engine;
  Nanoseconds now = 0;
  std::vector<Progress> progress;

 private:
  RequestId last_ = 0;
};

TEST(Engine, FirstTokenAfterPrefillOthersAfterDecode) {
  Bench bench(settings());
  bench.submit(300, 3);
  EXPECT_EQ(bench.engine.next(), 1'300'000);
  EXPECT_THAT(bench.step(), ElementsAre(1));
  EXPECT_EQ(bench.progress[0].tokens, 1u);
  EXPECT_EQ(bench.engine.next(), 1'300'000 + 1'010'000);
  bench.step();
  bench.step();
  EXPECT_TRUE(bench.progress[0].finished);
  EXPECT_EQ(bench.engine.next(), std::nullopt);
  EXPECT_EQ(bench.engine.cache().used(), 0u);
}

TEST(Engine, PromptAloneEndsWithItsStep) {
  Bench bench(settings());
  bench.submit(8, 0);
  bench.step();
  EXPECT_TRUE(bench.progress[0].finished);
  EXPECT_EQ(bench.engine.counts().generation_tokens, 0u);
}

TEST(Engine, StepsTakeLongerWithMoreSequences) {
  Bench bench(settings());
  for (int i = 0; i < 5; ++i) bench.submit(4, 3);
  bench.step();  // the first one's prompt
  bench.step();  // the others' prompts
  const Nanoseconds before = bench.now;
  bench.step();
  EXPECT_EQ(bench.now - before, 1'000'000 + 5 * 10'000);
}

TEST(Engine, BatchLimitMakesRequestsWait) {
  EngineSettings with = settings();
  with.max_num_seqs = 2;
  Bench bench(with);
  for (int i = 0; i < 4; ++i) bench.submit(4, 2);
  bench.step();
  EXPECT_EQ(bench.engine.running(), 2u);
  EXPECT_EQ(bench.engine.waiting(), 2u);
  bench.finish();
  EXPECT_EQ(bench.engine.counts().stopped, 4u);
}

TEST(Engine, TokenBudgetCutsPromptsIntoSteps) {
  EngineSettings with = settings();
  with.max_num_batched_tokens = 100;
  Bench bench(with);
  bench.submit(250, 1);
  EXPECT_THAT(bench.step(), IsEmpty());
  EXPECT_THAT(bench.step(), IsEmpty());
  EXPECT_THAT(bench.step(), ElementsAre(1));
}

TEST(Engine, CachedBlocksAreNotComputedAgain) {
  Bench bench(settings());
  bench.submit(12, 1, {1, 2, 3});
  bench.finish();
  const Nanoseconds before = bench.now;
  bench.submit(12, 1, {1, 2, 3});
  bench.step();
  // The last token is always computed, and with it its block.
  EXPECT_EQ(bench.progress[0].cached_tokens, 8u);
  EXPECT_EQ(bench.now - before, 1'000'000 + 4 * 1'000);
  EXPECT_EQ(bench.engine.counts().cache_hits, 8u);
  EXPECT_EQ(bench.engine.counts().cache_queries, 24u);
}

TEST(Engine, BlocksOfTheAnswerAreFoundLater) {
  Bench bench(settings());
  bench.submit(4, 9, {1, 2, 3});
  bench.finish();
  bench.submit(16, 1, {1, 2, 3, 4});
  bench.step();
  EXPECT_EQ(bench.progress[0].cached_tokens, 12u);
}

TEST(Engine, CancelFreesSlotAndBlocksAtOnce) {
  EngineSettings with = settings();
  with.max_num_seqs = 1;
  Bench bench(with);
  const RequestId first = bench.submit(40, 10);
  const RequestId second = bench.submit(40, 1);
  EXPECT_TRUE(bench.engine.cancel(first));
  EXPECT_FALSE(bench.engine.cancel(first));
  EXPECT_EQ(bench.engine.cache().used(), 0u);
  EXPECT_EQ(bench.engine.running(), 0u);
  EXPECT_THAT(bench.step(), IsEmpty());  // of the first one
  EXPECT_THAT(bench.step(), ElementsAre(second));
}

TEST(Engine, WithoutABlockTheYoungestStartsAgain) {
  EngineSettings with = settings();
  with.num_gpu_blocks = 6;
  Bench bench(with);
  bench.submit(8, 8);
  bench.submit(8, 8);
  bench.finish();
  EXPECT_GT(bench.engine.counts().preemptions, 0u);
  EXPECT_EQ(bench.engine.counts().stopped, 2u);
  EXPECT_EQ(bench.engine.counts().generation_tokens, 16u);
  EXPECT_EQ(bench.engine.counts().prompt_tokens, 16u);
  EXPECT_EQ(bench.engine.cache().used(), 0u);
}

TEST(Engine, AdaptersWaitForASlotAndOthersOvertake) {
  EngineSettings with = settings();
  with.max_loras = 1;
  with.lora_load = 5e6;
  Bench bench(with);
  bench.submit(4, 2, {}, 7);
  EXPECT_EQ(bench.engine.next(), 5'000'000 + 1'004'000);
  bench.submit(4, 1, {}, 3);
  const RequestId base = bench.submit(4, 2);
  bench.step();
  EXPECT_THAT(bench.engine.running_adapters(), ElementsAre(7));
  EXPECT_THAT(bench.engine.waiting_adapters(), ElementsAre(3));
  EXPECT_THAT(bench.step(), ElementsAre(1, base));
  bench.step();
  EXPECT_THAT(bench.engine.loaded_adapters(), ElementsAre(3));
  bench.finish();
  EXPECT_EQ(bench.engine.counts().stopped, 3u);
}

TEST(Engine, WithoutTimeEverythingEndsInOneAdvance) {
  EngineSettings with = settings();
  with.prefill_fixed = with.prefill_per_token = with.decode_fixed = with.decode_per_sequence = 0;
  Bench bench(with);
  bench.submit(40, 100);
  EXPECT_EQ(bench.step().size(), 100u);
  EXPECT_EQ(bench.now, 0);
}

TEST(Engine, JitterDependsOnTheSeedAlone) {
  EngineSettings with = settings();
  with.jitter = 0.5;
  const auto end = [&with] {
    Bench bench(with);
    bench.submit(40, 20);
    bench.finish();
    return bench.now;
  };
  const Nanoseconds first = end();
  EXPECT_EQ(first, end());
  with.seed = 1;
  EXPECT_NE(first, end());
}

// Every request ends once, with all its tokens or cancelled, whatever comes in between; and then everything is free.
TEST(EngineProperty, NothingVanishes) {
  EXPECT_TRUE(rc::check([] {
    EngineSettings with = settings();
    with.max_num_seqs = *rc::gen::inRange<std::uint32_t>(1, 6);
    with.num_gpu_blocks = *rc::gen::inRange<std::uint32_t>(10, 30);
    with.max_num_batched_tokens = *rc::gen::element<std::uint32_t>(0, 3, 20);
    with.max_loras = 2;
    Bench bench(with);
    std::vector<std::uint32_t> wanted{0};
    std::vector<std::uint32_t> got{0};
    std::vector<bool> ended{true};
    std::uint64_t cancelled = 0;
    const auto take = [&] {
      for (const Progress& one : bench.progress) {
        RC_ASSERT(!ended[one.id]);
        RC_ASSERT((one.tokens == 0 || one.tokens == got[one.id] + 1));
        got[one.id] = one.tokens;
        ended[one.id] = one.finished;
      }
    };
    const auto actions = *rc::gen::container<std::vector<std::pair<int, std::uint32_t>>>(
        rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange<std::uint32_t>(0, 1000)));
    for (const auto& [action, chance] : actions) {
      if (action == 0) {
        const std::uint32_t prompt = 1 + chance % 24;
        const std::uint32_t output = chance % 15;  // together they fit into the smallest cache
        std::vector<std::uint64_t> hashes;
        for (std::uint32_t i = 0; i < (prompt + output) / with.block_size; ++i) hashes.push_back(chance % 2 * 100 + i);
        bench.submit(prompt, output, hashes, static_cast<int>(chance % 5) - 1);
        wanted.push_back(output);
        got.push_back(0);
        ended.push_back(false);
      } else if (action == 1) {
        const RequestId id = chance % wanted.size();
        RC_ASSERT(bench.engine.cancel(id) == !ended[id]);
        if (!ended[id]) ++cancelled;
        if (!ended[id]) wanted[id] = got[id];
        ended[id] = true;
      } else if (bench.engine.next()) {
        bench.step();
        take();
      }
      RC_ASSERT(bench.engine.running() <= with.max_num_seqs);
      RC_ASSERT(bench.engine.loaded_adapters().size() <= with.max_loras);
      RC_ASSERT(bench.engine.running() + bench.engine.waiting() ==
                static_cast<std::size_t>(std::count(ended.begin(), ended.end(), false)));
    }
    while (bench.engine.next()) {
      bench.step();
      take();
    }
    RC_ASSERT(std::count(ended.begin(), ended.end(), false) == 0);
    RC_ASSERT(got == wanted);
    RC_ASSERT(bench.engine.cache().used() == 0u);
    RC_ASSERT(bench.engine.counts().aborted == cancelled);
    RC_ASSERT(bench.engine.counts().stopped + cancelled + 1 == wanted.size());
  }));
}

}  // namespace
}  // namespace shunt::sim
