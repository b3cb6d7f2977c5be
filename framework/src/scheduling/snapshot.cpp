// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/snapshot.hpp>

#include <new>

namespace shunt {

void Snapshot::AlignedFree::operator()(std::byte* memory) const noexcept {
  ::operator delete[](memory, std::align_val_t(64));
}

std::uint32_t Snapshot::find(std::uint64_t key) const noexcept {
  for (std::uint64_t at = key & row_index_mask_;; at = (at + 1) & row_index_mask_) {
    const std::uint32_t row = row_index_[at];
    if (row == SHUNT_NONE || keys_[row] == key) return row;
  }
}

Snapshot::Posting Snapshot::posting(AttributeId set, Symbol symbol) const noexcept {
  if (set >= postings_.size()) return {};
  const auto found = postings_[set].find(symbol);
  return found == postings_[set].end() ? Posting{} : found->second;
}

}  // namespace shunt
