// SPDX-License-Identifier: Apache-2.0
#include "holder_sets.hpp"

namespace approx_prefix {
namespace {

constexpr std::memory_order kRelaxed = std::memory_order_relaxed;
constexpr std::memory_order kRelease = std::memory_order_release;

}  // namespace

HolderSets::HolderSets() { words_.append(); }  // run 0 is "none"

unsigned HolderSets::log2_capacity(std::uint32_t run) const noexcept {
  return static_cast<unsigned>(words_[run].load(kRelaxed));
}

EndpointId HolderSets::lane(std::uint32_t run, std::uint32_t at) const noexcept {
  return static_cast<EndpointId>(words_[run + 1 + at / 4].load(kRelaxed) >> (at % 4 * 16));
}

void HolderSets::set_lane(std::uint32_t run, std::uint32_t at, EndpointId endpoint) noexcept {
  std::atomic<std::uint64_t>& word = words_[run + 1 + at / 4];
  const unsigned shift = at % 4 * 16;
  word.store((word.load(kRelaxed) & ~(kLaneMask << shift)) | std::uint64_t{endpoint} << shift, kRelease);
}

std::uint32_t HolderSets::node(std::uint32_t run, std::uint32_t at) const noexcept {
  return static_cast<std::uint32_t>(words_[run + 1 + capacity(run) / 4 + at / 2].load(kRelaxed) >> (at % 2 * 32));
}

void HolderSets::set_node(std::uint32_t run, std::uint32_t at, std::uint32_t value) noexcept {
  std::atomic<std::uint64_t>& word = words_[run + 1 + capacity(run) / 4 + at / 2];
  const unsigned shift = at % 2 * 32;
  word.store((word.load(kRelaxed) & ~(std::uint64_t{UINT32_MAX} << shift)) | std::uint64_t{value} << shift, kRelaxed);
}

std::uint32_t HolderSets::home(std::uint32_t run, EndpointId endpoint) const noexcept {
  return (endpoint * 0x9e3779b1u) >> (32 - log2_capacity(run));
}

std::uint32_t HolderSets::position(std::uint32_t run, EndpointId endpoint) const noexcept {
  const std::uint32_t mask = capacity(run) - 1;
  std::uint32_t at = home(run, endpoint);
  for (EndpointId found = lane(run, at); found != 0 && found != endpoint; found = lane(run, at)) at = (at + 1) & mask;
  return at;
}

std::uint32_t HolderSets::find(const Block& block, EndpointId endpoint) const noexcept {
  const Holders holders = block.holders.load(kRelaxed);
  if (spilled(holders)) {
    const std::uint32_t run = offset(holders);
    const std::uint32_t at = position(run, endpoint);
    return lane(run, at) == endpoint ? node(run, at) : 0;
  }
  for (std::size_t i = 0; i < block.nodes.size(); ++i) {
    if ((holders >> (i * 16) & kLaneMask) == endpoint) return block.nodes[i];
  }
  return 0;
}

void HolderSets::add(Block& block, EndpointId endpoint, std::uint32_t node_index) {
  const Holders holders = block.holders.load(kRelaxed);
  const std::uint32_t before = count(holders);
  if (spilled(holders)) {
    std::uint32_t run = offset(holders);
    if ((before + 1) * 4 > capacity(run) * 3) {
      const std::uint32_t larger = copy_run(run, log2_capacity(run) + 1);
      free_run(run);
      run = larger;
    }
    place(run, endpoint, node_index);
    block.holders.store(spill(run, before + 1), kRelease);
  } else if (before < block.nodes.size()) {
    block.nodes[before] = node_index;
    block.holders.store(holders | std::uint64_t{endpoint} << (before * 16), kRelease);
  } else {
    const std::uint32_t run = allocate_run(kSmallestLog2);
    for (std::size_t i = 0; i < block.nodes.size(); ++i) {
      place(run, static_cast<EndpointId>(holders >> (i * 16) & kLaneMask), block.nodes[i]);
    }
    place(run, endpoint, node_index);
    block.holders.store(spill(run, before + 1), kRelease);
  }
}

void HolderSets::remove(Block& block, EndpointId endpoint) noexcept {
  const Holders holders = block.holders.load(kRelaxed);
  const std::uint32_t after = count(holders) - 1;
  if (spilled(holders)) {
    const std::uint32_t run = offset(holders);
    erase_from_run(run, endpoint);
    // One below the size that fits, so that a holder that comes and goes does not move the set each time.
    if (after < block.nodes.size()) {
      move_inline(block, run);
      free_run(run);
    } else {
      block.holders.store(spill(shrunk(run, after), after), kRelease);
    }
    return;
  }
  std::size_t at = 0;
  while ((holders >> (at * 16) & kLaneMask) != endpoint) ++at;
  const std::uint64_t last = holders >> (after * 16);
  const std::uint64_t without_last = holders & ~(kLaneMask << (after * 16));
  const std::uint64_t moved = at == after ? 0 : (last ^ std::uint64_t{endpoint}) << (at * 16);
  block.nodes[at] = block.nodes[after];
  block.holders.store(without_last ^ moved, kRelease);
}

std::uint32_t HolderSets::allocate_run(unsigned log2) {
  const std::uint32_t lanes = 1u << log2;
  std::uint32_t run = free_runs_[log2];
  if (run == 0) {
    run = words_.append(1 + lanes / 4 + lanes / 2);
    words_[run].store(log2, kRelaxed);
    return run;
  }
  free_runs_[log2] = node(run, 0);
  for (std::uint32_t i = 0; i < lanes / 4; ++i) words_[run + 1 + i].store(0, kRelaxed);
  return run;
}

void HolderSets::free_run(std::uint32_t run) noexcept {
  const unsigned log2 = log2_capacity(run);
  set_node(run, 0, free_runs_[log2]);
  free_runs_[log2] = run;
}

std::uint32_t HolderSets::copy_run(std::uint32_t from, unsigned log2) {
  const std::uint32_t to = allocate_run(log2);
  const std::uint32_t lanes = capacity(from);
  for (std::uint32_t at = 0; at < lanes; ++at) {
    if (const EndpointId endpoint = lane(from, at); endpoint != 0) place(to, endpoint, node(from, at));
  }
  return to;
}

// Readers pay for the capacity of a run, so a set that lost most of its holders moves to a smaller one.
std::uint32_t HolderSets::shrunk(std::uint32_t run, std::uint32_t holders) noexcept {
  if (holders * 8 >= capacity(run)) return run;
  try {
    const std::uint32_t smaller = copy_run(run, log2_capacity(run) - 1);
    free_run(run);
    return smaller;
  } catch (const std::bad_alloc&) {
    return run;
  }
}

void HolderSets::place(std::uint32_t run, EndpointId endpoint, std::uint32_t node_index) noexcept {
  const std::uint32_t at = position(run, endpoint);
  set_node(run, at, node_index);
  set_lane(run, at, endpoint);
}

// Linear probing without tombstones: what follows moves up, unless it already stands at or behind its home.
void HolderSets::erase_from_run(std::uint32_t run, EndpointId endpoint) noexcept {
  const std::uint32_t mask = capacity(run) - 1;
  std::uint32_t hole = position(run, endpoint);
  for (std::uint32_t at = (hole + 1) & mask; lane(run, at) != 0; at = (at + 1) & mask) {
    const EndpointId mover = lane(run, at);
    if (((at - home(run, mover)) & mask) < ((at - hole) & mask)) continue;
    set_node(run, hole, node(run, at));
    set_lane(run, hole, mover);
    hole = at;
  }
  set_lane(run, hole, 0);
}

void HolderSets::move_inline(Block& block, std::uint32_t run) noexcept {
  Holders holders = 0;
  std::size_t n = 0;
  const std::uint32_t lanes = capacity(run);
  for (std::uint32_t at = 0; at < lanes; ++at) {
    const EndpointId endpoint = lane(run, at);
    if (endpoint == 0) continue;
    holders |= std::uint64_t{endpoint} << (n * 16);
    block.nodes[n++] = node(run, at);
  }
  block.holders.store(holders, kRelease);
}

}  // namespace approx_prefix
