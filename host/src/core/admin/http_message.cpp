// SPDX-License-Identifier: Apache-2.0
#include "admin/http_message.hpp"

#include <boost/json/value.hpp>

#include <shunt/framework/json_text.hpp>

#include <algorithm>

#include "json_text.hpp"

namespace shunt::host {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool decode(std::string_view text, bool plus_is_space, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return true;
}

}  // namespace

std::string_view AdminRequest::parameter(std::string_view name) const {
  const auto found = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

bool AdminRequest::flag(std::string_view name) const {
  const auto found = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
  return found != query.end() && (found->second.empty() || found->second == "1" || found->second == "true");
}

AdminResponse json_response(boost::json::object members, unsigned status) {
  boost::json::object whole{{"schema", 1}};
  for (auto& member : members) whole.insert_or_assign(member.key(), std::move(member.value()));
  AdminResponse response;
  response.status = status;
  response.body = compact_json(boost::json::value(std::move(whole))) + "\n";
  return response;
}

AdminResponse text_response(std::string json) {
  AdminResponse response;
  response.body = valid_utf8(std::move(json));
  if (response.body.empty() || response.body.back() != '\n') response.body += '\n';
  return response;
}

AdminResponse error_response(unsigned status, std::string_view code, std::string_view message) {
  return json_response({{"error", boost::json::object{{"code", code}, {"message", message}}}}, status);
}

bool read_target(std::string_view target, AdminRequest& request) {
  if (target.empty() || target.front() != '/') return false;
  const std::size_t mark = target.find('?');
  if (!decode(target.substr(0, mark), false, request.path)) return false;
  request.query.clear();
  if (mark == std::string_view::npos) return true;
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equal = std::min(pair.find('='), pair.size());
    std::string name, value;
    if (!decode(pair.substr(0, equal), true, name)) return false;
    if (equal < pair.size() && !decode(pair.substr(equal + 1), true, value)) return false;
    if (!name.empty()) request.query.emplace_back(std::move(name), std::move(value));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

}  // namespace shunt::host
