#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the reference of the SDK; exit 1 where Doxygen has something to complain about.

  make_reference.py HEADERS OUTPUT [--doxygen PROGRAM]

HEADERS is the folder that holds shunt/abi, shunt/sdk and shunt/testing. The pages are OUTPUT/html.
"""
import argparse
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def make(headers, output, doxygen="doxygen", pages=HERE):
    """What Doxygen returns, and what it says."""
    output.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SHUNT_REFERENCE_HEADERS": str(headers), "SHUNT_REFERENCE_OUTPUT": str(output),
                   "SHUNT_REFERENCE_PAGES": str(pages), "SHUNT_REFERENCE_FILTER": f"{sys.executable} -B {HERE / 'doxygen_filter.py'}"}
    done = subprocess.run([doxygen, HERE / "Doxyfile"], env=environment, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("headers", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("output", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--doxygen", default="doxygen")
    arguments = parser.parse_args()
    status, said = make(arguments.headers, arguments.output, arguments.doxygen)
    print(said, end="")
    sys.exit(1 if status else 0)


if __name__ == "__main__":
    main()
