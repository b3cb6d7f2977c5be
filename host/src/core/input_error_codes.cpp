// SPDX-License-Identifier: Apache-2.0
#include "input_error_codes.hpp"

#include <array>

namespace shunt::host {

std::span<const ErrorCodeInfo> input_error_codes() {
  static constexpr auto kCodes = std::to_array<ErrorCodeInfo>({
      {"E101", "the file cannot be read",
       "A file that was named on the command line or in another file does not exist, is a directory, or may not be "
       "read. "
       "File names inside a file count from the folder of that file; those on the command line from the working "
       "directory."},
      {"E102", "unknown key",
       "An object has a key that means nothing there, so what it was meant to say would be lost. Example: \"lables\" "
       "instead "
       "of \"labels\". The note lists the keys that are allowed. Attributes of your own belong into \"attributes\", "
       "facts of "
       "your own about a request into \"tags\"."},
      {"E103", "wrong type of value",
       "The value is of another type than the key needs. Example: \"queue\": \"3\" is a string, not a number. The "
       "message "
       "names both."},
      {"E104", "missing key",
       "Something lacks a key without which it means nothing: every endpoint needs \"name\", every request \"id\"."},
      {"E105", "number out of range",
       "Counts and durations cannot be negative, shares go from 0 to 1, and whole numbers have to fit into 64 bits. "
       "The "
       "message names the range."},
      {"E106", "duplicate name",
       "Two endpoints have the same name, or two requests the same id, so that an answer could not be told apart. "
       "The note says where the first one is. As a warning of a reload: a name that another source of endpoints has "
       "brought already, so the one of the config is left out."},
      {"E107", "word is not one of those allowed",
       "The value has to be one of a few words, in lower case. The note lists them; a close one is suggested."},
      {"E108", "empty text", "A name, an id or a path is empty. Write it, or leave the key out."},
      {"E109", "config without content",
       "The file that was named as the config is empty, or has nothing but spaces and comments. Most often it is still "
       "being written, or was cut off, so a running host keeps what it has. Write {} where every default is meant, or "
       "name no config at all."},
      {"E201", "attribute with two types",
       "An attribute has one type for all endpoints: number, flag, name or set. Canonical attributes have the type "
       "that the "
       "reference gives them; one of your own has the type that \"attributes\" of the config declares, else the type "
       "of its "
       "first value."},
      {"E202", "unusual attribute name",
       "Any name may be used for an attribute, but no plugin of this config reads this one, and it looks much like one "
       "that "
       "has a meaning. This is a warning: the value is kept."},
      {"E203", "metrics page without use",
       "The page could not be understood, or nothing in the config reads metrics. Add a plugin of the type "
       "prometheus-extractor to the config, or write the numbers under \"attributes\"."},
      {"E204", "reserved attribute name",
       "Names that begin with label: or endpoint: stand for the labels, the name and the address of an endpoint. Write "
       "labels "
       "under \"labels\", and give an attribute of your own another name."},
      {"E205", "address without host or port",
       "The address of an endpoint is what a proxy connects to: a host, a colon, and a port from 1 to 65535, with an "
       "IPv6 "
       "host in brackets. No scheme and no path. Leave the key out where the address does not matter."},
      {"E206", "line of a metrics page that is no sample",
       "A line of a captured page is neither a comment nor a sample, that is, a name, labels in braces, and a number. "
       "Extractors skip such lines. The usual cause is a page that was cut off or edited. This is a warning; it names "
       "the "
       "first such line of the page."},
      {"E207", "unknown engine",
       "The label that names the engine of an endpoint has a value for which no extractor of the config has metric "
       "names, "
       "so nothing but custom metrics is read from its page. This is a warning. Correct the label, or add the engine "
       "to "
       "\"engines\" of prometheus-extractor."},
      {"E211", "not a request",
       "A line of the requests file is neither a request (an object with \"id\"), nor a line of a Mooncake trace "
       "(timestamp, "
       "input_length, output_length, hash_ids)."},
      {"E212", "not a line of the trace",
       "A line of an Azure trace needs a time like 2023-11-16 18:15:46.68 and two whole numbers, separated by commas, "
       "below "
       "the header TIMESTAMP,ContextTokens,GeneratedTokens. Times may not go back before the first line."},
      {"E213", "header that cannot be read",
       "A header that carries a number, such as x-llm-d-slo-ttft-ms, does not hold one. Correct it, or use the key "
       "beside "
       "\"headers\" that says the same."},
      {"E214", "line too long",
       "A line of the requests file has more than 16 MiB. The usual cause is a missing line end between requests."},
      {"E301", "damaged bundle",
       "The file is no bundle that \"shunt schedule --bundle-out\" wrote, or it was changed by hand in a way that "
       "leaves it "
       "incomplete."},
      {"E302", "library differs from the bundle",
       "The bundle was written with another build of a library, so its decision may come out differently. This is a "
       "warning. Put the library with the recorded SHA-256 on the plugin path to be sure."},
      {"E311", "library on the plugin path does not load",
       "A file on the plugin path cannot be used, but nothing in the config needs it. This is a warning; the message "
       "says "
       "what is wrong with the file."},
      {"E312", "unknown endpoint",
       "A flag or a key names an endpoint that the endpoints file does not have. It is a warning where a request "
       "prefers or "
       "excludes one: an endpoint that has gone since is no mistake."},
      {"E313", "unknown model",
       "A flag names a model that \"models\" of the config does not have, neither as a name nor as an alias."},
      {"E314", "no scheduling profile",
       "The config has no profile, as one that only swaps models, so no request can be decided with it. Add an "
       "instance that "
       "filters, scores or picks, or a profile."},
      {"E321", "name that cannot be a plugin type",
       "A plugin type is a letter, then lower-case letters and digits, in words joined by single hyphens, at most 64 "
       "characters: kv-headroom. Its folder and its library are called the same with underscores: kv_headroom.so. The "
       "message suggests a name like the one that was given."},
      {"E322", "plugin type that exists already",
       "A library on the plugin path has a plugin of this type, and a config that sees both is refused. Take another "
       "name; \"shunt plugin list\" shows those that are taken."},
      {"E323", "files in the way",
       "\"shunt plugin new\" never overwrites a file and writes all of its files or none. The message lists those that "
       "exist. Remove them, or name another folder with --dir."},
      {"E324", "new plugin that cannot be written",
       "A folder or a file of the new plugin could not be made; the message says why. What had been written was "
       "removed "
       "again."},
      {"E325", "no crate for a plugin in Rust",
       "A plugin in Rust is built with the crate shunt-sdk, whose folder stands in its Cargo.toml. It is installed "
       "with the "
       "SDK, in share/shunt/rust of the prefix that the program lies in; a build tree of shunt has it there too. "
       "Install "
       "the SDK, or name a folder that has the crate's Cargo.toml with --crate DIR."},
      {"E331", "nothing to develop",
       "\"shunt plugin dev\" needs a folder with CMakeLists.txt or Cargo.toml, or a command with --build, and a config "
       "that "
       "uses the plugin, sample/shunt.jsonc or another with -c. \"shunt plugin new\" writes such a folder."},
      {"E332", "no library after the build",
       "The build went well and left no shared object in the folder where it is looked for. With --build, name that "
       "folder "
       "with --output."},
      {"E333", "folder that cannot be watched",
       "The kernel does not tell about changes in the folder; the message says why. Where it is the limit on watches, "
       "raise "
       "fs.inotify.max_user_watches."},
      {"E341", "address that cannot be listened on",
       "Another program listens there, the address is none of this machine's, or its port needs rights that this "
       "program does not have. The message says which; name another one in the config, or port 0 for any that is "
       "free."},
      {"E342", "key or certificate that cannot be used",
       "A file with API keys, a certificate or a private key that the config names cannot be read, is empty, or does "
       "not "
       "fit its counterpart. The message names the file and says what is wrong with it."},
      {"E351", "config that cannot be read again",
       "A reload reads the config file again. This host was started with its config on standard input, which is gone. "
       "Start it with a file."},
      {"E352", "too many generations",
       "Requests finish on the generation that they have begun with. So many older ones still have requests under way "
       "that another reload is refused. Wait until they have ended, or raise reload.generations."},
      {"E353", "state that would be lost",
       "The config says \"state\": \"required\" for a plugin that the reload replaces, and what the old instance has "
       "learned could not be handed over; the message says why. Both the old and the new library have to offer "
       "shunt.state, and the new one has to read the version that the old one writes."},
      {"E354", "nothing to go back to",
       "A rollback brings back the generation that the last reload has replaced. There has been none since the "
       "process was started that serves now, and no canary is out. A worker that takes the place of another one "
       "begins with what was in force, and has nothing before that."},
      {"E355", "rehearsal that did not end well",
       "Before a new config decides for live traffic it does so in a process of its own, and that process crashed, "
       "ended, took too much memory or ran out of time. The message names the plugins that were being called. "
       "Nothing has happened to the running host. \"shunt plugin validate\" finds out more about the plugin; "
       "reload.rehearsal.timeLimitMs is how long a rehearsal may take."},
      {"E356", "wrong answers in rehearsal",
       "A plugin that would be new failed or gave answers that had to be corrected when the new config was rehearsed: "
       "scores that are no numbers, picks that are no candidates and the like. \"shunt schedule --explain\" with the "
       "same config shows what it does."},
      {"E357", "memory that grows in rehearsal",
       "Between the middle and the end of the rehearsal the process grew by more than reload.rehearsal.growthKib. "
       "Where "
       "a plugin needs that much to begin with, raise the bound or reload.rehearsal.decisions."},
      {"E358", "rehearsal that could not be held",
       "The process in which the new config was to be rehearsed could not do it: it could not be started, found "
       "another library under the same name, or could not build the config. Or a library has become another file "
       "since it was looked at, and what was not looked at is not put in force. The message says which; a second "
       "reload may do."},
      {"E359", "library in quarantine",
       "The config that a reload or a rollback would put in force needs a library that is in quarantine, because it "
       "crashed this "
       "host "
       "or another one with the same state folder. A start would go on without the plugin; a reload takes nothing "
       "away. `shunt quarantine list` says what happened, `shunt quarantine lift` ends it."},
      {"E360", "reload that was called off",
       "Something came before the reload was done: a rollback, another process that takes over from this one, the end "
       "of the host, or a lack of memory. The message says which. Nothing was changed; ask once more."},
      {"E361", "no supervision",
       "The parent of a running host could not prepare or start a worker, or keep what the next one would need; the "
       "message says what the system refused. `shunt serve --no-supervisor` does without one."},
      {"E362", "quarantine that cannot be used",
       "The file quarantine.json in the state folder cannot be read or written, or something else than shunt has "
       "written "
       "it. The message says which; removing the file lifts every quarantine."},
      {"E363", "nothing to lift",
       "No library in quarantine has a SHA-256 that begins with these digits. `shunt quarantine list` shows those that "
       "are "
       "in it; with another state folder than the usual one, name it with --state-dir."},
      {"E364", "no canary",
       "A canary was to be promoted or ended, and none is out: it has been promoted or has gone already, or the reload "
       "put the new generation in force at once. GET /v1/reloads says what came of it. Nothing else was changed."},
      {"E371", "no running host",
       "The command asks the admin listener of a running host, and nothing that speaks for one answers there. Name the "
       "address with --admin or $SHUNT_ADMIN; \"shunt serve\" prints it when it starts."},
      {"E372", "refused by the admin listener",
       "The running host answers, and does not do what was asked; the message is its own. Where it wants a token, name "
       "the file that holds it with --token-file."},
  });
  return kCodes;
}

}  // namespace shunt::host
