// SPDX-License-Identifier: Apache-2.0
#include "endpoints_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <shunt/framework/config.hpp>
#include <unordered_map>
#include <utility>

#include "address.hpp"
#include "field_reader.hpp"
#include "file_io.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 2> kFileKeys = {"schema", "endpoints"};
constexpr std::array<std::string_view, 7> kEndpointKeys = {"name",        "address",      "labels", "attributes",
                                                           "metricsFile", "metricsAgeMs", "asOfNs"};
constexpr std::array<std::string_view, 8> kCounts = {
    "queue",           "running",           "kv_cache_block_size", "in_flight", "in_flight_tokens",
    "kv_cache_blocks", "max_active_models", "max_concurrency"};
constexpr std::array<std::string_view, 2> kShares = {"kv_cache_usage", "load"};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

const CanonicalAttribute* find_canonical(std::string_view name) {
  const auto& all = canonical_attributes();
  const auto it = std::ranges::find(all, name, &CanonicalAttribute::name);
  return it != all.end() ? &*it : nullptr;
}

// These columns come from elsewhere in the entry.
bool is_reserved(std::string_view name) { return name.starts_with(kLabelPrefix) || name.starts_with("endpoint:"); }

std::optional<AttributeType> natural_type(const json::value& value) {
  if (value.is_number()) return AttributeType::Number;
  if (value.is_bool()) return AttributeType::Flag;
  if (value.is_string()) return AttributeType::Name;
  if (value.is_array()) return AttributeType::Set;
  return std::nullopt;
}

// A list without repetitions: it is a set.
std::optional<AttributeValue> read_set(const FieldReader& attributes, std::string_view name) {
  const json::array* list = attributes.list(name);
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> members;
  bool good = true;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json::string* text = (*list)[i].if_string();
    if (text == nullptr) {
      attributes.file().error(
          child_pointer(attributes.pointer(name), i), At::Value, "E103",
          "each element of " + attributes.what(name) + " must be a string, found " + describe((*list)[i]));
      good = false;
    } else if (std::ranges::find(members, std::string_view(*text)) == members.end()) {
      members.emplace_back(*text);
    }
  }
  if (!good) return std::nullopt;
  return AttributeValue(std::move(members));
}

std::optional<AttributeValue> read_number(const FieldReader& attributes, std::string_view name, bool measured) {
  const bool live = name == "in_flight" || name == "in_flight_tokens";
  if (live) {
    // These are counters of requests, not measurements: no half request was ever sent.
    const auto count = attributes.count(name);
    return count ? std::optional<AttributeValue>(static_cast<double>(*count)) : std::nullopt;
  }
  const double least = is_one_of(name, kCounts) || is_one_of(name, kShares) ? 0.0 : -kInfinity;
  const double most = is_one_of(name, kShares) ? 1.0 : kInfinity;
  const auto number = attributes.number(name, least, most);
  if (!number) return std::nullopt;
  // What somebody wrote down is counted in whole ones. What was measured is as it was on a page: an average may be there.
  if (!measured && is_one_of(name, kCounts) && std::trunc(*number) != *number) {
    attributes.file().error(
        attributes.pointer(name), At::Value, "E105",
        attributes.what(name) + " must be a whole number, found " + describe(*attributes.member(name)));
    return std::nullopt;
  }
  return AttributeValue(*number);
}

std::optional<AttributeValue> read_attribute(const FieldReader& attributes, std::string_view name, bool measured) {
  const json::value* value = attributes.member(name);
  if (value == nullptr) return std::nullopt;
  const CanonicalAttribute* canonical = find_canonical(name);
  const std::optional<AttributeType> type = canonical != nullptr ? canonical->type : natural_type(*value);
  if (!type) {
    attributes.wrong_type(name, "a number, true or false, a string, or a list of strings", *value);
    return std::nullopt;
  }
  switch (*type) {
    case AttributeType::Number: return read_number(attributes, name, measured);
    case AttributeType::Set: return read_set(attributes, name);
    case AttributeType::Flag: {
      const auto flag = attributes.flag(name);
      return flag ? std::optional<AttributeValue>(*flag) : std::nullopt;
    }
    case AttributeType::Name: break;
  }
  const auto text = attributes.filled_text(name);
  return text ? std::optional<AttributeValue>(*text) : std::nullopt;
}

class EndpointsReader {
 public:
  EndpointsReader(const Document& document, std::filesystem::path folder, Diagnostics& diagnostics)
      : file_{document, diagnostics, 1}, folder_(std::move(folder)) {}

  std::optional<EndpointsFile> read() {
    const json::value& root = file_.document.root();
    if (!root.is_object()) {
      file_.error("", At::Value, "E103",
                  "an endpoints file must be an object with \"endpoints\", found " +
                      (root.is_null() ? std::string("nothing") : describe(root)));
      return std::nullopt;
    }
    const FieldReader reader(file_, root.get_object(), "", "");
    reader.allow(kFileKeys);
    if (const auto schema = reader.count("schema"); schema && *schema != 1) {
      file_.error("/schema", At::Value, "E105", "this program reads schema 1, found " + std::to_string(*schema));
    }
    if (reader.member("endpoints") == nullptr) {
      file_.error("", At::Value, "E104", "the file has no \"endpoints\"", {}, {"an empty pool is \"endpoints\": []"});
      return std::nullopt;
    }
    const json::array* list = reader.list("endpoints");
    if (list == nullptr) return std::nullopt;
    return EndpointsFile{file_.document, read_list(*list, "/endpoints")};
  }

  std::vector<EndpointEntry> read_list(const json::array& list, const std::string& pointer) {
    std::vector<EndpointEntry> out;
    for (std::size_t i = 0; i < list.size(); ++i) read_endpoint(list[i], child_pointer(pointer, i), out);
    return out;
  }

 private:
  void read_endpoint(const json::value& value, const std::string& pointer, std::vector<EndpointEntry>& out) {
    const std::size_t errors_before = file_.diagnostics.errors();
    const json::object* object = value.if_object();
    if (object == nullptr) {
      file_.error(pointer, At::Value, "E103", "an endpoint must be an object, found " + describe(value));
      return;
    }
    const json::value* name = object->if_contains("name");
    const std::string where = name != nullptr && name->is_string() ? "endpoint " + in_quotes(name->get_string())
                                                                   : "endpoint " + std::to_string(out.size() + 1);
    const FieldReader reader(file_, *object, pointer, where);
    reader.allow(kEndpointKeys);
    EndpointEntry entry;
    entry.pointer = pointer;
    if (name == nullptr) file_.error(pointer, At::Value, "E104", where + " has no \"name\"");
    entry.definition.name = reader.filled_text("name").value_or("");
    read_address(reader, entry);
    entry.definition.labels = reader.texts("labels");
    read_attributes(reader, where, entry);
    read_metrics(reader, entry);
    if (entry.definition.name.empty()) return;
    if (!is_new(entry)) return;
    entry.sound = file_.diagnostics.errors() == errors_before;
    out.push_back(std::move(entry));
  }

  void read_address(const FieldReader& reader, EndpointEntry& entry) {
    const auto address = reader.filled_text("address");
    if (!address) return;
    if (const std::string_view problem = problem_of_address(*address); !problem.empty()) {
      file_.error(reader.pointer("address"), At::Value, "E205",
                  reader.what("address") + " " + std::string(problem) + ", found " + in_quotes(*address), {},
                  {"it has the form host:port, as in 10.0.0.1:8000 or [::1]:8000"});
    }
    entry.definition.address = *address;
  }

  bool is_new(const EndpointEntry& entry) {
    const std::string pointer = entry.pointer + "/name";
    const auto [known, added] = first_.emplace(entry.definition.name, file_.line_of(pointer, At::Value));
    if (!added) {
      file_.error(pointer, At::Value, "E106", "duplicate endpoint name " + in_quotes(entry.definition.name), {},
                  {"the first one is at line " + std::to_string(known->second)});
    }
    return added;
  }

  void read_attributes(const FieldReader& endpoint, const std::string& where, EndpointEntry& entry) {
    const json::object* attributes = endpoint.members("attributes");
    if (attributes == nullptr) return;
    const FieldReader reader(file_, *attributes, endpoint.pointer("attributes"), where);
    const json::object* times = endpoint.members("asOfNs");
    for (const auto& member : *attributes) {
      const std::string_view name = member.key();
      if (is_reserved(name)) {
        file_.error(reader.pointer(name), At::Key, "E204", "the attribute name " + in_quotes(name) + " is reserved");
        continue;
      }
      auto value = read_attribute(reader, name, times != nullptr && times->contains(name));
      if (!value) continue;
      WrittenAttribute& written = entry.attributes.emplace_back();
      written.pointer = reader.pointer(name);
      written.name = name;
      written.value = std::move(*value);
      if (times != nullptr) {
        written.as_of_ns = FieldReader(file_, *times, endpoint.pointer("asOfNs"), where).integer(name);
      }
    }
  }

  void read_metrics(const FieldReader& endpoint, EndpointEntry& entry) {
    entry.metrics_age_ns = endpoint.duration_ns("metricsAgeMs").value_or(0);
    const auto name = endpoint.filled_text("metricsFile");
    if (!name) return;
    const std::filesystem::path path = folder_ / *name;
    auto text = read_file(path);
    if (!text) {
      file_.error(endpoint.pointer("metricsFile"), At::Value, text.error().code,
                  "the metrics page of " + in_quotes(entry.definition.name) + ": " + text.error().message, {},
                  {"tried " + path.string()});
      return;
    }
    entry.has_metrics = true;
    entry.metrics_path = path.string();
    entry.metrics = std::move(*text);
  }

  InputFile file_;
  std::filesystem::path folder_;
  std::unordered_map<std::string, std::uint32_t> first_;  // name -> line
};

}  // namespace

bool EndpointsFile::has_metrics() const {
  return std::ranges::any_of(endpoints, [](const EndpointEntry& entry) { return entry.has_metrics; });
}

std::optional<EndpointsFile> read_endpoints(const Document& document, const std::filesystem::path& folder,
                                            Diagnostics& diagnostics) {
  return EndpointsReader(document, folder, diagnostics).read();
}

std::vector<EndpointEntry> read_endpoint_list(const Document& document, const json::array& list,
                                              const std::string& pointer, const std::filesystem::path& folder,
                                              Diagnostics& diagnostics) {
  return EndpointsReader(document, folder, diagnostics).read_list(list, pointer);
}

void register_attributes(const EndpointsFile& file, AttributeTable& attributes, Diagnostics& diagnostics) {
  const InputFile input{file.document, diagnostics, 1};
  for (const EndpointEntry& entry : file.endpoints) {
    for (const WrittenAttribute& written : entry.attributes) {
      if (const auto added = attributes.add(written.name, type_of(written.value)); !added) {
        input.error(written.pointer, At::Value, "E201", added.error().message);
      }
    }
  }
}

}  // namespace shunt::host
