// SPDX-License-Identifier: Apache-2.0
// The readers' half of the index: batched probes, bisection on depth, and the walk that needs no invariant.
#include "prefix_index.hpp"

#include <algorithm>
#include <array>

namespace approx_prefix {
namespace {

constexpr std::memory_order kAcquire = std::memory_order_acquire;

// Probes per round of the bisection while few places are open: about as many cache misses as a core keeps in flight.
constexpr std::size_t kFan = 16;

std::uint32_t holders_at(const Level& level) { return HolderSets::count(level.holders); }

// Something ends between the two, and it is not yet known where.
bool is_open(const Level& from, const Level& to) {
  return to.depth - from.depth > 1 && holders_at(from) != holders_at(to);
}

}  // namespace

std::uint32_t PrefixIndex::find(std::uint64_t id) const noexcept {
  return table_.find(id, [&](std::uint32_t number) { return blocks_[number].id.load(kAcquire) == id; });
}

// Fetches what locate() of the next batch looks at first.
void PrefixIndex::announce(std::span<const std::uint64_t> ids) const noexcept {
  for (const std::uint64_t id : ids.first(std::min(kBatch, ids.size()))) table_.prefetch(id);
}

// As find() for up to kBatch ids, with overlapping cache misses.
void PrefixIndex::locate(std::span<const std::uint64_t> ids, std::span<std::uint32_t> blocks) const noexcept {
  announce(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    // Half an id equal is nearly always the block: fetch it now, look at it later.
    blocks[i] = table_.find(ids[i], [](std::uint32_t) { return true; });
    if (blocks[i] != 0) __builtin_prefetch(&blocks_[blocks[i]]);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (blocks[i] != 0 && blocks_[blocks[i]].id.load(kAcquire) != ids[i]) blocks[i] = find(ids[i]);
  }
}

// Fills in the holders of up to kBatch levels.
void PrefixIndex::probe(std::span<const std::uint64_t> ids, std::span<Level> levels) const noexcept {
  std::array<std::uint64_t, kBatch> wanted;
  std::array<std::uint32_t, kBatch> blocks;
  for (std::size_t i = 0; i < levels.size(); ++i) wanted[i] = ids[levels[i].depth - 1];
  locate(std::span(wanted).first(levels.size()), blocks);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    levels[i].holders = 0;
    if (blocks[i] == 0) continue;
    const Block& block = blocks_[blocks[i]];
    const Holders holders = block.holders.load(kAcquire);
    // A block that was reused meanwhile carries its new id before its new holders.
    if (block.id.load(kAcquire) == wanted[i]) levels[i].holders = holders;
  }
}

std::span<const Level> PrefixIndex::match(std::span<const std::uint64_t> ids, Workspace workspace) const noexcept {
  if (ids.empty()) return {};
  Workspace now = workspace.first(ids.size());
  Workspace next = workspace.subspan(ids.size(), ids.size());
  // Most prompts are new, or repeat one that some endpoints hold to its end: the first depth and the last tell.
  std::size_t n = std::min<std::size_t>(ids.size(), 2);
  now[0].depth = 1;
  now[n - 1].depth = static_cast<std::uint32_t>(ids.size());
  probe(ids, now.first(n));
  if (holders_at(now[0]) == 0) return {};
  if (holders_at(now[0]) == holders_at(now[n - 1])) return now.subspan(n - 1, 1);

  n = std::min(ids.size(), kFan);
  // From the first depth to the last.
  for (std::size_t i = 0; i < n; ++i) {
    now[i].depth = static_cast<std::uint32_t>(1 + (n == 1 ? 0 : (ids.size() - 1) * i / (n - 1)));
  }
  probe(ids, now.first(n));

  for (;;) {
    std::size_t open = 0;
    for (std::size_t i = 0; i + 1 < n; ++i) {
      if (holders_at(now[i]) < holders_at(now[i + 1])) return walk(ids, workspace);
      if (is_open(now[i], now[i + 1])) ++open;
    }
    if (open == 0) break;
    const auto inner = static_cast<std::uint32_t>(std::clamp<std::size_t>(kFan / open, 1, kFan));
    std::array<std::uint32_t, kBatch> places;
    std::array<Level, kBatch> batch;
    std::size_t pending = 0;
    const auto flush = [&] {
      probe(ids, std::span(batch).first(pending));
      for (std::size_t i = 0; i < pending; ++i) next[places[i]] = batch[i];
      pending = 0;
    };
    std::size_t merged = 0;
    for (std::size_t i = 0; i < n; ++i) {
      next[merged++] = now[i];
      if (i + 1 == n || holders_at(now[i]) == 0) break;
      if (!is_open(now[i], now[i + 1])) continue;
      const std::uint32_t gap = now[i + 1].depth - now[i].depth;
      const std::uint32_t added = std::min(gap - 1, inner);
      for (std::uint32_t k = 1; k <= added; ++k) {
        batch[pending] = {static_cast<std::uint32_t>(now[i].depth + std::uint64_t{gap} * k / (added + 1)), 0};
        places[pending++] = static_cast<std::uint32_t>(merged++);
        if (pending == kBatch) flush();
      }
    }
    flush();
    n = merged;
    std::swap(now, next);
  }

  std::size_t levels = 0;
  for (std::size_t i = 0; i < n && holders_at(now[i]) > 0; ++i) {
    if (i + 1 < n && holders_at(now[i]) == holders_at(now[i + 1])) continue;
    now[levels++] = now[i];
  }
  return now.first(levels);
}

std::span<const Level> PrefixIndex::walk(std::span<const std::uint64_t> ids, Workspace workspace) const noexcept {
  std::size_t levels = 0;
  Level last{0, 0};
  std::array<Level, kBatch> batch;
  for (std::size_t begin = 0; begin < ids.size(); begin += kBatch) {
    const std::size_t n = std::min(kBatch, ids.size() - begin);
    for (std::size_t i = 0; i < n; ++i) batch[i].depth = static_cast<std::uint32_t>(begin + i + 1);
    announce(ids.subspan(begin + n));
    probe(ids, std::span(batch).first(n));
    for (std::size_t i = 0; i < n; ++i) {
      const bool first = last.depth == 0;
      if (!first && holders_at(batch[i]) != holders_at(last)) workspace[levels++] = last;
      // More holders than one block before: a writer is at work, and what follows is not to be trusted.
      if (holders_at(batch[i]) == 0 || (!first && holders_at(batch[i]) > holders_at(last))) {
        return workspace.first(levels);
      }
      last = batch[i];
    }
  }
  if (last.depth > 0) workspace[levels++] = last;
  return workspace.first(levels);
}

}  // namespace approx_prefix
