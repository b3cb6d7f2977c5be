#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every test program that uses RapidCheck again and again, each time with another seed.

A failure is repeated with: RC_PARAMS="seed=N max_success=N" <program>
"""
import argparse
import json
import os
import pathlib
import secrets
import subprocess
import time


def property_programs(build):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True)
    programs = set()
    for test in json.loads(listing.stdout)["tests"]:
        program = pathlib.Path(test.get("command", [""])[0])
        if program.is_file() and os.access(program, os.X_OK) and b"RC_PARAMS" in program.read_bytes():
            programs.add(program)
    return sorted(programs)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--max-success", type=int, default=500)
    parser.add_argument("--log", required=True)
    parser.add_argument("--results", required=True)
    arguments = parser.parse_args()

    programs = property_programs(arguments.build)
    failures = {program: 0 for program in programs}
    seconds = {program: 0.0 for program in programs}
    with open(arguments.log, "wb") as log:
        for _ in range(arguments.rounds):
            for program in programs:
                parameters = f"seed={secrets.randbits(63)} max_success={arguments.max_success}"
                started = time.monotonic()
                run = subprocess.run([program], env={**os.environ, "RC_PARAMS": parameters}, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
                seconds[program] += time.monotonic() - started
                if run.returncode != 0:
                    failures[program] += 1
                    log.write(f"== {program.name} RC_PARAMS=\"{parameters}\"\n".encode() + run.stdout)
                    print(f"{program.name} fails with RC_PARAMS=\"{parameters}\"")
    with open(arguments.results, "a") as results:
        for program in programs:
            bad = failures[program]
            results.write(f"| {program.name} | {arguments.rounds - bad} | {bad} | {seconds[program]:.0f} |\n")
    return 1 if any(failures.values()) or not programs else 0


if __name__ == "__main__":
    raise SystemExit(main())
