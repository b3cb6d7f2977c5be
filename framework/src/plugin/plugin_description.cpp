// SPDX-License-Identifier: Apache-2.0
#include <shunt/abi/abi.h>

#include <algorithm>
#include <array>
#include <shunt/framework/plugin_description.hpp>

namespace shunt {
namespace {

struct KindNames {
  Kind kind;
  std::string_view text;
  std::string_view interface_id;
};

constexpr std::array<KindNames, 5> kKinds = {{{Kind::Filter, "filter", SHUNT_FILTER_ID},
                                              {Kind::Scorer, "scorer", SHUNT_SCORER_ID},
                                              {Kind::Picker, "picker", SHUNT_PICKER_ID},
                                              {Kind::ProfileHandler, "profile handler", SHUNT_PROFILE_HANDLER_ID},
                                              {Kind::Swapper, "swapper", SHUNT_SWAPPER_ID}}};

const KindNames& names_of(Kind kind) {
  // Kind has exactly these values, so the search always ends before the end.
  return *std::find_if(kKinds.begin(), kKinds.end() - 1, [kind](const KindNames& names) { return names.kind == kind; });
}

}  // namespace

std::string_view to_string(Kind kind) { return names_of(kind).text; }

bool PluginDescription::offers(std::string_view interface_id) const {
  return std::find(interfaces.begin(), interfaces.end(), interface_id) != interfaces.end();
}

bool PluginDescription::offers(Kind kind) const { return offers(names_of(kind).interface_id); }

bool PluginDescription::is_supporting() const {
  return std::none_of(kKinds.begin(), kKinds.end(),
                      [this](const KindNames& names) { return offers(names.interface_id); });
}

}  // namespace shunt
