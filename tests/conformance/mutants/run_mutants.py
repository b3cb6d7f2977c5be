#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Validates every library of mutants.txt and compares the cases that fail with those that have to.

  run_mutants.py PROGRAM FOLDER            runs the first of those cases; prints every difference; exit 1 where there is one
  run_mutants.py PROGRAM FOLDER --all      runs every case, so that those that must pass are seen to pass
  run_mutants.py PROGRAM FOLDER --show     runs every case and prints which failed
  run_mutants.py PROGRAM FOLDER NAME...    these defects only
  --sanitized                              for a build with a sanitizer, where some cases have nothing to look at

A line of mutants.txt names the source, the defect and the cases that fail with it. A case behind "~" may fail or not: it
depends on chance, or on how fast the machine is. Healthy libraries run every case in each mode.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

# Long enough for the slowest case on a busy machine; a mutant that hangs takes as long.
TIME_LIMIT_MS = "4000"
SANITIZED = "--sanitized" in sys.argv


def read_table(path):
    rows = []
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            kind, name, *cases = line.split()
            words = [word for word in ",".join(cases).split(",") if word]
            rows.append((kind, name, [word for word in words if word[0] != "~"], {word[1:] for word in words if word[0] == "~"}))
    return rows


def validate(program, library, state, only):
    command = [program, "plugin", "validate", str(library), "-o", "json", "--time-limit-ms", TIME_LIMIT_MS,
               "--state", state, *(["--only", only] if only else [])]
    done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
    if not done.stdout:
        sys.exit(f"{library}: no report: {done.stderr}")
    report = json.loads(done.stdout)["libraries"][0]
    cases = report["cases"] + [case for plugin in report["plugins"] for case in plugin["cases"]]
    return done.returncode, report, cases


def judge(program, folder, state, whole, kind, name, expected, possible):
    if not whole:
        expected, possible = expected[:1], set()
    code, report, cases = validate(program, folder / f"{kind}_{name}.so", state, "" if whole else "".join(expected))
    failed = {case["name"] for case in cases if case["status"] == "failed"}
    if SANITIZED:
        expected = [name for name in expected if name not in {case["name"] for case in cases if case["status"] == "skipped"}]
    problems = []
    if not set(expected) <= failed or not failed <= possible.union(expected):
        problems.append(f"{kind} {name}: failed {sorted(failed)}, expected {sorted(expected)}")
    wanted_code = 0 if not failed else 5 if report["loads"] else 4
    if code != wanted_code:
        problems.append(f"{kind} {name}: exit status {code}, expected {wanted_code}")
    for case in cases:
        for finding in case["findings"]:
            if not finding["seen"] or not finding["required"] or not finding["source"] or \
                    "--reproduce " not in finding["reproduce"]:
                problems.append(f"{kind} {name}: {case['name']}: a finding without all of its parts: {finding}")
    return failed, problems


def uncovered(program, rows):
    """Cases that no planted defect makes fail."""
    done = subprocess.run([program, "plugin", "validate", "--list", "-o", "json"], text=True, capture_output=True, check=True)
    found = {case for _, _, expected, possible in rows for case in possible.union(expected)}
    return [f"no defect is planted for the case {case['name']}" for case in json.loads(done.stdout)["cases"]
            if case["name"] not in found]


def main():
    program, folder, *rest = sys.argv[1:]
    rows = read_table(pathlib.Path(__file__).with_name("mutants.txt"))
    whole = "--all" in rest or "--show" in rest
    names = [word for word in rest if not word.startswith("-")]
    rows = [row for row in rows if not names or row[1] in names]
    with tempfile.TemporaryDirectory(prefix="shunt-mutants.") as scratch, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        def one(row):
            return judge(program, pathlib.Path(folder), os.path.join(scratch, f"{row[0]}_{row[1]}.json"), whole, *row)
        results = list(zip(rows, pool.map(one, rows)))
    if "--show" in rest:
        for (kind, name, *_), (failed, _) in results:
            print(kind, name, ",".join(sorted(failed)))
        return
    problems = [problem for _, (_, found) in results for problem in found]
    if not names:
        problems += uncovered(program, rows)
    defects = [row for row in rows if row[2]]
    print("\n".join(problems) or f"ok: {len(defects)} defects found, {len(rows) - len(defects)} healthy libraries accepted")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
