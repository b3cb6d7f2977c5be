#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/ship-a-plugin.md says of volumes of Kubernetes, with folders that have the permissions of such volumes.

  check_pod.py PREFIX          exit 1 where something is not as the page says
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
POD = SOURCE / "docs/examples/ship/pod.yaml"
# What the kubelet gives an emptyDir, without and with an fsGroup.
EMPTY_DIR = (0o777, 0o2777)
CONFIG = {"libraries": [{"path": "max_score_picker.so"}, {"path": "single_profile_handler.so"}],
          "plugins": [{"type": "queue-scorer"}],
          "schedulingProfiles": [{"name": "default", "plugins": [{"pluginRef": "queue-scorer"}]}]}


def codes(library, place, program):
    """Of what `shunt config check` says of a config with this library. Its private copies go to a volume, too."""
    temporary = place / "tmp"
    temporary.mkdir(exist_ok=True)
    temporary.chmod(0o777)
    config = place / "shunt.jsonc"
    config.write_text(json.dumps({**CONFIG, "libraries": [{"path": str(library)}, *CONFIG["libraries"]]}))
    done = subprocess.run([program, "config", "check", "-o", "json", "-c", config], text=True, stdout=subprocess.PIPE,
                          env={**os.environ, "TMPDIR": str(temporary), "XDG_RUNTIME_DIR": ""})
    said = json.loads(done.stdout)
    return {one["code"] for one in said["errors"] + said["warnings"]}


def check(mode, library, program):
    """The steps of the pod, with this mode of its volume."""
    pod = POD.read_text()
    shell, flag, command = json.loads(re.search(r"command: (\[.*\])", pod)[1])
    inside = re.search(r"mountPath: (/volume) ", pod)[1]
    source = re.search(r"install -m \d+ (\S+) ", command)[1]
    part = re.search(r"subPath: (\w+)", pod)[1]
    problems = []
    with tempfile.TemporaryDirectory(prefix="shunt-pod.") as name:
        place = pathlib.Path(name)
        volume = place / "volume"
        volume.mkdir()
        volume.chmod(mode)
        shutil.copy(library, place / source.strip("/"))
        # Both places of the init container are in the folder here; it inherits no mask that would help.
        command = command.replace(inside, str(volume)).replace(f" {source} ", f" {place}{source} ")
        subprocess.run([shell, flag, f"umask 0; {command}"], check=True)
        copied = volume / part / source.strip("/")
        if codes(copied, place, program) != {"P114"}:
            problems.append(f"a library below a folder of mode {mode:o} is not refused with P114 only")
        # A mount of the part shows it without the folder above it.
        (volume / part).rename(place / "plugins")
        if found := codes(place / "plugins" / copied.name, place, program):
            problems.append(f"the library of the pod is not accepted, mode {mode:o}: {', '.join(sorted(found))}")
    return problems


def main():
    prefix = pathlib.Path(sys.argv[1]).resolve()
    library = next(prefix.rglob("queue_scorer.so"))
    problems = [one for mode in EMPTY_DIR for one in check(mode, library, prefix / "bin/shunt")]
    print("\n".join(problems) or "ok")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
