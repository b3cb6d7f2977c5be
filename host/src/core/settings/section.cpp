// SPDX-License-Identifier: Apache-2.0
#include "settings/section.hpp"

#include <spdlog/fmt/fmt.h>

#include "address.hpp"

namespace shunt::host {

std::optional<std::string> Section::filled(std::string_view key) const {
  const boost::json::value* value = reader_.member(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!context_.text(*value, reader_.pointer(key), reader_.what(key))) return std::nullopt;
  return std::string(value->get_string());
}

void Section::number(std::string_view key, double least, double most, double& to) const {
  const auto number = reader_.number(key);
  if (!number) return;
  if (*number >= least && *number <= most) {
    to = *number;
    return;
  }
  context_.error(reader_.pointer(key), At::Value, "C404",
                 fmt::format("{} must be from {} to {}, found {}", reader_.what(key), least, most, *number));
}

void Section::address(std::string_view key, std::string& to) const {
  const auto text = filled(key);
  if (!text) return;
  // Port 0 is no place to connect to, but a fine one to listen on.
  const bool any_port = text->ends_with(":0");
  const std::string checked = any_port ? text->substr(0, text->size() - 1) + "1" : *text;
  if (const std::string_view problem = problem_of_address(checked); !problem.empty()) {
    context_.error(reader_.pointer(key), At::Value, "C406",
                   reader_.what(key) + " " + std::string(problem) + ", found \"" + *text + "\"", {},
                   {"it has the form host:port, as in 127.0.0.1:8080 or [::1]:0"});
    return;
  }
  to = *text;
}

void Section::path(std::string_view key, std::string& to) const {
  const auto text = filled(key);
  if (!text) return;
  if (!text->starts_with('/') || text->find_first_of(" \t\r\n#") != std::string::npos) {
    context_.error(reader_.pointer(key), At::Value, "C406",
                   reader_.what(key) + " must be a URL path that begins with a slash, found \"" + *text + "\"");
    return;
  }
  to = *text;
}

}  // namespace shunt::host
