#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every library of a folder exports exactly one symbol, and none that is unique in the process."""

import pathlib
import subprocess
import sys

ENTRY = "shunt_library_entry_v1"


def findings_of(library):
    done = subprocess.run(["nm", "-D", "--defined-only", str(library)], capture_output=True, text=True, check=True)
    symbols = [line.split()[-2:] for line in done.stdout.splitlines()]
    findings = [f"{name} is exported (type {kind})" for kind, name in symbols if name != ENTRY or kind != "T"]
    findings += [f"{name} is unique in the process" for kind, name in symbols if kind == "u"]
    if ENTRY not in [name for _, name in symbols]:
        findings.append(f"{ENTRY} is not exported")
    return findings


def main(folder):
    libraries = sorted(pathlib.Path(folder).glob("*.so"))
    if not libraries:
        print(f"SKIPPED: no library in {pathlib.Path(folder).name}/")
        return 0
    failures = 0
    for library in libraries:
        for finding in findings_of(library):
            failures += 1
            print(f"{library.name}: {finding}")
    print(f"{len(libraries)} libraries, {failures} findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
