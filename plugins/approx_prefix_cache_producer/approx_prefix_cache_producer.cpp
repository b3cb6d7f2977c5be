// SPDX-License-Identifier: Apache-2.0
// approx-prefix-cache-producer: how many blocks of the prompt each endpoint probably has in its KV cache, judged by the
// requests that were sent there before.
#include "index_state.hpp"
#include "prompt_chain.hpp"
#include "shared_index.hpp"

#include <shunt/sdk/draft/dump.hpp>
#include <shunt/sdk/observer.hpp>
#include <shunt/sdk/producer.hpp>
#include <shunt/sdk/state.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace approx_prefix {

namespace sdk = shunt::sdk;

// Bounds scratch memory, which a host grants up to 16 MiB of.
constexpr std::size_t kMaximumBlocks = 262144;
constexpr std::size_t kMaximumCapacity = std::size_t{1} << 24;

class ApproxPrefixCacheProducer {
 public:
  SHUNT_PLUGIN("approx-prefix-cache-producer", "1.0.0",
               "Estimates from past decisions how much of a prompt each endpoint has in its KV cache")
  static constexpr std::string_view kReads[] = {"kv_cache_blocks", "kv_cache_block_size"};
  static constexpr std::string_view kDefaultProducerOf[] = {"prefix_matched_blocks", "prefix_total_blocks",
                                                            "prefix_block_size_tokens"};
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DUMP_ID};
  static constexpr std::string_view kStateVersion = "1";
  static constexpr std::uint64_t kWants = SHUNT_EVENT_BIT(SHUNT_EVENT_ENDPOINT_REMOVED);
  static constexpr std::string_view kParametersSchema = R"({
    "type": "object", "additionalProperties": false, "properties": {
      "autoTune": {"type": "boolean", "default": true,
        "description": "Take an endpoint's capacity from its KV cache where that is known"},
      "blockSizeTokens": {"type": "integer", "minimum": 1, "maximum": 65536, "default": 16,
        "description": "Tokens per block"},
      "maxPrefixBlocksToMatch": {"type": "integer", "minimum": 1, "maximum": 262144, "default": 2048,
        "description": "Blocks of a prompt that are looked at; counts only where maxPrefixTokensToMatch is 0"},
      "maxPrefixTokensToMatch": {"type": "integer", "minimum": 0, "maximum": 4194304, "default": 131072,
        "description": "Tokens of a prompt that are looked at; 0 leaves the limit to maxPrefixBlocksToMatch"},
      "lruCapacityPerServer": {"type": "integer", "minimum": 1, "maximum": 16777216, "default": 31250,
        "description": "Blocks remembered per endpoint whose KV cache is not known"}}})";

  explicit ApproxPrefixCacheProducer(sdk::Init& init)
      : auto_tune_(init.parameter("autoTune").flag(true)),
        capacity_(count(init, "lruCapacityPerServer", 31250)),
        limits_(limits(init)),
        kv_cache_blocks_(init.optional_column<double>("kv_cache_blocks")),
        kv_cache_block_size_(init.optional_column<double>("kv_cache_block_size")),
        matched_(init.output<double>(init.own_prefix(kType) + "prefix_matched_blocks")),
        total_(init.output_value<double>(init.own_prefix(kType) + "prefix_total_blocks")),
        block_size_(init.output_value<double>(init.own_prefix(kType) + "prefix_block_size_tokens")),
        prefill_(init.profile("prefill")),
        dropped_(
            init.counter("dropped_chains_total", "Prompts that were not remembered because too many came at once")),
        blocks_(init.gauge("blocks", "Distinct blocks in the index")),
        index_(std::make_unique<SharedPrefixIndex>(limits_.maximum_blocks)) {
    init.scratch(limits_.maximum_blocks * sizeof(std::uint64_t) +
                 workspace_size(limits_.maximum_blocks) * sizeof(Level));
    init.request_state(sizeof(ChainTag));
  }

  sdk::Status produce(const sdk::Cycle& cycle, sdk::View base, const sdk::Outputs& outputs) const {
    const std::span<const std::uint64_t> chain = prompt_chain(cycle, limits_, ids(cycle));
    if (chain.empty()) return SHUNT_SKIP;
    *static_cast<ChainTag*>(cycle.request_state()) = tag_of(chain);

    const std::span<double> matched = matched_(outputs).set_all_present();
    total_.set(cycle, static_cast<double>(chain.size()));
    block_size_.set(cycle, static_cast<double>(limits_.block_tokens));
    const PrefixIndex& index = index_->index();
    for (const Level& level : index.match(chain, workspace(cycle))) {
      index.for_each_holder(level, [&](std::uint64_t endpoint) {
        if (const auto row = base.find(endpoint)) matched[*row] = level.depth;
      });
    }
    return SHUNT_OK;
  }

  void picked(const sdk::Cycle& cycle, sdk::View base, const sdk::Decision& decision) const {
    if (!decision.dispatched()) return;
    std::span<const std::uint64_t> chain;
    const sdk::Results results = decision.results();
    for (std::size_t i = 0; i < results.size(); ++i) {
      const sdk::Result result = results[i];
      const bool counts = i == decision.primary_result() || result.profile() == prefill_;
      if (!counts || !result.succeeded() || result.picks().empty()) continue;
      if (chain.empty()) chain = remembered(cycle);
      const std::uint32_t row = result.picks().front();
      if (chain.empty() || row >= base.size()) continue;
      if (!index_->insert(base.key(row), chain, capacity(base, row))) cycle.host().metric_add(dropped_, 1);
    }
    if (!chain.empty()) cycle.host().metric_set(blocks_, static_cast<double>(index_->blocks()));
  }

  void events(const sdk::Context& context, const sdk::Events& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].type == SHUNT_EVENT_ENDPOINT_REMOVED) index_->purge(events[i].endpoint);
    }
    context.host().metric_set(blocks_, static_cast<double>(index_->blocks()));
  }

  // What is remembered, in numbers: block ids say nothing to people.
  std::string dump() const {
    const auto member = [](const char* name, std::size_t value) {
      return "\"" + std::string(name) + "\":" + std::to_string(value);
    };
    return "{" + member("endpoints", index_->endpoints()) + "," + member("blocks", index_->blocks()) + "," +
           member("holdings", index_->holdings()) + "," + member("bytes", index_->bytes()) + "," +
           member("block_size_tokens", limits_.block_tokens) + "," + member("maximum_blocks", limits_.maximum_blocks) +
           "," + member("default_capacity", capacity_) + "}";
  }

  void save_state(const sdk::Context& context, sdk::StateWriter& out) const {
    write_index(*index_, origin(context), out.capacity(), [&](std::span<const std::uint64_t> words) {
      out.write({reinterpret_cast<const char*>(words.data()), words.size_bytes()});
    });
  }

  // Into an index of its own: where that fails in the middle, nothing has happened.
  sdk::Status load_state(const sdk::Context& context, const sdk::SavedState& saved) {
    using enum ReadResult::Outcome;
    if (saved.version() != kStateVersion) {
      return context.fail("a prefix index of another version cannot be read", SHUNT_UNSUPPORTED);
    }
    auto restored = std::make_unique<SharedPrefixIndex>(limits_.maximum_blocks);
    const std::size_t capacity = auto_tune_ ? kMaximumCapacity : capacity_;
    const ReadResult result = read_index(saved.bytes(), origin(context), capacity, *restored);
    if (result.outcome != Restored) {
      return context.fail(std::string("the prefix index cannot be taken over: ") + result.problem,
                          result.outcome == OtherOrigin ? SHUNT_UNSUPPORTED : SHUNT_INVALID);
    }
    index_ = std::move(restored);
    context.metric_set(blocks_, static_cast<double>(index_->blocks()));
    return SHUNT_OK;
  }
  const void* extra_interface(std::string_view id) const { return sdk::dump_table<ApproxPrefixCacheProducer>(id); }

 private:
  static std::size_t count(const sdk::Init& init, std::string_view parameter, double alternative) {
    return static_cast<std::size_t>(init.parameter(parameter).number(alternative));
  }
  static ChainLimits limits(const sdk::Init& init) {
    const std::size_t block_tokens = count(init, "blockSizeTokens", 16);
    const std::size_t tokens = count(init, "maxPrefixTokensToMatch", 131072);
    const std::size_t blocks = tokens > 0 ? tokens / block_tokens : count(init, "maxPrefixBlocksToMatch", 2048);
    if (blocks == 0) throw sdk::Error("\"maxPrefixTokensToMatch\" must be at least \"blockSizeTokens\", or 0");
    return {block_tokens, std::min(blocks, kMaximumBlocks)};
  }

  IdOrigin origin(const sdk::Context& context) const noexcept {
    constexpr std::string_view kKnown = "a text of two blocks, that is, of more than one";
    std::array<std::uint64_t, 2> hashes{};
    (void)context.hash_blocks(kKnown, kKnown.size() / 2 + 1, context.hash(kType), hashes);
    return {limits_.block_tokens, hashes[1]};
  }

  std::span<std::uint64_t> ids(const sdk::Cycle& cycle) const noexcept {
    return {static_cast<std::uint64_t*>(cycle.scratch()), limits_.maximum_blocks};
  }
  Workspace workspace(const sdk::Cycle& cycle) const noexcept {
    return {reinterpret_cast<Level*>(ids(cycle).data() + limits_.maximum_blocks),
            workspace_size(limits_.maximum_blocks)};
  }
  // The chain that produce() left in this worker's scratch memory; computed anew where something else was there meanwhile.
  std::span<const std::uint64_t> remembered(const sdk::Cycle& cycle) const noexcept {
    const auto kept = recall(*static_cast<const ChainTag*>(cycle.request_state()), ids(cycle));
    return kept.empty() ? prompt_chain(cycle, limits_, ids(cycle)) : kept;
  }

  // Blocks that the endpoint's KV cache holds, in blocks of this instance's size.
  std::size_t capacity(sdk::View base, std::uint32_t row) const noexcept {
    const auto blocks = kv_cache_blocks_(base);
    if (!auto_tune_ || !blocks.has(row) || !(blocks[row] > 0)) return capacity_;
    const auto size = kv_cache_block_size_(base);
    const double scale = size.has(row) && size[row] > 0 ? size[row] / static_cast<double>(limits_.block_tokens) : 1.0;
    return static_cast<std::size_t>(std::clamp(blocks[row] * scale, 1.0, static_cast<double>(kMaximumCapacity)));
  }

  bool auto_tune_;
  std::size_t capacity_;
  ChainLimits limits_;
  sdk::Column<double> kv_cache_blocks_;
  sdk::Column<double> kv_cache_block_size_;
  sdk::Output<double> matched_;
  sdk::OutputValue<double> total_;
  sdk::OutputValue<double> block_size_;
  std::uint32_t prefill_;
  shunt_metric* dropped_;
  shunt_metric* blocks_;
  std::unique_ptr<SharedPrefixIndex> index_;
};

}  // namespace approx_prefix

using approx_prefix::ApproxPrefixCacheProducer;
SHUNT_LIBRARY(ApproxPrefixCacheProducer)
