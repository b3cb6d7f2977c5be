// SPDX-License-Identifier: Apache-2.0
#include "session_source.hpp"

#include <algorithm>
#include <utility>

namespace session_affinity {
namespace {

namespace sdk = shunt::sdk;

constexpr std::string_view kDefaultHeader = "x-session-id";

}  // namespace

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

SessionSource::SessionSource(sdk::Init& init) {
  const sdk::Parameter list = init.parameter("sessionIdConfig")["sources"];
  for (std::size_t i = 0; i < list.size(); ++i) {
    const sdk::Parameter one = list[i];
    const std::string producer = one["producer"].text("");
    const std::string attribute = one["attribute"].text("");
    Source source{.header = lower_case(one["header"].text("")), .attribute = {}};
    if (source.header.empty() == attribute.empty()) {
      throw sdk::Error("parameter " + one.pointer() + " must have either \"header\" or \"attribute\"");
    }
    if (attribute.empty() && !producer.empty()) {
      throw sdk::Error("parameter " + one.pointer() + "/producer belongs to an \"attribute\"");
    }
    if (!attribute.empty()) {
      source.attribute =
          init.value<std::string_view>(producer.empty() ? attribute : producer + "/" + attribute, SHUNT_OPTIONAL);
    }
    sources_.push_back(std::move(source));
  }
  if (sources_.empty()) sources_.push_back({.header = std::string(kDefaultHeader), .attribute = {}});
}

std::string_view SessionSource::operator()(const sdk::Cycle& cycle) const noexcept {
  for (const Source& source : sources_) {
    std::string_view id;
    if (source.header.empty()) {
      id = source.attribute(cycle).value_or(std::string_view());
    } else {
      id = cycle.request().header(source.header).value_or(std::string_view());
      // A front door may have read this header into the request, or know the session from elsewhere.
      if (id.empty() && source.header == kDefaultHeader) id = cycle.request().session();
    }
    if (!id.empty()) return id;
  }
  return {};
}

}  // namespace session_affinity
