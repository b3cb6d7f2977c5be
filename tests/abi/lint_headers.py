#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the compiler cannot about the ABI headers: which words they use, that structs can grow, thread tags."""

import pathlib
import re
import sys

FORBIDDEN = {"bool", "_Bool", "enum", "long", "short", "int", "unsigned", "signed", "size_t", "ssize_t", "intptr_t",
             "uintptr_t", "wchar_t", "float", "FILE", "packed", "class", "template", "union"}
FINAL = {"shunt_str", "shunt_pair", "shunt_set_row"}
TAGS = {"[control]", "[hot, concurrent]", "[events]", "[swap]", "[queue]", "[any-thread]"}
TAG = re.compile(r"(?<!\w)\[[a-z][a-z, -]*\]")


def split(text):
    """Code and comment of each line. Texts in quotes are no code."""
    for line in text.replace("\\\n", "\n").split("\n"):
        code, _, comment = re.sub(r'"(\\.|[^"\\])*"', '""', line).partition("//")
        yield code, comment.strip()


def lint(name, text):
    findings = []
    if "/*" in text:
        findings.append(f"{name}: block comments hide code from this check")
    comment, in_struct, first, struct = [], False, False, ""
    for number, (code, note) in enumerate(split(text), 1):
        where = f"{name}:{number}"
        stripped = code.strip()
        if not stripped:
            # A blank line ends a comment, a line with nothing but a comment continues it.
            comment = comment + [note] if note else []
            continue
        words = set(re.findall(r"\w+", re.sub(r"^\s*#\s*(include|error|pragma).*", "", code)))
        for word in sorted(words & FORBIDDEN):
            findings.append(f"{where}: '{word}' has no fixed width or layout")
        if in_struct and re.search(r"\w\s*:\s*\d+\s*;", code):
            findings.append(f"{where}: a bit-field has no fixed layout")
        opened = re.match(r"(?:typedef )?struct (shunt_\w+) \{", stripped)
        if opened:
            struct, in_struct, first = opened.group(1), True, struct_may_grow(opened.group(1))
            if struct in FINAL and "Final" not in " ".join(comment):
                findings.append(f"{where}: {struct} does not grow; its comment has to say \"Final\"")
            comment = []
            continue
        if in_struct and first:
            first = False
            if not re.fullmatch(r"uint32_t size;", stripped):
                findings.append(f"{where}: the first member of {struct} is not \"uint32_t size;\"")
        if re.match(r"(typedef )?[\w *]+\(\*\w+\)\s*\(", stripped):
            tags = TAG.findall(" ".join(comment + [note]))
            if len(tags) != 1 or tags[0] not in TAGS:
                findings.append(f"{where}: this function needs exactly one known thread tag, it has {tags}")
        if in_struct and stripped.startswith("}"):
            in_struct = False
        # A function's parameters may go on in the next line: only a finished declaration uses up the comment.
        if stripped.endswith((";", "{", "}")):
            comment = []
    return findings


def struct_may_grow(name):
    return name not in FINAL


def main(folder):
    paths = sorted(pathlib.Path(folder).rglob("*.h"))
    findings = [finding for path in paths for finding in lint(path.name, path.read_text())]
    print("\n".join(findings))
    print(f"{len(paths)} headers, {len(findings)} findings")
    return 1 if findings or not paths else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
