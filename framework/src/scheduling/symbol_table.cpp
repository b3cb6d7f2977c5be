// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/symbol_table.hpp>

#include "scheduling/hash.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace shunt {

// Readers follow two atomic pointers: the hash table, replaced as a whole when it grows, and the chunks that hold the texts,
// which never move. Old hash tables are kept: their sizes double, so together they are no larger than the current one.
struct SymbolTable::State {
  static constexpr std::uint32_t kChunkBits = 12;
  static constexpr std::uint32_t kChunk = 1u << kChunkBits;
  static constexpr std::uint32_t kChunks = 1u << 16;

  struct Table {
    explicit Table(std::size_t size) : mask(size - 1), slots(size) {}
    std::size_t mask;
    std::vector<std::atomic<Symbol>> slots;  // 0: empty
  };

  std::mutex writers;
  std::atomic<std::uint32_t> size{0};
  std::atomic<const Table*> table{nullptr};
  std::vector<std::unique_ptr<Table>> tables;
  std::unique_ptr<std::atomic<std::string*>[]> chunks{new std::atomic<std::string*>[kChunks] {}};
  std::vector<std::unique_ptr<std::string[]>> owned_chunks;

  const std::string& text(Symbol symbol) const {
    const Symbol index = symbol - 1;
    return chunks[index >> kChunkBits].load(std::memory_order_acquire)[index & (kChunk - 1)];
  }

  static void insert(Table& into, std::uint64_t hash, Symbol symbol) {
    std::size_t at = hash & into.mask;
    while (into.slots[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & into.mask;
    into.slots[at].store(symbol, std::memory_order_release);
  }

  void grow() {
    auto larger = std::make_unique<Table>(tables.empty() ? 1024 : (tables.back()->mask + 1) * 2);
    for (Symbol symbol = 1; symbol <= size.load(std::memory_order_relaxed); ++symbol) {
      insert(*larger, hash_bytes(text(symbol)), symbol);
    }
    table.store(larger.get(), std::memory_order_release);
    tables.push_back(std::move(larger));
  }
};

SymbolTable& SymbolTable::process() {
  static SymbolTable table;
  return table;
}

SymbolTable::SymbolTable() : state_(std::make_unique<State>()) { state_->grow(); }
SymbolTable::~SymbolTable() = default;

Symbol SymbolTable::intern(std::string_view text) {
  if (text.empty()) return 0;
  if (const Symbol known = find(text); known != 0) return known;
  const std::lock_guard lock(state_->writers);
  if (const Symbol known = find(text); known != 0) return known;
  const std::uint32_t index = state_->size.load(std::memory_order_relaxed);
  if ((index >> State::kChunkBits) == state_->owned_chunks.size()) {
    state_->owned_chunks.push_back(std::make_unique<std::string[]>(State::kChunk));
    state_->chunks[index >> State::kChunkBits].store(state_->owned_chunks.back().get(), std::memory_order_release);
  }
  state_->owned_chunks.back()[index & (State::kChunk - 1)] = std::string(text);
  state_->size.store(index + 1, std::memory_order_release);
  if ((index + 1) * 2 > state_->tables.back()->mask) {
    state_->grow();
  } else {
    State::insert(*state_->tables.back(), hash_bytes(text), index + 1);
  }
  return index + 1;
}

Symbol SymbolTable::find(std::string_view text) const noexcept {
  const State::Table& table = *state_->table.load(std::memory_order_acquire);
  for (std::size_t at = hash_bytes(text) & table.mask;; at = (at + 1) & table.mask) {
    const Symbol symbol = table.slots[at].load(std::memory_order_acquire);
    if (symbol == 0 || state_->text(symbol) == text) return symbol;
  }
}

std::string_view SymbolTable::text(Symbol symbol) const noexcept {
  if (symbol == 0 || symbol > state_->size.load(std::memory_order_acquire)) return {};
  return state_->text(symbol);
}

std::uint32_t SymbolTable::size() const noexcept { return state_->size.load(std::memory_order_acquire); }

}  // namespace shunt
