#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The check of exports finds a second export, a missing entry and a unique symbol, and passes a clean library."""

import pathlib
import subprocess
import sys
import tempfile

import check_exports

ENTRY = 'extern "C" __attribute__((visibility("default"))) int shunt_library_entry_v1() { return 1; }\n'
CASES = [
    ("clean", ENTRY, []),
    ("second export", ENTRY + '__attribute__((visibility("default"))) int second;\n', ["is exported"]),
    ("no entry", "int nothing;\n", ["is not exported"]),
    ("unique", ENTRY + 'inline __attribute__((visibility("default"))) int *shared() { static int x; return &x; }\n'
                       'int *(*keep)() = shared;\n', ["is exported", "unique in the process"]),
]


def main(compiler):
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, source, expected in CASES:
            library = pathlib.Path(folder, name.replace(" ", "_") + ".so")
            command = [compiler, "-x", "c++", "-std=c++20", "-shared", "-fPIC", "-fvisibility=hidden",
                       "-o", str(library), "-"]
            subprocess.run(command, input=source, text=True, check=True)
            findings = check_exports.findings_of(library)
            if name == "unique" and not any("unique" in finding for finding in findings):
                # Clang has no unique symbols; what it makes instead is a second export.
                expected = ["is exported"] if "clang" in compiler else expected
            if bool(findings) != bool(expected) or any(not any(word in f for f in findings) for word in expected):
                failures += 1
                print(f"{name}: {findings}, expected {expected}")
    print(f"{len(CASES)} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
