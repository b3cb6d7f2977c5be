// SPDX-License-Identifier: Apache-2.0
// engine.hpp: what a model server does with requests, without sockets, threads or a clock of its own. Time is given.
//
// Steps of continuous batching, as in vLLM: a step takes the sequences that run one token further, computes a part of the
// prompts of others, and takes longer the more it does. A request runs when the batch has room, there are blocks for its prompt
// and its adapter is loaded or has a slot to be loaded into. Where a running sequence finds no block for its next token, the
// one that came last makes room and starts again later.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "histogram.hpp"
#include "kv_cache.hpp"
#include "text.hpp"

namespace shunt::sim {

using Nanoseconds = std::int64_t;
using RequestId = std::uint64_t;

struct EngineSettings {
  std::uint32_t max_num_seqs = 256;
  std::uint32_t max_num_batched_tokens = 0;  // 0: no limit
  std::uint32_t block_size = 16;
  std::uint32_t num_gpu_blocks = 8192;
  bool prefix_caching = true;
  std::uint32_t max_loras = 0;
  // Durations in nanoseconds.
  double prefill_fixed = 0;
  double prefill_per_token = 0;
  double decode_fixed = 0;
  double decode_per_sequence = 0;
  double lora_load = 0;
  double jitter = 0;  // up to this share more or less per step
  std::uint64_t seed = 0;
};

struct EngineRequest {
  RequestId id = 0;
  std::uint32_t prompt_tokens = 0;
  std::uint32_t output_tokens = 0;  // 0: only the prompt is computed, as for an embedding
  bool every_token = false;         // progress with every token, not only at the end
  bool cut_off = false;             // ends because of a limit
  int adapter = -1;
  // Of the full blocks of prompt and answer, chained.
  std::vector<std::uint64_t> hashes;
};

// What has come out of a step for one request.
struct Progress {
  RequestId id;
  std::uint32_t tokens;  // all so far
  std::uint32_t cached_tokens;
  bool finished;
};

struct EngineCounts {
  EngineCounts();
  std::uint64_t prompt_tokens = 0;
  std::uint64_t generation_tokens = 0;
  std::uint64_t cache_queries = 0;  // in tokens
  std::uint64_t cache_hits = 0;
  std::uint64_t preemptions = 0;
  std::uint64_t stopped = 0;
  std::uint64_t cut_off = 0;
  std::uint64_t aborted = 0;
  Histogram first_token;
  Histogram between_tokens;
  Histogram whole;
};

class Engine {
 public:
  explicit Engine(const EngineSettings& settings);

  // Whether a request of this size can ever run.
  bool fits(std::uint64_t tokens) const;
  void submit(EngineRequest request, Nanoseconds now);
  // Its slot, blocks and adapter are free at once. False where there is no such request.
  bool cancel(RequestId id);
  // When there is something to do; nothing while idle.
  std::optional<Nanoseconds> next() const;
  // Ends the steps that are over by `now`, begins the next ones, and appends what came out.
  void advance(Nanoseconds now, std::vector<Progress>& out);
  // From the next step on every step takes so many times as long.
  void slow_down(double factor) { slowness_ = factor; }
  // Counters start again and cached blocks that nobody holds are forgotten.
  void reset();

  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  const KvCache& cache() const { return cache_; }
  const EngineCounts& counts() const { return counts_; }
  const EngineSettings& settings() const { return settings_; }
  // Adapters with running and with waiting requests, each once, in rising order; and all that are loaded.
  std::vector<int> running_adapters() const;
  std::vector<int> waiting_adapters() const;
  const std::vector<int>& loaded_adapters() const { return loaded_; }

 private:
  struct Sequence {
    EngineRequest request;
    Nanoseconds arrival = 0;
    Nanoseconds last_token = 0;
    std::uint32_t computed = 0;  // tokens that the cache holds
    std::uint32_t generated = 0;
    std::uint32_t cached = 0;
    std::uint32_t share = 0;  // tokens that the step under way computes
    std::uint32_t published = 0;
    std::vector<KvCache::Block> blocks;

    // After it was interrupted it computes its own answer again, too.
    std::uint32_t known() const { return request.prompt_tokens + generated; }
  };

  template <typename Sequences>
  std::vector<int> adapters_of(const Sequences& sequences) const;
  void begin_step(Nanoseconds now);
  void end_step(std::vector<Progress>& out);
  bool end_of(Sequence& sequence, std::vector<Progress>& out);
  void make_room();
  bool admit(Sequence& sequence);
  bool has_slot(int adapter);
  bool load(int adapter);
  // A loaded one that no running request uses.
  std::vector<int>::iterator idle_adapter();
  void publish(Sequence& sequence);

  EngineSettings settings_;
  KvCache cache_;
  EngineCounts counts_;
  Random random_;
  std::unordered_map<RequestId, Sequence> sequences_;
  std::vector<Sequence*> running_;  // in the order in which they were admitted
  std::deque<Sequence*> waiting_;
  std::vector<int> loaded_;  // adapters, least recently used first
  double slowness_ = 1;
  bool stepping_ = false;
  Nanoseconds step_end_ = 0;
};

}  // namespace shunt::sim
