// SPDX-License-Identifier: Apache-2.0
#include "yaml_messages.hpp"

#include <functional>
#include <map>

namespace shunt {

namespace {

// What yaml-cpp says in the words of its grammar, in words about the text.
std::string in_plain_words(const std::string& message) {
  static const std::map<std::string, std::string, std::less<>> kWords = {
      {"end of map not found",
       "this line does not fit here: its indentation matches no open object, or a \":\" is missing"},
      {"end of map flow not found", "expected \",\" or \"}\" in an object that begins with \"{\""},
      {"end of sequence not found", "this line does not fit here: expected \"- \" with the indentation of the list"},
      {"end of sequence flow not found", "expected \",\" or \"]\" in a list that begins with \"[\""},
      {"illegal map value", "a \":\" is not possible here; text that contains \": \" needs quotes"},
      {"illegal map key", "a key is not possible here"},
      {"illegal block entry", "a list element (\"- \") is not possible here; check the indentation"},
      {"illegal flow end", "this bracket closes nothing"},
      {"illegal EOF in scalar", "the file ends inside a quoted string"},
      {"illegal tab when looking for indentation", "YAML is indented with spaces, not with tabs"},
      {"illegal document indicator in scalar", "a document separator stands inside a quoted string"},
      {"unknown token", "this character cannot begin anything; text that begins with it needs quotes"},
      {"the referenced anchor is not defined", "this alias stands for nothing: no anchor above has its name"},
      {"bad character found while scanning hex number", "an escape needs hex digits"},
      {"alias not found after *", "expected the name of an alias after \"*\""},
      {"anchor not found after &", "expected the name of an anchor after \"&\""},
      {"aliases can't have any content, *including* tags", "an alias cannot have content of its own"},
      {"unexpected character in block scalar", "after \"|\" or \">\" the text begins on the next line"}};
  const auto it = kWords.find(message);
  if (it != kWords.end()) return it->second;
  if (message.starts_with("unknown escape character")) return "unknown escape in a string in double quotes";
  if (message.starts_with("the referenced anchor is not defined"))
    return kWords.at("the referenced anchor is not defined");
  return "this is not YAML: " + message;
}

// yaml-cpp notices a tab only by what it then misses.
bool is_indented_with_tab(std::string_view line) {
  const std::size_t tab = line.find('\t');
  return tab != std::string_view::npos && line.find_first_not_of(' ') == tab;
}

}  // namespace

std::string yaml_problem(const std::string& message, std::string_view line) {
  return is_indented_with_tab(line) ? "YAML is indented with spaces, not with tabs" : in_plain_words(message);
}

}  // namespace shunt
