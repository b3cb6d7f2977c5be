// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <shunt/framework/error_codes.hpp>

namespace shunt {

namespace {

constexpr std::array kCodes = {
    // The text and its shape.
    ErrorCodeInfo{"C101", "syntax error",
                  "The text is neither JSON nor YAML from the marked place on, so nothing behind it was looked at. "
                  "Example: a comma is missing between two members, or a YAML line has the wrong indentation. "
                  "The message says what was expected; the mistake may also be just before the marked place."},
    ErrorCodeInfo{"C102", "impossible bytes",
                  "The file contains bytes that cannot be text: invalid UTF-8 or control characters. "
                  "Example: a name with an umlaut in a file that was saved as Latin-1. "
                  "Save the file as UTF-8 and delete the marked byte if it is invisible."},
    ErrorCodeInfo{"C103", "duplicate key",
                  "An object has the same key twice, so one of the two values would be lost. "
                  "Example: \"weight\" stands twice in one entry after a copy and paste. "
                  "Delete one of them; the note tells where the first one is."},
    ErrorCodeInfo{
        "C104", "unknown key",
        "An object has a key that means nothing there, so what it was meant to change would stay unchanged. "
        "Example: \"wieght\" instead of \"weight\", or a plugin's parameter beside \"parameters\" instead of "
        "inside it. Correct the key, or move it to where it belongs; the note lists the keys that are allowed."},
    ErrorCodeInfo{
        "C105", "wrong type of value",
        "The value is of another type than the key needs. Example: \"weight\": \"2\" is a string, not a number. "
        "The message names both types; in YAML a value in quotes is always a string."},
    ErrorCodeInfo{
        "C106", "missing key",
        "Something lacks a key without which it means nothing. Example: a plugin without \"type\", or a profile "
        "without \"name\". Add the key that the message names."},
    ErrorCodeInfo{"C107", "nested too deep",
                  "Lists and objects stand inside each other more than 64 levels deep. No config needs that; the usual "
                  "cause is a generated file or a bracket that is opened again and again. Make the structure flatter."},
    ErrorCodeInfo{"C108", "too large",
                  "The file, or what its YAML aliases expand to, is larger than 16 MiB, or there was not enough memory "
                  "to read it. The usual cause is the wrong file name after -c. Move bulk data to files of its own and "
                  "let a plugin's parameters name them."},
    ErrorCodeInfo{"C109", "YAML that is not supported",
                  "YAML can say more than a config can mean. Not possible are: several documents in one file, lists or "
                  "objects as keys, tags other than the standard ones, aliases inside what they stand for, and a merge "
                  "key (<<) whose value is not an object. Write the value out instead."},
    ErrorCodeInfo{
        "C110", "not a config of this program",
        "\"apiVersion\" or \"kind\" has a value that this program does not read. It reads apiVersion shunt/v1 "
        "and kind Config; both keys may be left out. It also reads EndpointPickerConfig, v1alpha1, of the llm-d "
        "endpoint picker, which needs both."},
    ErrorCodeInfo{
        "C111", "not taken over",
        "A config of the llm-d endpoint picker has a section, a plugin, a parameter or a reference that is not needed "
        "here or has no counterpart; the message says which. This is a warning. \"shunt config migrate\" writes the "
        "same config without it."},

    // Types and references.
    ErrorCodeInfo{
        "C201", "duplicate name",
        "Two plugins, or two profiles, have the same name, so a reference could mean either. A plugin without "
        "\"name\" is called like its type: of two instances of one type at least one needs a name. Rename one."},
    ErrorCodeInfo{"C202", "referenced twice",
                  "A profile references the same plugin twice. It would run twice and its scores would count twice. "
                  "Delete one entry and give the other the weight you want, or configure two instances."},
    ErrorCodeInfo{
        "C203", "unknown plugin type",
        "No library that was found offers this plugin type. Either the type is misspelt, or its library is not "
        "on the plugin path, or \"libraries\" does not list it. Some types of the llm-d endpoint picker have no "
        "counterpart; the message names the nearest one. \"shunt plugin list\" shows the types that are there and "
        "where "
        "they come from."},
    ErrorCodeInfo{"C204", "undefined plugin",
                  "A \"pluginRef\" names a plugin that \"plugins\" does not define. A reference is to the name of an "
                  "instance, not to its type; an instance without a name is called like its type. Correct the name, or "
                  "add the plugin."},
    ErrorCodeInfo{
        "C205", "does not fit into a profile",
        "A profile references a plugin that is neither a filter nor a scorer nor a picker. Profile handlers, "
        "swappers and supporting plugins work without a reference. Delete the entry from the profile and leave "
        "the plugin in \"plugins\"."},
    ErrorCodeInfo{
        "C206", "several pickers",
        "A profile has more than one picker, and only one can decide. Example: random-picker and "
        "max-score-picker in one profile. Keep one; without \"schedulingProfiles\" every configured picker is "
        "part of the one default profile."},
    ErrorCodeInfo{
        "C207", "several profile handlers",
        "More than one plugin is a profile handler, and only one can decide which profiles run. Delete all but "
        "one from \"plugins\"; a handler needs no reference to be used."},
    ErrorCodeInfo{
        "C208", "no profile handler",
        "There are several profiles and no plugin that decides which of them run for a request. With one "
        "profile that is obvious, with several it is not. Add a profile handler to \"plugins\"; the note lists "
        "the types that are available."},
    ErrorCodeInfo{
        "C209", "handler for one profile",
        "single-profile-handler and data-parallel-profile-handler run the one profile there is, but there are several. "
        "Configure a handler that can choose, or delete the profiles that are not needed."},
    ErrorCodeInfo{"C210", "not a swapper",
                  "\"routing.swapper\" names a plugin that cannot decide which models make room for another. Example: "
                  "the name of a scorer. Reference a plugin that is a swapper, such as one of type group or matrix."},
    ErrorCodeInfo{
        "C211", "default plugin not available",
        "The config leaves something out for which there is a default, such as the picker of a profile, but no "
        "library offers the plugin type that is the default. Put its library on the plugin path, or configure "
        "another plugin for the purpose. The message says what it is needed for."},
    ErrorCodeInfo{
        "C212", "plugin not used",
        "A filter, scorer or picker is configured, but no profile references it, so it has no effect. This is "
        "a warning. Add a reference to a profile, or delete the plugin."},
    ErrorCodeInfo{
        "C213", "undefined model",
        "A priority is given for a model that \"models\" does not define, or a group of the group swapper lists one. "
        "Priorities and groups have the ids of models, not their aliases. Correct the id, add the model, or delete the "
        "entry."},
    ErrorCodeInfo{"C214", "ambiguous model name",
                  "An alias is the id or an alias of another model too, so a request for it could mean either. Delete "
                  "one of them."},
    ErrorCodeInfo{
        "C215", "onError without effect",
        "\"onError\" says what happens when a filter, scorer, picker or profile handler fails; this plugin is none of "
        "them, and what happens when it fails is fixed. This is a warning. Delete the key."},
    ErrorCodeInfo{
        "C216", "weight without effect",
        "Weights multiply scores, and this plugin is no scorer. This is a warning. Delete the weight, or give "
        "it to the scorer that it was meant for."},
    ErrorCodeInfo{
        "C217", "profile without plugins",
        "A profile lists no plugins: it filters and scores nothing, and its default picker chooses among equal "
        "endpoints. This is a warning. Add references to \"plugins\" of the profile."},
    ErrorCodeInfo{
        "C218", "more than one swapper",
        "Several plugins of the config are swappers, and \"routing.swapper.pluginRef\" does not say which of them "
        "decides. A single swapper needs no reference. Name the one that is meant, or delete the others."},
    ErrorCodeInfo{
        "C219", "shadow of nothing",
        "A shadow profile is compared with what other profiles decide, so there must be one that is no shadow, and "
        "\"shadow.of\" must be the name of one. Correct the name, or delete \"shadow\" from the profile that shall "
        "decide."},
    ErrorCodeInfo{"C220", "deprecated plugin type",
                  "The plugin type still works, but will be removed. This is a warning. Use the type that the message "
                  "names; where it names none, the note has what the plugin says about itself."},
    ErrorCodeInfo{
        "C221", "value that nothing writes",
        "A parameter names a request value, and no configured plugin writes it, so the plugin does as if requests had "
        "none. Example: a session source with the attribute session_id and no session-id-producer. This is a warning. "
        "Add the producer that the note names, or correct the name."},

    // Parameters of plugins.
    ErrorCodeInfo{
        "C301", "unknown parameter",
        "A plugin got a parameter that it does not know, so what it was meant to change would stay unchanged. "
        "It is a warning where the plugin leaves open what else it accepts. \"shunt plugin inspect\" shows the "
        "parameters of a library's plugins."},
    ErrorCodeInfo{"C302", "wrong type of parameter",
                  "A parameter is of another type than the plugin's schema says. Example: \"threshold\": \"5\" is a "
                  "string, not a number. The message names both types."},
    ErrorCodeInfo{"C303", "missing parameter",
                  "A plugin has a parameter without default, and it is not given. Add it to \"parameters\" of the "
                  "plugin; the note says what it is for, where the plugin tells."},
    ErrorCodeInfo{
        "C304", "parameter not among the choices",
        "A parameter has a value that is none of those the plugin accepts. Example: \"ties\": \"frist\" where "
        "first and random are possible. The note lists them."},
    ErrorCodeInfo{
        "C305", "parameter out of range",
        "A number is below or above what the plugin's schema permits. Example: a fraction of 1.5. The message "
        "names the bound."},
    ErrorCodeInfo{
        "C306", "wrong number of elements or characters",
        "A list has too many or too few elements, or the same one twice, or a string is too long or too short, "
        "by what the plugin's schema says. The message names the bound."},
    ErrorCodeInfo{"C307", "deprecated parameter",
                  "The plugin still accepts the parameter, but its author will remove it. This is a warning. The note "
                  "says what to use instead, where the plugin tells."},
    ErrorCodeInfo{
        "C308", "unusable schema of parameters",
        "The schema that a plugin brings for its parameters is not valid, uses a keyword outside the subset of "
        "JSON Schema that is supported, or contradicts itself. The config cannot mend that: use a library "
        "whose author has mended it."},

    // Values.
    ErrorCodeInfo{
        "C401", "not a finite number",
        "A number is NaN or infinite, written so in YAML (.nan, .inf) or too large to be represented (1e999). "
        "A sum that contains it would be the same for all endpoints, or undefined. Write an ordinary number."},
    ErrorCodeInfo{"C402", "negative weight",
                  "A weight is below zero. It would turn a preference into its opposite without saying so, and totals "
                  "would no longer be comparable. Use a scorer that prefers what you want, with a positive weight."},
    ErrorCodeInfo{
        "C403", "weight zero",
        "The scorer runs and is shown in explanations, but has no influence. This is a warning: it is a way to "
        "try a scorer without effect. Delete the reference if that is not intended."},
    ErrorCodeInfo{"C404", "number out of range",
                  "A number is below or above what makes sense for the key. Example: \"handlerRounds\": 0. The message "
                  "names the range."},
    ErrorCodeInfo{
        "C405", "unknown word",
        "The value is a word that means nothing for this key. Example: \"onError\": \"ignore\" where fail and "
        "skip are possible. The note lists the words."},
    ErrorCodeInfo{"C406", "malformed text",
                  "A string does not have the form that the key needs: it is empty where a name is needed, a SHA-256 "
                  "digest has not 64 hex digits, or an environment entry has no \"=\". The message says which."},
};

}  // namespace

std::span<const ErrorCodeInfo> config_error_codes() { return kCodes; }

const ErrorCodeInfo* find_config_error_code(std::string_view code) {
  const auto it =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const ErrorCodeInfo& info) { return info.code == code; });
  return it == kCodes.end() ? nullptr : &*it;
}

}  // namespace shunt
