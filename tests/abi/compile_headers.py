#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles every ABI header alone, and all of them together, in each language that promises to understand them."""

import pathlib
import shutil
import subprocess
import sys

FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wpadded", "-Werror", "-fsyntax-only"]


def main(include, c, cxx):
    if shutil.which(c) is None or shutil.which(cxx) is None:
        print(f"SKIPPED: no such compiler: {c or 'C'}, {cxx or 'C++'}")
        return 0
    root = pathlib.Path(include)
    headers = sorted(path.relative_to(root).as_posix() for path in (root / "shunt/abi").rglob("*.h"))
    units = {header: f"#include <{header}>\n" for header in headers}
    units["all headers"] = "".join(units[header] for header in headers)
    units["all headers, backwards and twice"] = "".join(units[header] for header in reversed(headers)) * 2
    failures = 0
    for compiler, language, standard, extra in ((c, "c", "c11", ["-Wstrict-prototypes"]),
                                                (c, "c", "c17", ["-Wstrict-prototypes"]),
                                                (cxx, "c++", "c++17", ["-Wold-style-cast"]),
                                                (cxx, "c++", "c++20", ["-Wold-style-cast"])):
        for name, text in units.items():
            command = [compiler, "-x", language, f"-std={standard}", *FLAGS, *extra, f"-I{include}", "-"]
            done = subprocess.run(command, input=text, capture_output=True, text=True)
            if done.returncode != 0:
                failures += 1
                print(f"{name} as {standard}:\n{done.stderr}")
    print(f"{len(headers)} headers, {failures} failures")
    return 1 if failures or not headers else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
