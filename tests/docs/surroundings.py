# SPDX-License-Identifier: Apache-2.0
"""What the checks of the documentation share: the pages, and the program that they are about."""
import functools
import json
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = {"build", ".git", ".ci", "test-results"}


def run(command, root, program, merge=True, **more):
    """Output of a shell command; messages are part of it unless told otherwise."""
    environment = {**os.environ, **more, "PATH": f"{program}:{os.environ.get('PATH', '')}", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    environment.pop("SHUNT_PLUGIN_PATH", None)
    done = subprocess.run(["bash", "-c", command], cwd=root, env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT if merge else subprocess.PIPE, timeout=600)
    return done.stdout


@functools.lru_cache(maxsize=None)
def answer(command, program):
    return json.loads(run(command, "/", program, merge=False))


def pages(root):
    return sorted(path for path in root.rglob("*.md") if not SKIPPED & set(path.relative_to(root).parts))
