#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds docs/examples/c and docs/examples/cpp as an outside author does, audits and validates them, and compares their
decisions.

  check_examples.py PREFIX CC CXX             exit 1 where something is not as it should be
  check_examples.py PREFIX CC CXX --update    writes the decisions into expected.txt
"""
import argparse
import concurrent.futures
import difflib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SHARED = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,now"]
SWAPS = {"smallest_first_swapper": ["big", "small,middle"], "cheapest_reload_swapper": ["code", "chat"]}
KINDS = {"filter", "scorer", "picker", "handler", "swapper"}


def run(command, folder, program):
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ.get('PATH', '')}", "NO_COLOR": "1",
                   "LC_ALL": "C.UTF-8"}
    environment.pop("SHUNT_PLUGIN_PATH", None)
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def compile_one(source, compilers, program):
    standard = ["-std=c11"] if source.suffix == ".c" else ["-std=c++20", "-fno-gnu-unique"]
    return run([compilers[source.suffix], *standard, *SHARED, f"-I{program.parents[1]}/include", source.name, "-o", f"{source.stem}.so"], source.parent,
               program)


def decide(name, folder, program):
    if name in SWAPS:
        target, running = SWAPS[name]
        command = ["swap", "plan", "-c", "shunt.jsonc", "--target", target, "--running", running, "-o", "text"]
    else:
        command = ["schedule", "-c", "shunt.jsonc", "--endpoints", "pool.jsonc", "--requests", "requests.jsonl",
                   "--explain", "-o", "text"]
    return run([program, *command], folder, program)


def check(source, original, program, update):
    problems = []
    # Without the version script of shunt_add_plugin() a C++ library exports names of the standard library: a warning.
    strict = ["--strict"] if source.suffix == ".c" else []
    status, said = run([program, "plugin", "audit", f"./{source.stem}.so", *strict], source.parent, program)
    if status != 0:
        problems.append(f"{source.name}: the audit exits with {status}:\n{said}")
    status, said = run([program, "plugin", "validate", f"./{source.stem}.so", "--state", "state.json"], source.parent, program)
    if status != 0:
        problems.append(f"{source.name}: the validator exits with {status}:\n{said}")
    status, now = decide(source.stem, source.parent / source.stem, program)
    if status != 0:
        return problems + [f"{source.name}: no decision, status {status}:\n{now}"]
    expected = original / source.stem / "expected.txt"
    if update:
        expected.write_text(now)
    before = expected.read_text().splitlines() if expected.exists() else []
    return problems + list(difflib.unified_diff(before, now.splitlines(), str(expected), "now", lineterm=""))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("prefix", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("cc")
    parser.add_argument("cxx")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    program = arguments.prefix / "bin/shunt"
    compilers = {".c": arguments.cc, ".cpp": arguments.cxx}
    problems = []
    with tempfile.TemporaryDirectory(prefix="shunt-examples.") as place:
        sources = []
        for language in ("c", "cpp"):
            original = SOURCE / "docs/examples" / language
            shutil.copytree(original, pathlib.Path(place) / language)
            found = sorted((pathlib.Path(place) / language).glob(f"*.{language}"))
            if {source.stem.rsplit("_", 1)[1] for source in found} != KINDS:
                problems.append(f"{original} does not have one example of each kind")
            sources += [(source, original) for source in found]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            compiled = list(pool.map(lambda one: compile_one(one[0], compilers, program), sources))
        # All are there before the first decision: a config's folder of libraries holds every example of its language.
        for (source, original), (status, said) in zip(sources, compiled):
            if status != 0:
                problems.append(f"{source.name} does not compile:\n{said}")
            else:
                problems += check(source, original, program, arguments.update)
    print("\n".join(problems) or "ok")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
