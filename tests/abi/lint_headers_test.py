#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Injects one violation after the other into copies of the headers: the lint has to find each of them."""

import pathlib
import sys

import lint_headers

# Header, what to replace, with what, and a word of the finding.
MUTATIONS = [
    ("column.h", "  uint32_t flags;  ", "  bool flags;  ", "'bool'"),
    ("column.h", "  uint32_t pool_len;  ", "  size_t pool_len;  ", "'size_t'"),
    ("cycle.h", "  int64_t now_ns;  ", "  long now_ns;  ", "'long'"),
    ("cycle.h", "  int64_t now_ns;  ", "  unsigned now_ns : 3;  ", "bit-field"),
    ("request.h", "typedef struct shunt_pair {", "enum shunt_kind { SHUNT_A };\ntypedef struct shunt_pair {", "'enum'"),
    ("swapper.h", "  uint32_t size;\n  uint32_t state;", "  uint32_t state;\n  uint32_t size;", "shunt_model"),
    ("scorer.h", "  uint32_t size;\n", "  uint64_t size;\n", "shunt_scorer_table"),
    ("host.h", "struct shunt_host {\n  uint32_t size;", "struct shunt_host {\n  uint64_t size;", "shunt_host"),
    ("scorer.h", " [hot, concurrent]\n", "\n", "thread tag"),
    ("scorer.h", "[hot, concurrent]", "[hot, concurrent] [events]", "thread tag"),
    ("scorer.h", "[hot, concurrent]", "[sometimes]", "thread tag"),
    ("library.h", "the last destroy(); may be NULL. [control]", "the last destroy().", "thread tag"),
    ("host.h", "  // Sets a gauge. Lock-free. [any-thread]\n", "\n", "thread tag"),
    ("state.h", "whatever save() returns. [control]", "whatever save() returns.", "thread tag"),
    ("draft/dump.h", "when it does not fit. [control]", "when it does not fit.", "thread tag"),
    ("base.h", " Final: never grows.", "", "\"Final\""),
    ("filter.h", "#pragma once", "/* hidden */\n#pragma once", "block comments"),
]


def main(folder):
    failures = 0
    for header, old, new, word in MUTATIONS:
        text = pathlib.Path(folder, header).read_text()
        if old not in text:
            failures += 1
            print(f"{header}: {old!r} is no longer there to be mutated")
            continue
        before = lint_headers.lint(header, text)
        after = lint_headers.lint(header, text.replace(old, new, 1))
        if before or not any(word in finding for finding in after):
            failures += 1
            print(f"{header}: {new!r} gives {after}, expected a finding with {word!r}")
    print(f"{len(MUTATIONS)} mutations, {failures} not caught")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
