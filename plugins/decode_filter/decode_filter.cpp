// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/filter.hpp>

#include <algorithm>
#include <array>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Symbol;
using shunt::sdk::View;

class DecodeFilter {
 public:
  SHUNT_PLUGIN("decode-filter", "1.0.0", "Keeps endpoints that decode, and those without a role")
  static constexpr std::string_view kReads[] = {"label:llm-d.ai/role"};

  explicit DecodeFilter(Init& init) : role_(init.label("llm-d.ai/role")) {
    std::transform(kRoles.begin(), kRoles.end(), accepted_.begin(),
                   [&](std::string_view role) { return init.intern(role); });
  }

  void filter(const Cycle&, View view, std::span<std::uint8_t> keep) const {
    const auto role = role_(view);
    for (std::size_t i = 0; i < keep.size(); ++i) {
      keep[i] = !role.has(i) || accepts(role[i]) ? 1 : 0;
    }
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    const auto role = role_(view);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (role.has(i) && !accepts(role[i])) reason[i] = with_prefix(cycle, cycle.symbol_text(role[i]));
    }
  }

 private:
  static constexpr std::array<std::string_view, 4> kRoles{"decode", "prefill-decode", "both", "encode-prefill-decode"};

  bool accepts(Symbol role) const { return std::find(accepted_.begin(), accepted_.end(), role) != accepted_.end(); }

  static shunt_str with_prefix(const Cycle& cycle, std::string_view role) {
    constexpr std::string_view kPrefix = "role=";
    const std::span<char> text = cycle.allocate<char>(kPrefix.size() + role.size());
    if (text.empty()) return {};
    std::copy(role.begin(), role.end(), std::copy(kPrefix.begin(), kPrefix.end(), text.begin()));
    return {text.data(), text.size()};
  }

  Column<Symbol> role_;
  std::array<Symbol, kRoles.size()> accepted_{};
};

}  // namespace

SHUNT_LIBRARY(DecodeFilter)
