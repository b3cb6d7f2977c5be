// SPDX-License-Identifier: Apache-2.0
// Filters by the stage of inference that an endpoint takes, as its label llm-d.ai/role tells.
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace role_filters {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Symbol;
using shunt::sdk::View;

class RoleFilter {
 public:
  static constexpr std::string_view kReads[] = {"label:llm-d.ai/role"};

  void filter(const Cycle&, View view, std::span<std::uint8_t> keep) const {
    const auto role = role_(view);
    for (std::size_t i = 0; i < keep.size(); ++i) {
      keep[i] = (role.has(i) ? accepts(role[i]) : keeps_bare_) ? 1 : 0;
    }
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    const auto role = role_(view);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (role.has(i) && !accepts(role[i])) reason[i] = with_prefix(cycle, cycle.symbol_text(role[i]));
      if (!role.has(i) && !keeps_bare_) reason[i] = shunt::sdk::to_abi("no llm-d.ai/role label");
    }
  }

 protected:
  // `keeps_bare`: endpoints without the label too.
  RoleFilter(Init& init, std::initializer_list<std::string_view> roles, bool keeps_bare)
      : role_(init.label("llm-d.ai/role")), keeps_bare_(keeps_bare) {
    for (const std::string_view role : roles) accepted_.push_back(init.intern(role));
  }

 private:
  bool accepts(Symbol role) const { return std::find(accepted_.begin(), accepted_.end(), role) != accepted_.end(); }

  static shunt_str with_prefix(const Cycle& cycle, std::string_view role) {
    constexpr std::string_view kPrefix = "role=";
    const std::span<char> text = cycle.allocate<char>(kPrefix.size() + role.size());
    if (text.empty()) return {};
    std::copy(role.begin(), role.end(), std::copy(kPrefix.begin(), kPrefix.end(), text.begin()));
    return {text.data(), text.size()};
  }

  Column<Symbol> role_;
  std::vector<Symbol> accepted_;
  bool keeps_bare_;
};

class DecodeFilter : public RoleFilter {
 public:
  SHUNT_PLUGIN("decode-filter", "1.0.0", "Keeps endpoints that decode, and those without a role")
  explicit DecodeFilter(Init& init)
      : RoleFilter(init, {"decode", "prefill-decode", "both", "encode-prefill-decode"}, true) {}
};

class PrefillFilter : public RoleFilter {
 public:
  SHUNT_PLUGIN("prefill-filter", "1.0.0", "Keeps endpoints that prefill")
  explicit PrefillFilter(Init& init)
      : RoleFilter(init, {"prefill", "encode-prefill", "prefill-decode", "both", "encode-prefill-decode"}, false) {}
};

class EncodeFilter : public RoleFilter {
 public:
  SHUNT_PLUGIN("encode-filter", "1.0.0", "Keeps endpoints that encode multimodal input")
  explicit EncodeFilter(Init& init) : RoleFilter(init, {"encode", "encode-prefill", "encode-prefill-decode"}, false) {}
};

}  // namespace role_filters

using role_filters::DecodeFilter;
using role_filters::EncodeFilter;
using role_filters::PrefillFilter;
SHUNT_LIBRARY(DecodeFilter, PrefillFilter, EncodeFilter)
