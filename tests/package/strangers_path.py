#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the path of somebody who has the installed packages and has never seen shunt: from `shunt plugin new` to an explained
decision of a plugin of their own.

  strangers_path.py PREFIX [--lang cpp|c|rust]...     exit 1 where it takes a minute of machine time or more, or five commands

Machine time is what the commands and all their children used of the processors, so that neighbours do not count.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

LIMIT_SECONDS = 60
MOST_COMMANDS = 5


def machine_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(command, folder, environment):
    """What it says, the machine seconds, the seconds on the clock."""
    machine, clock = machine_seconds(), time.monotonic()
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{command}\nexits with {done.returncode}:\n{done.stdout}")
    return done.stdout, machine_seconds() - machine, time.monotonic() - clock


def walk(language, place, environment):
    folder = pathlib.Path(place) / language
    folder.mkdir()
    begin = f"shunt plugin new scorer my-scorer --lang {language}"
    told, machine, clock = timed(f"{begin} -o json", folder, environment)
    steps = [(begin, machine, clock)]
    for command in json.loads(told)["commands"]:
        said, machine, clock = timed(command, folder, environment)
        steps.append((command, machine, clock))
        folder = folder / "my_scorer" if command.startswith("cd my_scorer && ") else folder
    if " my-scorer " not in said or "-> pod-1" not in said:
        sys.exit(f"{language}: no explained decision of my-scorer in\n{said}")
    return steps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("prefix", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--lang", action="append", default=[])
    arguments = parser.parse_args()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SHUNT_", "CMAKE_", "CCACHE"))}
    environment["PATH"] = f"{arguments.prefix / 'bin'}:{environment.get('PATH', '')}"
    environment["CMAKE_PREFIX_PATH"] = str(arguments.prefix)
    slow = []
    with tempfile.TemporaryDirectory(prefix="shunt-stranger.") as place:
        for language in arguments.lang or ["cpp"]:
            steps = walk(language, place, environment)
            print(f"{language}: machine seconds, seconds on the clock, command")
            for command, machine, clock in steps:
                print(f"{machine:8.2f} {clock:8.2f}  {command}")
            machine = sum(step[1] for step in steps)
            print(f"{machine:8.2f} {sum(step[2] for step in steps):8.2f}  in all, {len(steps)} commands\n")
            if machine >= LIMIT_SECONDS or len(steps) > MOST_COMMANDS:
                slow.append(language)
    if slow:
        sys.exit(f"too long: {', '.join(slow)}")


if __name__ == "__main__":
    main()
