// SPDX-License-Identifier: Apache-2.0
#include "completion_command.hpp"

#include <algorithm>
#include <string_view>

#include "commands.hpp"

namespace shunt::host {

namespace {

// Values that are names of files or folders; the shell completes those itself.
bool takes_file(const OptionInfo& option) { return option.value == "FILE" || option.value == "DIR"; }

std::string joined(const std::vector<std::string>& words, std::string_view separator = " ") {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? std::string_view() : separator).append(word);
  return out;
}

// Inside single quotes of a shell.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out;
}

// Every command with the names above it, joined: "", "config", "config check".
template <class Visit>
void walk(const CommandInfo& command, const std::string& path, const Visit& visit) {
  visit(command, path);
  for (const CommandInfo& below : command.commands)
    walk(below, path.empty() ? below.name : path + " " + below.name, visit);
}

std::vector<std::string> flags_of(const CommandInfo& command) {
  std::vector<std::string> flags;
  for (const OptionInfo& option : command.options) flags.insert(flags.end(), option.names.begin(), option.names.end());
  return flags;
}

std::vector<std::string> words_of(const CommandInfo& command) {
  std::vector<std::string> words;
  for (const CommandInfo& below : command.commands) words.push_back(below.name);
  for (const OptionInfo& option : command.options) {
    if (option.names.empty()) words.insert(words.end(), option.choices.begin(), option.choices.end());
  }
  return words;
}

bool takes_files(const CommandInfo& command) {
  for (const OptionInfo& option : command.options) {
    if (option.names.empty() && takes_file(option)) return true;
  }
  return false;
}

// In brackets of zsh's _arguments, where a colon and a bracket have a meaning.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : escaped(text)) {
    if (c == ':' || c == '[' || c == ']') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string bash_completion(const CommandInfo& program) {
  std::string out =
      "# bash completion for shunt\n"
      "_shunt() {\n"
      "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" path=\"\" word i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=\"${COMP_WORDS[i]}\"\n"
      "    case \"${path}${path:+ }${word}\" in\n";
  std::vector<std::string> paths;
  walk(program, "", [&](const CommandInfo&, const std::string& path) {
    if (!path.empty()) paths.push_back("\"" + path + "\"");
  });
  out += "      " + joined(paths, "|") + ") path=\"${path}${path:+ }${word}\" ;;\n    esac\n  done\n";
  out += "  COMPREPLY=()\n  case \"${path}:${previous}\" in\n";
  walk(program, "", [&](const CommandInfo& command, const std::string& path) {
    for (const OptionInfo& option : command.options) {
      if (option.names.empty() || option.value.empty()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) patterns.push_back("\"" + path + ":" + name + "\"");
      out += "    " + joined(patterns, "|") + ") ";
      if (!option.choices.empty()) {
        out += "COMPREPLY=($(compgen -W \"" + joined(option.choices) + "\" -- \"$cur\")); ";
      } else if (takes_file(option)) {
        out += "COMPREPLY=($(compgen -f -- \"$cur\")); ";
      }
      out += "return ;;\n";
    }
  });
  out += "  esac\n  case \"$path\" in\n";
  walk(program, "", [&](const CommandInfo& command, const std::string& path) {
    std::vector<std::string> words = words_of(command);
    const std::vector<std::string> flags = flags_of(command);
    words.insert(words.end(), flags.begin(), flags.end());
    out += "    \"" + path + "\") COMPREPLY=($(compgen " + (takes_files(command) ? "-f " : "") + "-W \"" +
           joined(words) + "\" -- \"$cur\")) ;;\n";
  });
  return out + "  esac\n}\ncomplete -o filenames -F _shunt shunt\n";
}

std::string zsh_completion(const CommandInfo& program) {
  std::string out = "#compdef shunt\n# zsh completion for shunt\n";
  walk(program, "", [&](const CommandInfo& command, const std::string& path) {
    std::string function = "_shunt_" + path;
    for (char& c : function) c = c == ' ' ? '_' : c;
    if (path.empty()) function = "_shunt";
    out += function + "() {\n  local context state line\n  typeset -A opt_args\n  _arguments -C \\\n";
    std::size_t place = 0;
    for (const OptionInfo& option : command.options) {
      const std::string action = !option.choices.empty() ? "(" + joined(option.choices) + ")"
                                 : takes_file(option)    ? "_files"
                                                         : " ";
      if (option.names.empty()) {
        const std::string at = option.repeated ? "*" : std::to_string(++place);
        out += "    '" + at + ":" + zsh_text(option.value) + ":" + action + "' \\\n";
        continue;
      }
      for (const std::string& name : option.names) {
        out += "    '" + name + "[" + zsh_text(option.description) + "]";
        if (!option.value.empty()) out += ":" + zsh_text(option.value) + ":" + action;
        out += "' \\\n";
      }
    }
    if (command.commands.empty()) {
      out += "    && return 0\n}\n";  // ends the last continued line
      return;
    }
    out +=
        "    '1:command:->command' '*::argument:->argument'\n  case \"$state\" in\n    command)\n"
        "      local -a commands=(\n";
    for (const CommandInfo& below : command.commands) {
      out += "        '" + below.name + ":" + zsh_text(below.description) + "'\n";
    }
    out += "      )\n      _describe command commands ;;\n    argument)\n      case \"${line[1]}\" in\n";
    for (const CommandInfo& below : command.commands) {
      out += "        " + below.name + ") " + function + "_" + below.name + " ;;\n";
    }
    out += "      esac ;;\n  esac\n}\n";
  });
  return out + "if [ \"${funcstack[1]}\" = \"_shunt\" ]; then _shunt \"$@\"; else compdef _shunt shunt; fi\n";
}

std::string fish_completion(const CommandInfo& program) {
  std::string out = "# fish completion for shunt\ncomplete -c shunt -f\n";
  walk(program, "", [&](const CommandInfo& command, const std::string& path) {
    std::vector<std::string> below;
    for (const CommandInfo& next : command.commands) below.push_back(next.name);
    std::string condition;
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t end = std::min(path.find(' ', at), path.size());
      condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + path.substr(at, end - at));
      at = end + 1;
    }
    if (path.empty()) condition = "__fish_use_subcommand";
    const std::string entry =
        condition + (path.empty() || below.empty() ? "" : "; and not __fish_seen_subcommand_from " + joined(below));
    for (const CommandInfo& next : command.commands) {
      out += "complete -c shunt -n '" + entry + "' -a " + next.name + " -d '" + escaped(next.description) + "'\n";
    }
    for (const OptionInfo& option : command.options) {
      out += "complete -c shunt -n '" + condition + "'";
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.value.empty() && !option.names.empty()) out += " -r";
      if (!option.choices.empty()) out += " -a '" + joined(option.choices) + "'";
      if (takes_file(option)) out += " -F";
      out += " -d '" + escaped(option.description) + "'\n";
    }
  });
  return out;
}

ExitCode run_completion(const CompletionArguments& arguments, Surroundings& surroundings) {
  const CommandInfo& program = command_table();
  surroundings.console.write(arguments.shell == "bash"  ? bash_completion(program)
                             : arguments.shell == "zsh" ? zsh_completion(program)
                                                        : fish_completion(program));
  return ExitCode::Ok;
}

}  // namespace shunt::host
