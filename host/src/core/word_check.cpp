// SPDX-License-Identifier: Apache-2.0
#include "word_check.hpp"

#include <algorithm>
#include <shunt/framework/suggest.hpp>
#include <string_view>
#include <utility>

#include "field_reader.hpp"
#include "process/shell_word.hpp"

namespace shunt::host {

namespace {

using Words = std::vector<std::string>;

std::string shell_line(const Words& words) {
  std::string out = "shunt";
  for (const std::string& word : words) out += " " + process::shell_word(word);
  return out;
}

// Walks the words along the table before CLI11 sees them, because only here it is clear what was probably meant.
class Walk {
 public:
  Walk(const CommandInfo& program, const Words& words) : words_(words), command_(&program) {}

  std::optional<UsageError> run() {
    bool options_end = false;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const std::string& word = words_[i];
      if (word == "--") options_end = true;
      const bool is_option = !options_end && word.size() > 1 && word.front() == '-';
      if (is_option) {
        if (auto wrong = check_option(i)) return wrong;
      } else if (!options_end && !command_->commands.empty()) {
        if (auto wrong = enter(i)) return wrong;
      }
    }
    if (help_ || command_->commands.empty()) return std::nullopt;
    return UsageError{
        path_.empty() ? "a command is missing" : "\"shunt" + path_ + "\" needs one of its commands: " + below(), "",
        "shunt" + path_ + " --help"};
  }

  bool help() const { return help_; }
  const Words& path() const { return path_words_; }

 private:
  std::string below() const {
    std::string out;
    for (const CommandInfo& command : command_->commands) out.append(out.empty() ? "" : ", ").append(command.name);
    return out;
  }

  UsageError wrong_word(std::size_t at, std::string message, const Words& candidates) const {
    UsageError error{std::move(message), "", "shunt" + path_ + " --help"};
    const std::size_t equals = words_[at].find('=');
    if (const auto close = suggest(std::string_view(words_[at]).substr(0, equals), candidates)) {
      error.message += "; " + did_you_mean(*close);
      Words corrected = words_;
      corrected[at] = *close + (equals == std::string::npos ? "" : words_[at].substr(equals));
      error.instead = shell_line(corrected);
    }
    return error;
  }

  std::optional<UsageError> enter(std::size_t at) {
    if (const CommandInfo* next = command_->find(words_[at])) {
      command_ = next;
      path_ += " " + next->name;
      path_words_.push_back(next->name);
      return std::nullopt;
    }
    Words names;
    for (const CommandInfo& command : command_->commands) names.push_back(command.name);
    return wrong_word(at, "unknown command " + in_quotes("shunt" + path_ + " " + words_[at]), names);
  }

  // Moves `at` over the value of the flag, where it has one.
  std::optional<UsageError> check_option(std::size_t& at) {
    const std::string& word = words_[at];
    const std::string name = word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
    if (name == "-h" || name == "--help") help_ = true;
    Words names;
    for (const OptionInfo& option : command_->options) {
      names.insert(names.end(), option.names.begin(), option.names.end());
      if (std::ranges::find(option.names, name) == option.names.end()) continue;
      const bool value_follows =
          !option.value.empty() && (word.starts_with("--") ? word.find('=') == std::string::npos : word.size() == 2);
      if (!value_follows) return std::nullopt;
      if (at + 1 < words_.size()) {
        ++at;
        return std::nullopt;
      }
      if (name == "--running") return std::nullopt;
      return UsageError{in_quotes(name) + " needs a value: " + name + " " + option.value, "",
                        "shunt" + path_ + " --help"};
    }
    if (!word.starts_with("--")) names.clear();  // every letter is close to every other one
    return wrong_word(at, "unknown flag " + in_quotes(name) + " of " + in_quotes("shunt" + path_), names);
  }

  const Words& words_;
  const CommandInfo* command_;
  std::string path_;
  Words path_words_;
  bool help_ = false;
};

}  // namespace

const CommandInfo* CommandInfo::find(std::string_view word) const {
  const auto it = std::ranges::find(commands, word, &CommandInfo::name);
  return it != commands.end() ? &*it : nullptr;
}

WordCheck check_words(const CommandInfo& program, const Words& words) {
  Walk walk(program, words);
  WordCheck check;
  check.wrong = walk.run();
  check.help = walk.help();
  check.path = walk.path();
  return check;
}

}  // namespace shunt::host
