// SPDX-License-Identifier: Apache-2.0
// The requests file in all its forms, and the requests written as lines of such a file again.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <core/requests_file.hpp>
#include <memory>
#include <set>
#include <shunt/framework/bundle.hpp>
#include <shunt/framework/endpoint_table.hpp>

#include "properties.hpp"

namespace {

namespace json = boost::json;

using shunt::fuzz::require;

// Nobody is excluded by name where there is nobody.
const shunt::Snapshot& empty_pool() {
  static const std::shared_ptr<const shunt::Snapshot> snapshot =
      shunt::EndpointTable(std::make_shared<shunt::AttributeTable>()).publish();
  return *snapshot;
}

std::vector<shunt::Request> read(const std::string& file, const std::string& text, shunt::Diagnostics& diagnostics) {
  std::vector<shunt::Request> requests = shunt::host::read_requests(file, text, diagnostics);
  shunt::fuzz::require_sound(diagnostics, text, file);
  return requests;
}

void require_right(shunt::Request& request) {
  require(!request.id.empty(), "a request without id");
  for (const std::optional<double>& number : {request.estimated_flops, request.cost_budget}) {
    require(!number || (std::isfinite(*number) && *number >= 0), "a number of a request is none:", request.id);
  }
  for (const auto& [name, value] : request.headers) {
    require(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
            "a header in capitals:", name);
  }
  require(request.has_prompt || request.prompt.empty(), "a prompt that is not there:", request.id);
  (void)request.seal();
}

void check_line(const shunt::Request& request) {
  if (!request.excluded.empty()) return;  // their keys have no names here
  const json::object first = request_to_json(request, empty_pool());
  const std::string line = json::serialize(first);
  shunt::Diagnostics diagnostics;
  const std::vector<shunt::Request> again = read("requests.jsonl", line, diagnostics);
  require(!diagnostics.has_errors() && again.size() == 1,
          "a written request is wrong:", [&] { return line + "\n" + render_text(diagnostics, false); });
  const json::object second = request_to_json(again.front(), empty_pool());
  require(second == first,
          "a request changes when it is read again:", [&] { return line + "\n" + json::serialize(second); });
}

void check(const std::string& file, const std::string& text) {
  shunt::Diagnostics diagnostics;
  std::vector<shunt::Request> requests = read(file, text, diagnostics);
  std::set<std::string> ids;
  for (shunt::Request& request : requests) {
    require_right(request);
    require(ids.insert(request.id).second, "a request is there twice:", request.id);
    if (ids.size() <= 20) check_line(request);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(shunt::fuzz::text_of(data, size));
  // Where a line has a byte order mark of its own, its columns count from behind it.
  if (text.find("\xEF\xBB\xBF", 1) != std::string::npos) return 0;
  check("requests.jsonl", text);
  check("requests.yaml", text);
  return 0;
}
