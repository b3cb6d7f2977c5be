// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>

#include "command_line.hpp"
#include "text.hpp"

namespace shunt::sim {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kManyServers = 10'000;
constexpr std::string_view kProgramKeys[] = {"servers", "name", "labels",    "listen", "control",
                                             "threads", "seed", "timeScale", "groups"};
constexpr std::string_view kGroupKeys[] = {"count", "name", "labels"};

// Reads members of one object; what is wrong is said with the place.
class Reader {
 public:
  Reader(const json::object& object, std::string where, Problems& problems)
      : object_(object), where_(std::move(where)), problems_(problems) {}

  void number(std::string_view key, std::uint64_t least, std::uint64_t most, std::uint64_t& target) {
    const json::value* const found = object_.if_contains(key);
    if (!found) return;
    boost::system::error_code error;
    const auto read = found->to_number<std::uint64_t>(error);
    if (error || read < least || read > most) {
      return problem(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    target = read;
  }

  void share(std::string_view key, double& target) {
    const json::value* const found = object_.if_contains(key);
    if (!found) return;
    if (!found->is_number() || found->to_number<double>() < 0) return problem(key, "must be a number from 0");
    target = found->to_number<double>();
  }

  const json::string* text(std::string_view key) {
    const json::value* const found = object_.if_contains(key);
    if (found && !found->is_string()) problem(key, "must be a text");
    return found ? found->if_string() : nullptr;
  }

  void name(std::string& target) {
    const json::string* const found = text("name");
    if (!found) return;
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    if (found->empty() || std::string_view(*found).find_first_not_of(kAllowed) != std::string_view::npos) {
      return problem("name", "must be made of letters, digits, dots and hyphens");
    }
    target = std::string_view(*found);
  }

  void labels(std::map<std::string, std::string>& target) {
    const json::value* const found = object_.if_contains("labels");
    if (!found) return;
    if (!found->is_object()) return problem("labels", "must be an object of texts");
    for (const auto& [key, value] : found->as_object()) {
      if (!value.is_string()) return problem("labels", "must be an object of texts");
      target[std::string(key)] = std::string_view(value.as_string());
    }
  }

  void problem(std::string_view key, const std::string& text) {
    problems_.push_back(where_ + "/" + std::string(key) + " " + text);
  }

 private:
  const json::object& object_;
  std::string where_;
  Problems& problems_;
};

void read_groups(const json::value& groups, const ServerSettings& standard, const ConfigText& config,
                 SimSettings& settings, Problems& problems) {
  const std::string where = config.name + ": /groups";
  if (!groups.is_array()) {
    problems.push_back(where + " must be a list");
    return;
  }
  for (std::size_t i = 0; i < groups.as_array().size(); ++i) {
    const std::string here = where + "/" + std::to_string(i);
    const json::object* const group = groups.as_array()[i].if_object();
    if (!group) {
      problems.push_back(here + " must be an object");
      continue;
    }
    ServerSettings like = standard;
    Reader reader(*group, here, problems);
    std::uint64_t count = 1;
    reader.number("count", 1, kManyServers, count);
    reader.name(like.name);
    reader.labels(like.labels);
    set_from_object(*group, false, kGroupKeys, like, here, problems);
    check(like, here, problems);
    add_servers(settings, like, count);
  }
}

std::string place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t begin = before.rfind('\n') + 1;
  return std::to_string(line) + ":" + std::to_string(before.size() - begin + 1);
}

}  // namespace

void read_config(const ConfigText& config, SimSettings& settings, Problems& problems) {
  json::parse_options options;
  options.allow_comments = options.allow_trailing_commas = true;
  json::stream_parser parser({}, options);
  boost::system::error_code error;
  const std::size_t used = parser.write_some(config.text, error);
  if (!error) parser.finish(error);
  if (error || config.text.find_first_not_of(" \t\r\n", used) != std::string::npos) {
    problems.push_back(config.name + ":" + place_of(config.text, used) + ": this is not JSON" +
                       (error ? ": " + error.message() : ""));
    return;
  }
  const json::value value = parser.release();
  const std::string where = config.name + ": ";
  if (!value.is_object()) {
    problems.push_back(where + "the config must be a JSON object");
    return;
  }
  const json::object& object = value.as_object();
  Reader reader(object, where, problems);
  std::uint64_t count = 1;
  reader.number("servers", 1, kManyServers, count);
  reader.number("threads", 1, 1024, settings.threads);
  reader.number("seed", 0, ~std::uint64_t{0}, settings.seed);
  reader.share("timeScale", settings.time_scale);
  if (const json::string* const listen = reader.text("listen")) {
    const std::string wrong = read_address(*listen, settings.listen_address, settings.listen_port);
    if (!wrong.empty()) reader.problem("listen", wrong);
  }
  if (const json::string* const control = reader.text("control")) {
    std::string host;
    std::uint16_t port = 0;
    const std::string wrong = read_address(*control, host, port);
    if (!wrong.empty()) reader.problem("control", wrong);
    settings.control = std::string_view(*control);
  }
  ServerSettings like;
  like.name = "sim";
  reader.name(like.name);
  reader.labels(like.labels);
  set_from_object(object, false, kProgramKeys, like, where, problems);
  check(like, where + "/", problems);
  const json::value* const groups = object.if_contains("groups");
  if (groups && object.contains("servers")) problems.push_back(where + "/servers and /groups exclude each other");
  if (groups) {
    read_groups(*groups, like, config, settings, problems);
  } else {
    add_servers(settings, like, count);
  }
}

void add_servers(SimSettings& settings, const ServerSettings& like, std::uint64_t count) {
  std::uint64_t number = 0;
  for (const ServerSettings& one : settings.servers) {
    if (one.name.substr(0, one.name.rfind('-')) == like.name) ++number;
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    settings.servers.push_back(like);
    settings.servers.back().name += "-" + std::to_string(number + i);
  }
}

}  // namespace shunt::sim
