#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What lies under host/packaging: the unit file by systemd's own judgement, the example config by the program's, and the
container file by what it refers to.

    check_packaging.py --shunt build/ci/host/shunt --source . unit|config|container|links
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

SKIPPED = 77


def fail(message):
    print(message)
    sys.exit(1)


def check_unit(shunt, source):
    if shutil.which("systemd-analyze") is None:
        print("skipped: there is no systemd-analyze here")
        sys.exit(SKIPPED)
    text = (source / "host/packaging/systemd/shunt.service").read_text()
    commands = re.findall(r"^Exec\w+=(.*)$", text, re.M)
    for command in commands:
        if command == "/bin/kill -HUP $MAINPID":
            continue  # as systemd's own manual has it
        words = command.split()
        if words[0] != "/usr/bin/shunt":
            fail(f"{command}: the package installs /usr/bin/shunt")
        # Every command has to be one that this program understands: help is printed by those alone.
        name = [word for word in words[1:] if not word.startswith(("-", "/"))]
        if subprocess.run([shunt, *name, "--help"], capture_output=True).returncode != 0:
            fail(f"{command}: the program has no such command")
        for flag in (word for word in words[1:] if word.startswith("-")):
            helped = subprocess.run([shunt, *name, "--help"], capture_output=True, text=True).stdout
            if not re.search(rf"(^|[\s,]){re.escape(flag)}[,\s]", helped):
                fail(f"{command}: {flag} is no flag of it")
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "shunt.service"
        unit.write_text(text.replace("/usr/bin/shunt", shunt))
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    if result.returncode != 0 or "shunt.service" in result.stderr:
        fail(f"systemd-analyze verify: {result.stderr}")


def check_config(shunt, source):
    result = subprocess.run([shunt, "config", "check", "-c", str(source / "host/packaging/systemd/shunt.jsonc")],
                            capture_output=True, text=True)
    if result.returncode != 0:
        fail(result.stdout + result.stderr)


def check_container(_, source):
    lines = re.sub(r"\\\n", " ", (source / "host/packaging/container/Dockerfile").read_text()).splitlines()
    lines = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    stages = [line for line in lines if line.startswith("FROM ")]
    if len(stages) != 2 or not stages[0].endswith(" AS build"):
        fail(f"there should be a stage that builds and one that runs: {stages}")
    run = lines[lines.index(stages[1]):]
    if not any(re.fullmatch(r"USER (?!root$)\w+", line) for line in run):
        fail("the program must not run as root")
    if not any(line.startswith('ENTRYPOINT ["') for line in run):
        fail("signals only reach a program that is started without a shell")
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                if not (source / name).exists():
                    fail(f"{line}: {name} does not exist")
    presets = (source / "CMakePresets.json").read_text()
    for preset in re.findall(r"--preset (\w+)", "\n".join(lines)):
        if f'"name": "{preset}"' not in presets:
            fail(f"there is no preset {preset}")


def check_links(shunt, _):
    """A build without optional parts speaks neither TLS nor gRPC, and still serves its admin listener."""
    needed = subprocess.run(["ldd", shunt], capture_output=True, text=True, check=True).stdout
    for library in ("libssl", "libgrpc", "libprotobuf"):
        if library in needed:
            fail(f"the core links {library}:\n{needed}")
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "shunt.json"
        config.write_text('{"admin": {"listen": "127.0.0.1:0"}, "endpoints": [{"name": "a", "address": "127.0.0.1:1"}],'
                          ' "plugins": [{"type": "random-picker"}], "pluginDirs": ["' + plugin_folder(shunt) + '"]}')
        process = subprocess.Popen([shunt, "serve", "-c", str(config), "-o", "json"], stdout=subprocess.PIPE, text=True)
        listening = json.loads(process.stdout.readline())["listening"]
        with urllib.request.urlopen(listening["admin"] + "/readyz", timeout=60) as answer:
            ready = answer.status
        process.terminate()
        if (sorted(listening), ready, process.wait(60)) != (["admin"], 200, 0):
            fail(f"{listening} {ready} {process.returncode}")


def plugin_folder(shunt):
    """The build folder's, from any program in it."""
    for parent in pathlib.Path(shunt).resolve().parents:
        if (parent / "plugins/random_picker.so").exists():
            return str(parent / "plugins")
    fail("there is no folder of plugins")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shunt", required=True)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("what", choices=["unit", "config", "container", "links"])
    arguments = parser.parse_args()
    {"unit": check_unit, "config": check_config, "container": check_container, "links": check_links}[arguments.what](
        arguments.shunt, arguments.source)
    print("ok")


if __name__ == "__main__":
    main()
