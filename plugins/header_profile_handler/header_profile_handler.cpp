// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/profile_handler.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace {

using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Outcome;
using shunt::sdk::ProfileList;
using shunt::sdk::View;

// A header's content comes from a client: what a reason repeats of it is short and printable.
constexpr std::size_t kLongestEcho = 64;

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

class HeaderProfileHandler {
 public:
  SHUNT_PLUGIN("header-profile-handler", "1.0.0", "Runs the scheduling profile that a request header names")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "headerName": {
      "type": "string", "minLength": 1, "default": "EPP-Profile",
      "description": "Request header that names the profile, in any case"
    },
    "defaultProfile": {
      "type": "string", "minLength": 1, "default": "decode",
      "description": "Profile of requests without the header"
    }
  }
})";

  explicit HeaderProfileHandler(Init& init) : header_(lower_case(init.parameter("headerName").text("EPP-Profile"))) {
    for (std::uint32_t i = 0; i < init.profile_count(); ++i) names_.emplace_back(init.profile_name(i));
    const std::string name = init.parameter("defaultProfile").text("decode");
    default_ = init.profile(name);
    if (default_ == SHUNT_NONE) {
      throw Error("parameter /defaultProfile: \"" + name + "\" is no scheduling profile; " + known());
    }
  }

  void pick_profiles(const Cycle& cycle, View, ProfileList& next) const {
    if (!cycle.results().empty()) return;
    if (const std::uint32_t profile = wanted(cycle); profile != SHUNT_NONE) next.add(profile);
  }

  void process_results(const Cycle& cycle, View, Outcome& outcome) const {
    if (!cycle.results().empty()) {
      outcome.choose(0);
      return;
    }
    constexpr std::string_view kBefore = "there is no scheduling profile \"";
    std::array<char, kBefore.size() + kLongestEcho + 1> text{};
    const std::string_view name = cycle.request().header(header_).value_or("").substr(0, kLongestEcho);
    char* end = std::copy(kBefore.begin(), kBefore.end(), text.data());
    end =
        std::transform(name.begin(), name.end(), end, [](char c) { return c < ' ' || c > '~' || c == '"' ? '?' : c; });
    *end++ = '"';
    outcome.reject(429, "unknown-profile", {text.data(), static_cast<std::size_t>(end - text.data())});
  }

 private:
  std::uint32_t wanted(const Cycle& cycle) const {
    const std::string_view name = cycle.request().header(header_).value_or("");
    if (name.empty()) return default_;
    const auto found = std::find(names_.begin(), names_.end(), name);
    return found == names_.end() ? SHUNT_NONE : static_cast<std::uint32_t>(found - names_.begin());
  }

  std::string known() const {
    std::string list;
    for (const std::string& name : names_) list += (list.empty() ? "there are: " : ", ") + name;
    return list.empty() ? "there are none" : list;
  }

  std::string header_;
  std::vector<std::string> names_;  // by profile index
  std::uint32_t default_ = SHUNT_NONE;
};

}  // namespace

SHUNT_LIBRARY(HeaderProfileHandler)
