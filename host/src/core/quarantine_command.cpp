// SPDX-License-Identifier: Apache-2.0
// `shunt quarantine`: what has crashed a host, and the word that lets it in again.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "commands.hpp"
#include "contain/quarantine.hpp"
#include "contain/state_folder.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::size_t kShownDigits = 12;

std::string line_of(const QuarantinedLibrary& library) {
  std::string out = library.sha256.substr(0, kShownDigits) + "  " + library.time + "  " + library.library;
  if (!library.plugin.empty()) out += "  plugin \"" + library.plugin + "\"";
  return out + "  " + library.reason + " in " + library.function;
}

ExitCode show(const std::vector<QuarantinedLibrary>& libraries, std::string_view member,
              const QuarantineArguments& arguments, Console& console) {
  if (arguments.format == OutputFormat::Json) {
    console.line(json::serialize(json::object{{"schema", 1}, {member, to_json(libraries)}}));
    return ExitCode::Ok;
  }
  for (const QuarantinedLibrary& library : libraries) console.line(line_of(library));
  return ExitCode::Ok;
}

}  // namespace

ExitCode run_quarantine(const QuarantineArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  const Quarantine quarantine(state_folder(arguments.state));
  const bool lifting = arguments.action == QuarantineArguments::Action::Lift;
  const auto libraries =
      lifting ? quarantine.lift(arguments.library == "all" ? "" : arguments.library) : quarantine.read();
  if (!libraries) {
    console.error(libraries.error().code, libraries.error().message, quarantine.file().string());
    return ExitCode::Failed;
  }
  if (lifting && libraries->empty() && arguments.library != "all") {
    console.error(
        "E363", "no library of " + quarantine.file().string() + " has a SHA-256 that begins with " + arguments.library,
        "", {"run: shunt quarantine list"});
    return ExitCode::Failed;
  }
  if (libraries->empty()) console.message("nothing is quarantined in " + quarantine.file().string());
  return show(*libraries, lifting ? "lifted" : "quarantined", arguments, console);
}

}  // namespace shunt::host
