// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <deque>
#include <fstream>
#include <shunt/framework/suggest.hpp>
#include <sstream>

#include "text.hpp"

namespace shunt::sim {

namespace {

constexpr ProgramField kProgramFields[] = {
    {"servers", "N", "How many servers; default: 1"},
    {"listen", "ADDRESS",
     "Address of the first one; the others have the ports behind it. Port 0: any free ports; default: 127.0.0.1:8000"},
    {"control", "ADDRESS", "Listen there too, for requests about /sim/ alone: no fault reaches it"},
    {"c,config", "FILE", "Settings in JSON with comments; flags win over it"},
    {"ready-file", "FILE", "Write the line about what listens to this file instead of standard output"},
    {"endpoints-out", "FILE", "Write an endpoints file of shunt"},
    {"discovery-out", "FILE", "Write the endpoints as YAML of the plugin file-discovery"},
    {"threads", "N", "Threads; default: one per core"},
    {"seed", "N", "What chance starts from; default: 0"},
    {"time-scale", "N", "Steps of the engines take so many times as long; 0: no time at all; default: 1"},
    {"h,help", "", "Explain the program"},
    {"version", "", "Print the version"},
};

constexpr std::string_view kExamples =
    "  shunt-sim --servers 4 --listen 127.0.0.1:0\n"
    "  shunt-sim --servers 100 --listen 127.0.0.1:9000 --endpoints-out pool.jsonc --time-scale 0.1\n"
    "  shunt-sim -c sim.jsonc --ready-file ready.json\n"
    "  curl -s 127.0.0.1:8000/sim/faults -d '{\"errorRate\": 0.5}'\n";

std::string dashed(std::string_view flag) {
  const std::size_t comma = flag.find(',');
  if (comma == std::string_view::npos) return "--" + std::string(flag);
  return "-" + std::string(flag.substr(0, comma)) + ",--" + std::string(flag.substr(comma + 1));
}

// What was written for each flag; absent where it was not.
class Words {
 public:
  Words(int count, char** words, Problems& problems) {
    app_.set_help_flag();
    app_.allow_extras();
    for (const ProgramField& field : kProgramFields) add(field.flag, field.value);
    for (const Field& field : server_fields()) add(field.flag, field.value);
    try {
      app_.parse(count, words);
    } catch (const CLI::ParseError& error) {
      problems.emplace_back(error.what());
    }
    for (const std::string& word : app_.remaining()) {
      const bool flag = word.starts_with('-') && word != "--";
      const auto close = flag ? suggest(word, names_) : std::nullopt;
      problems.push_back((flag ? "there is no flag " : "there is nothing to do with ") + word +
                         (close ? "; " + did_you_mean(*close) : ""));
    }
  }

  bool given(std::string_view flag) const { return options_.at(std::string(flag))->count() > 0; }
  const std::string& operator[](std::string_view flag) const { return *values_.at(std::string(flag)); }

 private:
  void add(std::string_view flag, std::string_view value) {
    const std::string name(flag.substr(flag.find(',') + 1));
    std::string& target = kept_.emplace_back();
    CLI::Option* const option = value.empty() ? app_.add_flag(dashed(flag)) : app_.add_option(dashed(flag), target);
    if (!value.empty()) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    options_[name] = option;
    values_[name] = &target;
    names_.push_back("--" + name);
  }

  CLI::App app_;
  std::deque<std::string> kept_;
  std::map<std::string, CLI::Option*> options_;
  std::map<std::string, std::string*> values_;
  std::vector<std::string> names_;
};

void read_number(const Words& words, std::string_view flag, std::uint64_t least, std::uint64_t most,
                 std::uint64_t& target, Problems& problems) {
  if (!words.given(flag)) return;
  const std::string& text = words[flag];
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
    problems.push_back("--" + std::string(flag) + " must be a whole number from " + std::to_string(least) + " to " +
                       std::to_string(most) + ", not " + json_text(text));
  } else {
    target = number;
  }
}

void read_scale(const Words& words, double& target, Problems& problems) {
  if (!words.given("time-scale")) return;
  const std::string& text = words["time-scale"];
  double number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0 && number <= 1e6)) {
    problems.push_back("--time-scale must be a number from 0 to 1000000, not " + json_text(text));
  } else {
    target = number;
  }
}

bool read_file(const std::string& path, std::string& text) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream read;
  read << file.rdbuf();
  text = std::move(read).str();
  return static_cast<bool>(file);
}

void read_servers(const Words& words, CommandLine& line) {
  SimSettings& settings = line.settings;
  std::uint64_t count = 1;
  read_number(words, "servers", 1, 10'000, count, line.usage);
  ConfigText config{words["config"], ""};
  if (!words.given("config")) {
    config = {"", "{}"};
  } else if (!read_file(config.name, config.text)) {
    line.input.push_back(config.name + ": cannot be read");
    return;
  }
  read_config(config, settings, line.input);
  if (!words.given("servers") || settings.servers.empty()) return;
  // As many servers as the flag says, of the config's one kind.
  const std::string name = settings.servers.front().name;
  ServerSettings like = settings.servers.front();
  like.name = name.substr(0, name.rfind('-'));
  const bool groups =
      std::ranges::any_of(settings.servers, [&](const auto& one) { return !one.name.starts_with(like.name + "-"); });
  if (groups) {
    line.usage.emplace_back("--servers does not go with the groups of the config");
    return;
  }
  settings.servers.clear();
  add_servers(settings, like, count);
}

}  // namespace

std::span<const ProgramField> program_fields() { return kProgramFields; }

CommandLine read_command_line(int count, char** arguments) {
  CommandLine line;
  const Words words(count, arguments, line.usage);
  line.help = words.given("help");
  line.version = words.given("version");
  if (line.help || line.version || !line.usage.empty()) return line;
  SimSettings& settings = line.settings;
  read_servers(words, line);
  for (const Field& field : server_fields()) {
    if (!words.given(field.flag)) continue;
    const Problems before = line.usage;
    for (ServerSettings& server : settings.servers) {
      line.usage = before;
      set_from_text(field, server, words[field.flag], "--" + std::string(field.flag), line.usage);
    }
  }
  for (const ServerSettings& server : settings.servers) {
    Problems problems;
    if (line.usage.empty() && line.input.empty()) check(server, server.name, problems);
    line.usage.insert(line.usage.end(), problems.begin(), problems.end());
  }
  read_number(words, "threads", 1, 1024, settings.threads, line.usage);
  read_number(words, "seed", 0, ~std::uint64_t{0}, settings.seed, line.usage);
  read_scale(words, settings.time_scale, line.usage);
  const auto address = [&](std::string_view flag, std::string& host, std::uint16_t& port) {
    if (!words.given(flag)) return;
    const std::string wrong = read_address(words[flag], host, port);
    if (!wrong.empty())
      line.usage.push_back("--" + std::string(flag) + " " + wrong + ", not " + json_text(words[flag]));
  };
  address("listen", settings.listen_address, settings.listen_port);
  std::string host;
  std::uint16_t port = 0;
  address("control", host, port);
  if (words.given("control")) settings.control = words["control"];
  settings.ready_file = words["ready-file"];
  settings.endpoints_out = words["endpoints-out"];
  settings.discovery_out = words["discovery-out"];
  if (settings.listen_port != 0 && settings.listen_port + settings.servers.size() > 65536) {
    line.usage.emplace_back("--listen leaves too few ports for " + std::to_string(settings.servers.size()) +
                            " servers");
  }
  return line;
}

std::string read_address(std::string_view text, std::string& host, std::uint16_t& port) {
  const std::string wrong = "must be an IP address and a port, as in 127.0.0.1:8000 or [::1]:0";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong;
  std::string_view name = text.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  boost::system::error_code bad;
  boost::asio::ip::make_address(std::string(name), bad);
  if (bad || error != std::errc() || end != digits.data() + digits.size()) return wrong;
  host = name;
  port = number;
  return {};
}

std::string help_text() {
  std::string text =
      "Simulates model servers with the APIs of OpenAI and Anthropic: no GPU, no model, true metrics "
      "pages.\n\nExamples\n";
  text += kExamples;
  const auto line = [&text](std::string_view flag, std::string_view value, std::string_view help) {
    std::string names = "  " + dashed(flag) + (value.empty() ? "" : " " + std::string(value));
    if (const std::size_t comma = names.find(','); comma != std::string::npos) names.insert(comma + 1, " ");
    names.resize(std::max<std::size_t>(names.size() + 2, 36), ' ');
    append(text, names, help, "\n");
  };
  text += "\nFlags\n";
  for (const ProgramField& field : kProgramFields) line(field.flag, field.value, field.help);
  text += "\nFlags of every server; in the config the same words in camelCase\n";
  for (const Field& field : server_fields()) {
    if (!field.fault) line(field.flag, field.value, field.help);
  }
  text += "\nFaults of every server; POST /sim/faults changes them while it runs\n";
  for (const Field& field : server_fields()) {
    if (field.fault) line(field.flag, field.value, field.help);
  }
  text +=
      "\nExit status: 0 ended by a signal, 1 could not listen or write, 2 wrong flags, 3 wrong config, 70 a defect.\n";
  return text;
}

}  // namespace shunt::sim
