// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/view_builder.hpp>

#include <algorithm>
#include <utility>

#include "built_column.hpp"

namespace shunt::testing {

BuiltView::BuiltView(FakeInstance& instance, const EndpointSet& endpoints, const shunt_request& request)
    : BuiltView(instance, endpoints, request, all_rows(endpoints.size()), true) {}

BuiltView::BuiltView(FakeInstance& instance, const EndpointSet& endpoints, const shunt_request& request,
                     std::vector<std::uint32_t> base_rows)
    : BuiltView(instance, endpoints, request, std::move(base_rows), false) {}

std::vector<std::uint32_t> BuiltView::all_rows(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(i);
  return rows;
}

bool BuiltView::intact() const noexcept {
  const auto whole = [](const auto& column) { return column->intact(); };
  return keys_.intact() && base_rows_.intact() && index_.intact() &&
         std::all_of(columns_.begin(), columns_.end(), whole);
}

BuiltView::BuiltView(FakeInstance& instance, const EndpointSet& endpoints, const shunt_request& request,
                     std::vector<std::uint32_t> base_rows, bool base)
    : rows_(std::move(base_rows)), keys_(rows_.size()), base_rows_(rows_.size()) {
  std::uint64_t layout = rows_.size();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    base_rows_[i] = rows_[i];
    keys_[i] = endpoints.key(rows_[i]);
    layout = layout * 0x9e3779b97f4a7c15u + keys_[i];
  }
  for (const DeclaredColumn& declared : instance.declared.columns) {
    columns_.push_back(build_column(*instance.host, declared, endpoints, rows_, request));
    pointers_.push_back(&columns_.back()->raw);
  }
  raw_.size = sizeof raw_;
  raw_.count = static_cast<std::uint32_t>(rows_.size());
  raw_.columns = pointers_.data();
  raw_.key = keys_.data();
  raw_.base_row = base_rows_.data();
  // Only a base view is worth caching under its layout.
  if (base) raw_.layout = layout == 0 ? 1 : layout;
  if (base) build_index();
}

void BuiltView::build_index() {
  std::uint64_t capacity = 2;
  while (capacity < 2 * rows_.size()) capacity *= 2;
  index_ = PaddedArray<std::uint32_t>(capacity, SHUNT_NONE);
  for (std::uint32_t row = 0; row < raw_.count; ++row) {
    std::uint64_t at = keys_[row] & (capacity - 1);
    while (index_[at] != SHUNT_NONE) at = (at + 1) & (capacity - 1);
    index_[at] = row;
  }
  raw_.row_index = index_.data();
  raw_.row_index_mask = capacity - 1;
}

BuiltView::~BuiltView() = default;

}  // namespace shunt::testing
