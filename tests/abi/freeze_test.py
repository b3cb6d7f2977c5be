#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The freeze file holds for the headers as they are, notices every kind of break, and accepts what appends."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

COUNT = "  uint32_t count; "
EXTENSION = "  const void *(*extension)"
N_DONE, DONE_STRIDE = "  uint32_t n_done;\n", "  uint32_t done_stride; "
DEADLINE = "#define SHUNT_REQUEST_DEADLINE "
EVENTS = ("  void (*events)(void *self, shunt_ctx *ctx, const shunt_event *events, uint32_t n, uint32_t stride);\n")
SET_ROW = "  uint32_t begin;\n  uint32_t end;\n"
PICK_END = "                  uint32_t capacity, uint32_t *n);\n"
BREAKS = [
    ("insert", "column.h", COUNT, "  uint64_t inserted;\n" + COUNT),
    ("insert a function", "host.h", EXTENSION, "  void (*inserted)(void);\n" + EXTENSION),
    ("reorder", "cycle.h", N_DONE + DONE_STRIDE, "  uint32_t done_stride;\n  uint32_t n_done; "),
    ("retype in the same size", "cycle.h", "  int64_t now_ns; ", "  uint64_t now_ns; "),
    ("retype a pointer", "column.h", "  const uint64_t *key; ", "  const int64_t *key; "),
    ("retype a parameter", "scorer.h", "*view, double *score);", "*view, float *score);"),
    ("retype a result", "library.h", "  void (*destroy)(void *self);", "  int32_t (*destroy)(void *self);"),
    ("renumber", "base.h", "#define SHUNT_BLOCKED 3 ", "#define SHUNT_BLOCKED 5 "),
    ("renumber a bit", "request.h", DEADLINE + "(1ull << 1)", DEADLINE + "(1ull << 30)"),
    ("rename an id", "filter.h", "shunt.filter/1", "shunt.filter/2"),
    ("remove a member", "column.h", "  uint64_t layout;\n", ""),
    ("remove a function", "observer.h", EVENTS, ""),
    ("remove a constant", "swapper.h", "#define SHUNT_MODEL_SHUTDOWN 5u\n", ""),
    ("grow what is final", "column.h", SET_ROW, SET_ROW + "  uint32_t grown;\n"),
]
APPENDS = [
    ("append a member", "column.h", "  uint64_t layout;\n", "  uint64_t layout;\n  uint64_t appended;\n"),
    ("append a function", "picker.h", PICK_END, PICK_END + "  void (*appended)(void *self);\n"),
    ("append a constant", "base.h", "#define SHUNT_IMPOSSIBLE 4 ", "#define SHUNT_APPENDED 9\n#define SHUNT_IMPOSSIBLE 4 "),
]


def compiles(include, freeze, compilers):
    """One answer per language, and the first complaint."""
    answers, complaint = [], ""
    for compiler, language, standard in ((compilers[0], "c", "c11"), (compilers[1], "c++", "c++20")):
        command = [compiler, "-x", language, f"-std={standard}", "-fsyntax-only", "-Werror", f"-I{include}",
                   f"-I{freeze}", "-"]
        done = subprocess.run(command, input="#include <freeze_1_0.h>\n", capture_output=True, text=True)
        answers.append(done.returncode == 0)
        complaint = complaint or done.stderr
    return answers, complaint


def mutated(include, header, old, new):
    """A copy of the headers with one change. The caller removes it."""
    copy = tempfile.TemporaryDirectory()
    shutil.copytree(include / "shunt/abi", pathlib.Path(copy.name) / "shunt/abi")
    path = pathlib.Path(copy.name) / "shunt/abi" / header
    text = path.read_text()
    if old not in text:
        raise SystemExit(f"{header}: {old!r} is no longer there to be mutated")
    path.write_text(text.replace(old, new, 1))
    return copy


def main(include, freeze, *compilers):
    include, failures = pathlib.Path(include), []
    answers, complaint = compiles(include, freeze, compilers)
    if answers != [True, True]:
        failures.append(f"the headers break the freeze file:\n{complaint}")
    for name, header, old, new in BREAKS:
        # Two ids of one length are alike to the C branch: for texts the C++ branch is the judge.
        must_catch = [1] if name == "rename an id" else [0, 1]
        with mutated(include, header, old, new) as copy:
            answers, _ = compiles(copy, freeze, compilers)
        if any(answers[language] for language in must_catch):
            failures.append(f"not caught: {name} ({header})")
    for name, header, old, new in APPENDS:
        with mutated(include, header, old, new) as copy:
            answers, complaint = compiles(copy, freeze, compilers)
        if answers != [True, True]:
            failures.append(f"refused: {name} ({header})\n{complaint}")
    print("\n".join(failures))
    print(f"{len(BREAKS)} breaks, {len(APPENDS)} appends, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
