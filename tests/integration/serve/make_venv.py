#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the virtual environment with the client library that end-to-end tests use, unless it is there already.

    make_venv.py FOLDER REQUIREMENTS
"""
import pathlib
import shutil
import subprocess
import sys
import venv


def main():
    folder, requirements = map(pathlib.Path, sys.argv[1:3])
    wanted = requirements.read_text()
    stamp = folder / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                    "--requirement", requirements], check=True)
    stamp.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
