// SPDX-License-Identifier: Apache-2.0
// endpoints_file.hpp: reads the endpoints file: who there is, and what is known about each.
//
//   std::optional<EndpointsFile> endpoints = read_endpoints(document, folder, diagnostics);
//   if (endpoints) register_attributes(*endpoints, *attributes, diagnostics);
#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <shunt/framework/attribute.hpp>
#include <shunt/framework/document.hpp>
#include <shunt/framework/endpoint_table.hpp>
#include <string>
#include <vector>

namespace shunt::host {

// A value written in the file.
struct WrittenAttribute {
  std::string pointer;
  std::string name;
  AttributeValue value;
  std::optional<std::int64_t> as_of_ns;  // when it was measured, where the file says so
};

struct EndpointEntry {
  std::string pointer;
  EndpointDefinition definition;
  std::vector<WrittenAttribute> attributes;
  bool has_metrics = false;
  std::string metrics;       // the captured page
  std::string metrics_path;  // where it was read from
  std::int64_t metrics_age_ns = 0;
  bool sound = true;  // nothing in it is wrong
};

struct EndpointsFile {
  Document document;
  std::vector<EndpointEntry> endpoints;  // in file order; those that are wrong are left out

  bool has_metrics() const;
};

// Reports every problem it can see. Empty only where there is no list of endpoints at all. `folder`: what names of metrics
// pages count from.
std::optional<EndpointsFile> read_endpoints(const Document& document, const std::filesystem::path& folder,
                                            Diagnostics& diagnostics);

// The entries of a list that stands at `pointer` of another document.
std::vector<EndpointEntry> read_endpoint_list(const Document& document, const boost::json::array& list,
                                              const std::string& pointer, const std::filesystem::path& folder,
                                              Diagnostics& diagnostics);

// Makes attributes of the file's own known, so that plugins may ask for them. Call before the generation is built.
void register_attributes(const EndpointsFile& file, AttributeTable& attributes, Diagnostics& diagnostics);

}  // namespace shunt::host
