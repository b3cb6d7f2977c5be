// SPDX-License-Identifier: Apache-2.0
#include "schedule_inputs.hpp"

#include <shunt/abi/extractor.h>
#include <algorithm>
#include <string_view>
#include <utility>

#include "input_warnings.hpp"
#include "requests_file.hpp"

namespace shunt::host {

namespace {

// Spaces and comments only, of either language.
bool says_nothing(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty()) return true;
    const bool block = text.starts_with("/*");
    if (!block && !text.starts_with("//") && !text.starts_with("#")) return false;
    const std::size_t end = block ? text.find("*/", 2) : text.find('\n');
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + (block ? 2 : 1));
  }
}

constexpr std::string_view kMetricsReader = "prometheus-extractor";

EndpointNames names_of(const EndpointsFile& file) {
  EndpointNames names;
  for (const EndpointEntry& entry : file.endpoints) names.insert(entry.definition.name);
  return names;
}

std::optional<NamedText> read_as(const std::string& path, std::istream& input, Diagnostics& diagnostics,
                                 std::size_t most, FileKind kind) {
  const bool standard_input = path == "-";
  auto text = standard_input ? read_stream(input, most) : read_file(path, most, kind);
  if (text) {
    return NamedText{standard_input ? "<stdin>" : path, std::move(*text),
                     standard_input ? std::filesystem::path(".") : std::filesystem::path(path).parent_path()};
  }
  Diagnostic d;
  d.code = text.error().code;
  d.file = path;
  d.message = text.error().message;
  diagnostics.add(std::move(d));
  return std::nullopt;
}

}  // namespace

std::optional<NamedText> read_named(const std::string& path, std::istream& input, Diagnostics& diagnostics) {
  return read_as(path, input, diagnostics, kMaximumFileBytes, FileKind::Any);
}

std::optional<NamedText> read_named_config(const std::string& path, std::istream& input, Diagnostics& diagnostics,
                                           FileKind kind) {
  auto text = read_as(path, input, diagnostics, Document::kMaxBytes, kind);
  if (!text || !says_nothing(text->text)) return text;
  Diagnostic d;
  d.code = "E109";
  d.file = text->name;
  d.message = "the config is empty";
  d.suggestion = "write {} where every default is meant";
  diagnostics.add(std::move(d));
  return std::nullopt;
}

void ScheduleInputs::load(std::optional<NamedText> config, std::optional<NamedText> endpoints,
                          std::optional<NamedText> requests) {
  if (config) workspace_.open(std::move(config->name), std::move(config->text), config->folder);
  std::optional<EndpointsFile> file;
  if (endpoints) {
    const auto document =
        Document::parse(std::move(endpoints->name), std::move(endpoints->text), DocumentFormat::Detect, diagnostics_);
    if (document) file = read_endpoints(*document, endpoints->folder, diagnostics_);
  }
  // A name that is missing because its endpoint is wrong is no news.
  const bool sure = file && !diagnostics_.has_errors();
  if (requests) {
    requests_ = read_requests(requests->name, std::move(requests->text), diagnostics_,
                              sure ? std::optional(names_of(*file)) : std::nullopt);
  }
  if (file) register_attributes(*file, *workspace_.attributes(), diagnostics_);
  if (file && file->has_metrics()) {
    workspace_.need_interface(SHUNT_EXTRACTOR_ID, kMetricsReader, "because the endpoints file names metrics pages");
  }
  workspace_.build();
  if (workspace_.generation() != nullptr && !workspace_.generation()->can_decide()) {
    workspace_.diagnostics().add(workspace_.config()->diagnose(
        "/plugins", At::Key, "E314", "the config has no scheduling profile, so it cannot decide"));
  }
  if (file && workspace_.generation() != nullptr) {
    pool_ = std::make_unique<EndpointPool>(workspace_.attributes());
    pool_->fill(*file, *workspace_.generation(), diagnostics_);
    warn_about_endpoints(*file, *workspace_.generation(), diagnostics_);
  }
  diagnostics_.merge(std::exchange(workspace_.diagnostics(), {}));
  diagnostics_.sort();
}

}  // namespace shunt::host
