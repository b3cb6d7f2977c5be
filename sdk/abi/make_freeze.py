#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the freeze file of the stable ABI: assertions on every offset, member type, least size and constant.

    make_freeze.py sdk/include/shunt/abi sdk/abi/freeze_1_0.h

Run once for a release. A released file is never regenerated: what it asserts is the promise.
"""

import pathlib
import re
import sys

FINAL = {"shunt_str", "shunt_pair", "shunt_set_row"}
# Numbers that change with every release candidate or belong to the author who compiles.
NOT_FROZEN = {"SHUNT_ABI_MINOR_CURRENT", "SHUNT_ABI_MINOR", "SHUNT_ABI_MIN_MINOR", "SHUNT_LIBRARY_ENTRY",
              "SHUNT_EXPORT"}
SIZES = {"uint8_t": 1, "int8_t": 1, "uint32_t": 4, "int32_t": 4, "uint64_t": 8, "int64_t": 8, "double": 8}
HEAD = """// SPDX-License-Identifier: Apache-2.0
// freeze_1_0.h: what version 1.0 of the ABI promises, as assertions. Compiles as C11 and C++20 against every newer 1.x.
// Release candidate: written anew with each candidate, never again after the release. Made by make_freeze.py.
#pragma once

#include <shunt/abi/abi.h>

#ifdef __cplusplus
namespace shunt_freeze {
template <class A, class B>
constexpr bool kSame = false;
template <class A>
constexpr bool kSame<A, A> = true;
constexpr bool same_text(const char *a, const char *b) {
  for (; *a != 0 && *a == *b; ++a, ++b) {
  }
  return *a == *b;
}
}  // namespace shunt_freeze
#define SHUNT_FROZEN(condition) static_assert(condition, "frozen in ABI 1.0")
#define SHUNT_FROZEN_TYPE(type, member, ...) SHUNT_FROZEN((shunt_freeze::kSame<decltype(type::member), __VA_ARGS__>))
#define SHUNT_FROZEN_TEXT(name, text) SHUNT_FROZEN(shunt_freeze::same_text(name, text))
#else
#define SHUNT_FROZEN(condition) _Static_assert(condition, "frozen in ABI 1.0")
#define SHUNT_FROZEN_TYPE(type, member, ...) SHUNT_FROZEN(_Generic(((type *)0)->member, __VA_ARGS__: 1, default: 0))
// C compares no texts at compile time: their lengths have to do here, the C++ branch compares the rest.
#define SHUNT_FROZEN_TEXT(name, text) SHUNT_FROZEN(sizeof(name) == sizeof(text))
#endif
#define SHUNT_FROZEN_MEMBER(type, member, offset, ...)  \\
  SHUNT_FROZEN(offsetof(type, member) == (offset));     \\
  SHUNT_FROZEN_TYPE(type, member, __VA_ARGS__)
"""


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def member_of(declaration):
    """(name, type) of one member."""
    function = re.match(r"(.*?)\(\*(\w+)\)\s*\((.*)\)$", declaration)
    if function:
        result, name, parameters = function.groups()
        return name, f"{result.strip()} (*)({parameters})"
    plain = re.match(r"(.*?)(\w+)$", declaration)
    return plain.group(2), plain.group(1).strip()


def structs(text):
    for match in re.finditer(r"(?:typedef )?struct (\w+) \{(.*?)\}\s*(\w*);", text, flags=re.S):
        yield match.group(1), [member_of(squeeze(part)) for part in match.group(2).split(";") if part.strip()]


def size_and_alignment(kind, known):
    if "*" in kind:
        return 8, 8
    if kind in SIZES:
        return SIZES[kind], SIZES[kind]
    return known[kind], 8 if known[kind] > 4 and kind != "shunt_set_row" else 4


def constants(text):
    text = text.replace("\\\n", " ")
    for match in re.finditer(r"^#define (SHUNT_[A-Z0-9_]+)[ ]+(\S[^\n]*)$", text, flags=re.M):
        name, value = match.group(1), squeeze(match.group(2))
        number = re.fullmatch(r"\(?-?(0x)?[0-9a-f]+(u|ull)?( << \d+)?\)?", value)
        if name not in NOT_FROZEN and (number or value.startswith('"')) and not name.endswith("_"):
            yield name, value


def main(folder, output):
    # Structs are laid out in the order of the includes, so that a member's size is known where it is used.
    order = ["base", "column", "request", "cycle", "host", "library", "manifest", "scorer", "filter", "picker",
             "profile_handler", "swapper", "producer", "observer", "extractor", "explain", "state"]
    present = {path.stem for path in pathlib.Path(folder).glob("*.h")} - {"abi"}
    if present != set(order):
        sys.exit(f"make_freeze.py does not know about {sorted(present ^ set(order))}")
    known, lines = {}, [HEAD]
    for stem in order:
        text = without_comments(pathlib.Path(folder, stem + ".h").read_text())
        lines.append(f"// {stem}.h")
        for name, members in structs(text):
            if not name.startswith("shunt_"):
                continue
            at = alignment = 0
            for member, kind in members:
                size, boundary = size_and_alignment(kind, known)
                at = (at + boundary - 1) // boundary * boundary
                lines.append(f"SHUNT_FROZEN_MEMBER({name}, {member}, {at}, {kind});")
                at, alignment = at + size, max(alignment, boundary)
            known[name] = (at + alignment - 1) // alignment * alignment
            lines.append(f"SHUNT_FROZEN(sizeof({name}) {'==' if name in FINAL else '>='} {known[name]});")
        for name, value in constants(text):
            check = "SHUNT_FROZEN_TEXT({0}, {1});" if value.startswith('"') else "SHUNT_FROZEN(({0}) == ({1}));"
            lines.append(check.format(name, value))
        lines.append("")
    lines.append("""#undef SHUNT_FROZEN_MEMBER
#undef SHUNT_FROZEN_TEXT
#undef SHUNT_FROZEN_TYPE
#undef SHUNT_FROZEN
""")
    pathlib.Path(output).write_text("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
