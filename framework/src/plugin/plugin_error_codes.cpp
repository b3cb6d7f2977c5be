// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <shunt/framework/plugin_error_codes.hpp>

namespace shunt {
namespace {

constexpr std::array<PluginErrorCode, 37> kCodes = {{
    {"P101", "library not found",
     "No file of this name exists. A name without directories is looked for in SHUNT_PLUGIN_PATH, then in the config's "
     "pluginDirs, then in the plugin folder of the running executable; the message lists what was tried. Correct the "
     "name, "
     "extend the plugin path, or give an absolute path."},
    {"P102", "library cannot be read",
     "The file exists, but opening, reading or checking it failed; the message has the system's reason. Usually the "
     "user "
     "that runs the host lacks the right to read the file or to enter a directory above it."},
    {"P103", "library changed while being read",
     "Somebody wrote to the file during each of several attempts to read it. Copy a new version under a temporary name "
     "into the same directory and rename it when it is complete."},
    {"P104", "library too large",
     "The file is larger than any library needs to be. Debug sections are the usual reason: remove them with "
     "`strip --strip-debug`, and keep them in a file of their own."},
    {"P105", "plugin directory cannot be listed",
     "A directory of the plugin path exists, but is no directory or may not be listed. Correct the path or the "
     "directory's permissions."},
    {"P110", "library is a symbolic link",
     "A link can be pointed elsewhere between the check and the use of what it names. Name the real file. Links in the "
     "directories above it are followed."},
    {"P111", "library is no regular file",
     "The path names a directory, pipe, socket or device. Name the shared object itself."},
    {"P112", "library has a foreign owner",
     "The file belongs neither to root nor to the user that runs the host, so its owner could change what the host "
     "runs. "
     "Install it as one of these two."},
    {"P113", "library may be written by others",
     "The permissions of the file let its group or everybody change what the host runs. Take the right away: "
     "chmod go-w FILE."},
    {"P114", "directory may be written by others",
     "The permissions of a directory above the file let its group or everybody exchange the file. Take the right away: "
     "chmod go-w DIRECTORY. Sticky directories, such as /tmp, are accepted."},
    {"P115", "library differs from its pin",
     "The config pins the file to a SHA-256, and its content has another one. Either somebody changed the file, or the "
     "pin belongs to another version."},
    {"P116", "pin is no SHA-256",
     "A pin has 64 hexadecimal digits, as sha256sum prints them; either letter case is accepted."},
    {"P120", "no ELF file",
     "The content is no shared object. Frequent reasons: a linker script, an archive, an error page of a download."},
    {"P121", "ELF file of another word size or byte order",
     "The library is built for another family of processors. Rebuild it for this machine."},
    {"P122", "library for another machine",
     "The library is built for another processor than the host's. Rebuild it; container images for several platforms "
     "need one library for each."},
    {"P123", "ELF file, but no shared object",
     "The file is an object file, a program or a core dump. Link it with -shared."},
    {"P124", "damaged ELF file",
     "Parts that the file refers to lie outside of it, or contradict each other. Usually a copy or download was cut "
     "off."},
    {"P130", "library has a RUNPATH or RPATH",
     "The host loads a private copy of the file, for which $ORIGIN means another directory; and an absolute path lets "
     "whoever may write there add code. Link without -rpath, and private dependencies statically."},
    {"P131", "library wants an executable stack",
     "Loading it would make the stacks of the whole process executable. Link with -z noexecstack; an assembler file "
     "without a .note.GNU-stack section is the usual reason."},
    {"P132", "library shares the SDK's tables",
     "The tables that the SDK makes of the author's classes are unique in the process, so that the next version of the "
     "library would hand out those of the one before it. Rebuild the library against the host's SDK, which hides them "
     "whatever the compiler's flags are."},
    {"P140", "library without manifest",
     "The ELF note with the static facts is missing. The file is no shunt plugin, or it defines its entry function "
     "without "
     "the SDK's macro."},
    {"P141", "manifest has problems",
     "The note is there, but its text breaks the rules; the message lists every problem with its place. The SDK's "
     "macros "
     "write correct manifests."},
    {"P150", "library for another ABI major",
     "Majors are not compatible with each other. Rebuild the library against an SDK of the host's major, or use a host "
     "that speaks the library's."},
    {"P151", "library needs a newer host",
     "The library says that it cannot do without a minor version of the ABI that this host does not have yet. Rebuild "
     "it "
     "against the host's SDK, declare a lower SHUNT_ABI_MIN_MINOR, or upgrade the host."},
    {"P152", "library for another release candidate",
     "Until an ABI version is final its candidates fit only their own number. Rebuild the library against the host's "
     "SDK."},
    {"P160", "loader refused the library",
     "The dynamic loader could not map the file; the message has its words. Frequent reasons: a private library that "
     "is "
     "not installed, a C library older than the one it was built with, a staging directory mounted noexec."},
    {"P161", "undefined symbol",
     "The library uses a function or variable that nobody defines. Link with -z defs, which finds this at build time. "
     "The "
     "host exports no symbols; all its services come through the tables of the ABI."},
    {"P162", "library without entry function",
     "The symbol shunt_library_entry_v1 is not exported. It is missing, or a version script or the visibility hides "
     "it."},
    {"P163", "entry function without table",
     "The entry function must return the address of one static table, the same with each call."},
    {"P164", "tables have problems",
     "The tables that the entry function leads to break the rules of the ABI: sizes, texts, counts or functions. The "
     "message lists every problem. The SDK's macros fill correct tables."},
    {"P165", "manifest and tables differ",
     "A manifest that promises something else than the code delivers makes every listing and check worthless, so the "
     "library is refused; the message lists every difference. Build both from the same literals."},
    {"P166", "library refused to start",
     "Its init function reported a failure. It is called once per process, so correct the reason and start a fresh "
     "one."},
    {"P167", "too many libraries",
     "Mapped libraries are never unmapped, since whatever they left behind would crash the host, and the kernel limits "
     "how "
     "many fit. After very many reloads of changed files, hand over to a fresh worker process."},
    {"P168", "library cannot be copied",
     "The host loads private copies, and could not write one. Free space, or name a staging directory that may be "
     "written "
     "to and executed from."},
    {"P169", "library is quarantined",
     "Code of exactly these bytes has crashed or hung a running host, which therefore loads it no more: the message "
     "says "
     "when and where, and `shunt quarantine list` names the crash report. Load a corrected build, which has another "
     "hash; "
     "or, where something else was to blame, lift the quarantine with `shunt quarantine lift` and the hash."},
    {"P170", "plugin type offered twice",
     "Type names are unique across libraries. Remove one of the two, or pin the type to one of them in the config."},
    {"P171", "pinned library does not offer the type",
     "The config says which library a plugin type comes from, but this library is not loaded or has no such type."},
}};

}  // namespace

std::span<const PluginErrorCode> plugin_error_codes() { return kCodes; }

const PluginErrorCode* find_plugin_error_code(std::string_view code) {
  const auto found =
      std::find_if(kCodes.begin(), kCodes.end(), [code](const PluginErrorCode& entry) { return entry.code == code; });
  return found == kCodes.end() ? nullptr : &*found;
}

}  // namespace shunt
