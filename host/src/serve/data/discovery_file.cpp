// SPDX-License-Identifier: Apache-2.0
#include "data/discovery_file.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

#include "field_reader.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 5> kPeerKeys = {"name", "namespace", "address", "port", "labels"};
constexpr std::string_view kDefaultNamespace = "default";

// Only entries of the peer's file have a port or a namespace of their own.
bool is_peer_entry(const json::value& entry) {
  const json::object* object = entry.if_object();
  return object != nullptr && (object->contains("port") || object->contains("namespace"));
}

const json::array* endpoint_list(const json::value& root) {
  const json::object* object = root.if_object();
  const json::value* list = object == nullptr ? nullptr : object->if_contains("endpoints");
  return list == nullptr ? nullptr : list->if_array();
}

class PeerReader {
 public:
  PeerReader(const Document& document, Diagnostics& diagnostics) : file_{document, diagnostics, 1} {}

  DiscoveredEndpoints read(const json::array& list) {
    DiscoveredEndpoints out;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::size_t errors_before = file_.diagnostics.errors();
      EndpointEntry entry = read_entry(list[i], child_pointer("/endpoints", i), i);
      if (file_.diagnostics.errors() == errors_before)
        out.endpoints.push_back(std::move(entry));
      else
        ++out.skipped;
    }
    return out;
  }

 private:
  EndpointEntry read_entry(const json::value& value, const std::string& pointer, std::size_t index) {
    EndpointEntry entry;
    entry.pointer = pointer;
    const json::object* object = value.if_object();
    if (object == nullptr) {
      file_.error(pointer, At::Value, "E103", "an endpoint must be an object, found " + describe(value));
      return entry;
    }
    const FieldReader reader(file_, *object, pointer, "endpoint " + std::to_string(index + 1));
    reader.allow(kPeerKeys);
    for (const std::string_view key : {"name", "address", "port"}) {
      if (reader.member(key) == nullptr) file_.error(pointer, At::Value, "E104", reader.what(key) + " is missing");
    }
    const std::string name = reader.filled_text("name").value_or("");
    const std::string space = reader.text("namespace").value_or("");
    entry.definition.name = space.empty() || space == kDefaultNamespace ? name : space + "/" + name;
    entry.definition.address = read_address(reader) + ":" + read_port(reader);
    entry.definition.labels = reader.texts("labels");
    if (!name.empty() && !names_.insert(entry.definition.name).second) {
      file_.error(reader.pointer("name"), At::Value, "E106",
                  "duplicate endpoint name " + in_quotes(entry.definition.name));
    }
    return entry;
  }

  std::string read_address(const FieldReader& reader) const {
    const std::string address = reader.filled_text("address").value_or("");
    boost::system::error_code problem;
    if (!address.empty() && (boost::asio::ip::make_address_v4(address, problem), problem)) {
      file_.error(reader.pointer("address"), At::Value, "E205",
                  reader.what("address") + " must be an IPv4 address, found " + in_quotes(address));
    }
    return address;
  }

  // A string there; YAML without quotes makes a number of it.
  std::string read_port(const FieldReader& reader) const {
    const json::value* value = reader.member("port");
    if (value == nullptr) return {};
    std::string digits;
    if (const json::string* text = value->if_string())
      digits.assign(text->data(), text->size());
    else if (const auto number = as_count(*value))
      digits = std::to_string(*number);
    std::uint16_t port = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (problem != std::errc() || end != digits.data() + digits.size() || port == 0) {
      file_.error(reader.pointer("port"), At::Value, "E205",
                  reader.what("port") + " must be a port from 1 to 65535, found " + describe(*value));
    }
    return std::to_string(port);
  }

  InputFile file_;
  std::unordered_set<std::string> names_;
};

DiscoveredEndpoints sound_ones(const Document& document, const json::array& list, std::vector<EndpointEntry> read,
                               Diagnostics& diagnostics) {
  const InputFile file{document, diagnostics, 1};
  DiscoveredEndpoints out;
  for (EndpointEntry& entry : read) {
    if (!entry.sound) continue;
    if (entry.definition.address.empty()) {
      file.error(entry.pointer, At::Value, "E104",
                 "endpoint " + in_quotes(entry.definition.name) + " has no \"address\"");
      continue;
    }
    out.endpoints.push_back(std::move(entry));
  }
  out.skipped = list.size() - out.endpoints.size();
  return out;
}

}  // namespace

std::optional<DiscoveredEndpoints> read_discovery_file(const std::string& file, std::string text,
                                                       const std::filesystem::path& folder, Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.errors();
  const auto document =
      Document::parse(file, std::move(text), DocumentFormat::Detect, diagnostics, kMaximumDiscoveryBytes);
  // A key that is there twice leaves a tree, but not one that anybody meant.
  if (!document || diagnostics.errors() != errors_before) return std::nullopt;
  const json::array* list = endpoint_list(document->root());
  if (list != nullptr && std::ranges::any_of(*list, is_peer_entry))
    return PeerReader(*document, diagnostics).read(*list);
  auto read = read_endpoints(*document, folder, diagnostics);  // complains where there is no list
  if (!read || list == nullptr) return std::nullopt;
  return sound_ones(*document, *list, std::move(read->endpoints), diagnostics);
}

}  // namespace shunt::host
