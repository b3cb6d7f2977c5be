// SPDX-License-Identifier: Apache-2.0
#include "settings/endpoint_settings.hpp"

#include <array>

#include "settings/section.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 2> kDiscoveryKeys = {"files", "dns"};
constexpr std::array<std::string_view, 2> kFileKeys = {"path", "watch"};
constexpr std::array<std::string_view, 5> kDnsKeys = {"name", "type", "port", "intervalMs", "labels"};
constexpr std::array<std::string_view, 3> kTypes = {"A", "AAAA", "SRV"};

// Calls `read` with every object of a list.
template <class Read>
void each(const ObjectReader& parent, std::string_view key, const ReadContext& context, Read read) {
  const json::array* list = parent.list(key);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string pointer = child_pointer(parent.pointer(key), i);
    if (const json::object* object = context.object((*list)[i], pointer, "each element of " + parent.what(key))) {
      read(*object, pointer);
    }
  }
}

void read_file(const json::object& object, const std::string& pointer, const std::filesystem::path& folder,
               const ReadContext& context, EndpointSettings& settings) {
  ObjectReader reader(object, pointer, "the discovery file", context);
  reader.allow(kFileKeys);
  const auto path = reader.required_text("path");
  if (!path) return;
  settings.files.push_back({folder / *path, reader.flag("watch").value_or(true)});
}

void read_name(const json::object& object, const std::string& pointer, const ReadContext& context,
               EndpointSettings& settings) {
  ObjectReader reader(object, pointer, "the DNS name", context);
  reader.allow(kDnsKeys);
  DnsDiscoverySettings out;
  out.name = reader.required_text("name").value_or("");
  if (const auto type = reader.word("type", kTypes)) out.type = static_cast<DnsDiscoverySettings::Type>(*type);
  if (const auto port = reader.integer("port", 1, 65535)) out.port = static_cast<std::uint16_t>(*port);
  if (const auto interval = reader.integer("intervalMs", 100, kDayMs)) out.interval_ms = *interval;
  if (const json::object* labels = reader.object("labels")) {
    for (const auto& label : *labels) {
      if (context.text(label.value(), child_pointer(reader.pointer("labels"), label.key()), "a label")) {
        out.labels.emplace_back(label.key(), label.value().get_string());
      }
    }
  }
  const bool needs_port = out.type != DnsDiscoverySettings::Type::Srv;
  if (needs_port && reader.member("port") == nullptr) reader.missing("port", "the DNS name");
  if (!needs_port && reader.member("port") != nullptr) {
    context.error(reader.pointer("port"), At::Key, "C406", "SRV records bring their own ports: leave out \"port\"");
  }
  if (!out.name.empty()) settings.names.push_back(std::move(out));
}

}  // namespace

EndpointSettings read_endpoint_settings(const ObjectReader& root, const std::filesystem::path& folder,
                                        const ReadContext& context) {
  EndpointSettings settings;
  if (const json::array* list = root.list("endpoints")) {
    settings.endpoints =
        read_endpoint_list(context.document, *list, root.pointer("endpoints"), folder, context.diagnostics);
  }
  const Section discovery(root, "discovery", kDiscoveryKeys, context);
  each(discovery.reader(), "files", context, [&](const json::object& object, const std::string& pointer) {
    read_file(object, pointer, folder, context, settings);
  });
  each(discovery.reader(), "dns", context,
       [&](const json::object& object, const std::string& pointer) { read_name(object, pointer, context, settings); });
  return settings;
}

}  // namespace shunt::host
