// SPDX-License-Identifier: Apache-2.0
// What the prefix index of approx-prefix-cache-producer costs: a match of 2,048 blocks, an insertion, a block's memory; saving
// all of it and restoring it.
// Every iteration takes another chain, so the index is as cold as it is larger than the processor's caches.
#include <benchmark/benchmark.h>

#include <index_state.hpp>
#include <prefix_index.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using approx_prefix::Level;
using approx_prefix::PrefixIndex;
using Chain = std::vector<std::uint64_t>;

constexpr std::size_t kChain = 2048;
constexpr std::size_t kCapacity = 31250;
constexpr std::size_t kChainsPerEndpoint = kCapacity / kChain;

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// Chain `number` follows chain `base` for `shared` blocks.
Chain make_chain(std::uint64_t number, std::size_t shared = 0, std::uint64_t base = 0) {
  Chain chain(kChain);
  for (std::size_t i = 0; i < kChain; ++i) {
    chain[i] = mix((i < shared ? base : number) * 0x9e3779b97f4a7c15ull + i + 1);
  }
  return chain;
}

// One index per size, kept for the next benchmark: filling 10 million blocks takes longer than measuring.
struct Filled {
  explicit Filled(std::size_t blocks) : chains(blocks / kChain) {
    for (std::uint64_t c = 0; c < chains; ++c) index.insert(mix(c / kChainsPerEndpoint + 1), make_chain(c), kCapacity);
  }
  PrefixIndex index;
  std::size_t chains;
};

Filled& filled(std::int64_t blocks) {
  static std::unique_ptr<Filled> last;
  static std::int64_t size = 0;
  if (size != blocks) {
    last.reset();
    last = std::make_unique<Filled>(static_cast<std::size_t>(blocks));
    size = blocks;
  }
  return *last;
}

// Percentiles: a mean says little on a machine that does other things too.
void report(benchmark::State& state, std::vector<double>& seconds) {
  std::sort(seconds.begin(), seconds.end());
  for (const auto& [name, share] : {std::pair("p50", 0.5), std::pair("p90", 0.9), std::pair("p99", 0.99)}) {
    state.counters[name] = seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1))];
  }
}

using Search = std::span<const Level> (PrefixIndex::*)(std::span<const std::uint64_t>, approx_prefix::Workspace) const;

// Requests whose first `hit` blocks are in the index, spread over all of it. The ids are in the cache, as they are right after
// hashing; what they lead to is not: lengths vary a little, because the same lengths would probe the same depths again.
void run(benchmark::State& state, Search search) {
  const Filled& in = filled(state.range(0));
  const auto hit = static_cast<std::size_t>(state.range(1));
  std::vector<Level> workspace(approx_prefix::workspace_size(kChain));
  std::vector<double> seconds;
  for (auto _ : state) {
    const std::uint64_t draw = mix(seconds.size() + 1);
    const Chain made = make_chain(~draw, hit, draw % in.chains);
    const std::size_t length = kChain - draw / in.chains % 128;
    const std::size_t expected = std::min(hit, length);
    const auto start = std::chrono::steady_clock::now();
    const std::span<const Level> levels = (in.index.*search)(std::span(made).first(length), workspace);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(took.count());
    seconds.push_back(took.count());
    if ((levels.empty() ? 0 : levels.back().depth) != expected) return state.SkipWithError("wrong depth");
    benchmark::DoNotOptimize(levels.data());
  }
  report(state, seconds);
  state.counters["bytes_per_block"] = static_cast<double>(in.index.bytes()) / static_cast<double>(in.index.blocks());
}

void match(benchmark::State& state) { run(state, &PrefixIndex::match); }
void walk(benchmark::State& state) { run(state, &PrefixIndex::walk); }

void sizes(benchmark::internal::Benchmark* of) {
  of->ArgNames({"blocks", "hit"});
  for (const std::int64_t blocks : {1'000'000, 10'000'000}) {
    for (const std::int64_t hit : {2048, 1024, 0}) of->Args({blocks, hit});
  }
}
BENCHMARK(match)->Apply(sizes)->UseManualTime();
BENCHMARK(walk)->Apply(sizes)->UseManualTime();

// Inserts chain after chain and leaves the index as full as it was.
void run_insert(benchmark::State& state, bool known) {
  Filled& in = filled(state.range(0));
  std::vector<double> seconds;
  for (auto _ : state) {
    const std::uint64_t draw = mix(seconds.size() + 1);
    const std::uint64_t chosen = draw % in.chains;
    const Chain chain = make_chain(known ? chosen : ~draw);
    const auto start = std::chrono::steady_clock::now();
    in.index.insert(mix(chosen / kChainsPerEndpoint + 1), chain, kCapacity);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(took.count());
    seconds.push_back(took.count());
  }
  report(state, seconds);
}

// A prompt that its endpoint holds already: the usual case of a conversation.
void insert_again(benchmark::State& state) { run_insert(state, true); }
// Every endpoint is near its capacity: nearly each block that comes makes one go.
void insert_replacing(benchmark::State& state) { run_insert(state, false); }
BENCHMARK(insert_again)->ArgName("blocks")->Arg(1'000'000)->Arg(10'000'000)->UseManualTime();
BENCHMARK(insert_replacing)->ArgName("blocks")->Arg(1'000'000)->Arg(10'000'000)->UseManualTime();

// A system prompt of 128 blocks that every endpoint holds, and a tail that one of them holds.
void match_shared_root(benchmark::State& state) {
  const auto endpoints = static_cast<std::uint64_t>(state.range(0));
  PrefixIndex index;
  for (std::uint64_t e = 0; e < endpoints; ++e) index.insert(mix(e + 1), make_chain(e + 7, 128, 3), kCapacity);
  std::vector<Level> workspace(approx_prefix::workspace_size(kChain));
  std::vector<Chain> asked;
  for (std::uint64_t i = 0; i < 64; ++i) asked.push_back(make_chain(mix(i) % endpoints + 7, 128, 3));
  std::size_t next = 0;
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (const Level& level : index.match(asked[next++ % asked.size()], workspace)) {
      index.for_each_holder(level, [&](std::uint64_t key) { sum += key; });
    }
    benchmark::DoNotOptimize(sum);
  }
}
BENCHMARK(match_shared_root)->ArgName("endpoints")->Arg(10)->Arg(100)->Arg(1000)->Arg(4000);

// One piece of a listing: as long as an insertion may find the index taken.
void list_piece(benchmark::State& state) {
  Filled& in = filled(state.range(0));
  std::vector<std::uint64_t> piece(approx_prefix::SharedPrefixIndex::kPiece);
  const std::vector<std::uint64_t> keys = in.index.keys_by_use();
  std::size_t next = 0;
  std::vector<double> seconds;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    std::size_t n = in.index.list(piece);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(took.count());
    seconds.push_back(took.count());
    if (n == 0) in.index.begin_listing(keys[next++ % keys.size()]);
  }
  report(state, seconds);
}
BENCHMARK(list_piece)->ArgName("blocks")->Arg(1'000'000)->Arg(10'000'000)->UseManualTime();

struct Saved {
  explicit Saved(std::size_t blocks) {
    for (std::uint64_t c = 0; c < blocks / kChain; ++c) {
      index.insert(mix(c / kChainsPerEndpoint + 1), make_chain(c), kCapacity);
    }
    save();
  }
  void save() {
    words.clear();
    approx_prefix::write_index(index, {16, 1}, std::uint64_t{1} << 40, [this](std::span<const std::uint64_t> piece) {
      words.insert(words.end(), piece.begin(), piece.end());
    });
  }
  approx_prefix::SharedPrefixIndex index{kChain};
  std::vector<std::uint64_t> words;
};

void save(benchmark::State& state) {
  Saved in(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) in.save();
  state.counters["bytes"] = static_cast<double>(in.words.size() * sizeof(std::uint64_t));
}
BENCHMARK(save)->ArgName("blocks")->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void restore(benchmark::State& state) {
  const Saved in(static_cast<std::size_t>(state.range(0)));
  const std::string_view bytes(reinterpret_cast<const char*>(in.words.data()), in.words.size() * sizeof(std::uint64_t));
  for (auto _ : state) {
    approx_prefix::SharedPrefixIndex into(kChain);
    const auto result = approx_prefix::read_index(bytes, {16, 1}, kCapacity, into);
    if (into.blocks() != in.index.blocks()) return state.SkipWithError(result.problem);
  }
}
BENCHMARK(restore)->ArgName("blocks")->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
