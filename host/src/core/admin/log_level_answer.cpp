// SPDX-License-Identifier: Apache-2.0
#include "admin/log_level_answer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <optional>

#include "live/log.hpp"

namespace shunt::host {

namespace {

constexpr std::array kLevels = {LogLevel::Trace,   LogLevel::Debug, LogLevel::Info,
                                LogLevel::Warning, LogLevel::Error, LogLevel::Off};

AdminResponse refuse() {
  return error_response(
      400, "bad-log-level",
      "the body is an object with \"level\" (trace, debug, info, warning, error, off) or \"requests\" "
      "(true, false)");
}

}  // namespace

AdminResponse log_level_answer(const AdminRequest& request) {
  boost::system::error_code wrong;
  const boost::json::value body = boost::json::parse(request.body, wrong);
  if (wrong || !body.is_object() || body.get_object().empty()) return refuse();
  std::optional<LogLevel> level;
  std::optional<bool> requests;
  for (const auto& [key, value] : body.get_object()) {
    if (key == "requests" && value.is_bool()) {
      requests = value.get_bool();
    } else if (key == "level" && value.is_string()) {
      for (const LogLevel known : kLevels) {
        if (to_string(known) == std::string_view(value.get_string())) level = known;
      }
      if (!level) return refuse();
    } else {
      return refuse();
    }
  }
  if (level) set_log_level(*level);
  if (requests) set_request_log(*requests);
  return json_response({{"level", to_string(log_level())}, {"requests", request_log_enabled()}});
}

}  // namespace shunt::host
