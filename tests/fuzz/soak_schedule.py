#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Decides the demo workload over and over: the same bytes each time, and no more memory than before."""
import argparse
import hashlib
import os
import subprocess
import time

MODES = [[], ["--assume"], ["--batch", "--explain"]]
ALLOWED_RISE = 1.05


def high_water_of(pid):
    """VmHWM in KiB; 0 where the process has ended. The rusage of a child would count this interpreter's memory too."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Mode:
    def __init__(self, command):
        self.command = command
        self.digest = None
        self.differing = 0
        self.high_water = []  # KiB, in the order of the runs
        self.failures = 0

    def run(self):
        process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        digest = hashlib.sha256()
        highest = 0
        # Unbuffered and in pieces smaller than a pipe holds: while output is left, the process is there to be looked at.
        for block in iter(lambda: os.read(process.stdout.fileno(), 1 << 14), b""):
            digest.update(block)
            highest = max(highest, high_water_of(process.pid))
        process.stdout.close()
        self.failures += process.wait() != 0
        self.high_water.append(highest)
        self.digest = self.digest or digest.digest()
        self.differing += digest.digest() != self.digest

    def is_flat(self):
        half = len(self.high_water) // 2
        return half == 0 or max(self.high_water[half:]) <= max(self.high_water[:half]) * ALLOWED_RISE

    def outcome(self):
        if self.failures:
            return f"**{self.failures} runs failed**"
        if self.differing:
            return "**not the same**"
        return "passed" if self.is_flat() else "**memory rises**"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shunt", required=True)
    parser.add_argument("--demo", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--results", required=True)
    arguments = parser.parse_args()

    base = [arguments.shunt, "schedule", "-c", f"{arguments.demo}/shunt.jsonc", "--endpoints",
            f"{arguments.demo}/endpoints.jsonc", "--requests", f"{arguments.demo}/requests.jsonl"]
    modes = [Mode(base + options) for options in MODES]
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end:
        for mode in modes:
            mode.run()
    good = all(mode.high_water and mode.outcome() == "passed" for mode in modes)
    with open(arguments.results, "a") as results:
        for mode, options in zip(modes, MODES):
            memory = mode.high_water or [0]
            results.write(f"| schedule {' '.join(options)} | {len(mode.high_water)} | {mode.differing} | {min(memory)} | "
                          f"{max(memory)} | {mode.outcome()} |\n")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
