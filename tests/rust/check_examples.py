#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Rust examples build as their README says, with cargo and with rustc alone, and decide in the host.

    check_examples.py <repository> <working folder> <rustc> [<cargo> or -] [<program shunt> or -]

Besides: a scorer without Rust's standard library, and that every library exports the entry function and nothing else.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "abi"))
from check_exports import findings_of  # noqa: E402

EXAMPLES = {"scorer": "kv_headroom", "filter": "short_queue", "picker": "two_choices"}
RUSTC = ["--edition", "2021", "-O", "-D", "warnings"]


def run(command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(word) for word in command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def with_cargo(examples, work, cargo, rustc):
    folder = work / "cargo"
    folder.mkdir()
    environment = {**os.environ, "CARGO_TARGET_DIR": str(work / "target"), "RUSTC": rustc}
    for name, library in EXAMPLES.items():
        run([cargo, "build", "--release", "--offline", "--locked", "--manifest-path", examples / name / "Cargo.toml"],
            env=environment)
        shutil.copy(work / f"target/release/lib{library}.so", folder / f"{library}.so")
    return folder


def with_rustc(crate, examples, work, rustc):
    folder = work / "rustc"
    folder.mkdir()
    features = ["--cfg", 'feature="std"', "--cfg", 'feature="alloc"']
    run([rustc, *RUSTC, "--crate-type", "rlib", "--crate-name", "shunt_sdk", *features, crate / "src/lib.rs",
         "--out-dir", work])
    for name, library in EXAMPLES.items():
        run([rustc, *RUSTC, "--crate-type", "cdylib", "--crate-name", library, "-L", work,
             "--extern", "shunt_sdk", examples / name / "src/lib.rs", "-o", folder / f"{library}.so"])
    return folder


def without_std(crate, examples, work, rustc):
    folder = work / "no_std"
    shutil.copytree(work / "rustc", folder)
    rust = [rustc, *RUSTC, "-C", "panic=abort"]
    run([*rust, "--crate-type", "rlib", "--crate-name", "shunt_sdk", "--cfg", 'feature="alloc"', crate / "src/lib.rs",
         "--out-dir", folder])
    run([*rust, "-C", "lto=fat", "--crate-type", "cdylib", "--crate-name", "no_std_scorer", "-L", folder, "--extern", "shunt_sdk",
         "-C", "link-arg=-nostartfiles", "-C", "link-arg=-lc", pathlib.Path(__file__).parent / "no_std_scorer.rs",
         "-o", folder / "kv_headroom.so"])
    return folder


def check_decision(shunt, examples, folder):
    environment = {**os.environ, "SHUNT_PLUGIN_PATH": str(folder)}
    output = run([shunt, "schedule", "-c", examples / "shunt.jsonc", "--endpoints", examples / "pool.jsonc", "--requests",
                  examples / "requests.jsonl", "--explain", "-o", "text"], env=environment)
    lines = [line.split() for line in output.splitlines()]
    # The long queue is out, the scores are what is left of the KV cache, and of the two that are drawn the better one wins.
    for expected in ("filter short 4 -> 3 pod-1 dropped", "headroom 1.000 0.400 0.400 0.800 0.800 0.700 0.700",
                     "picker two -> pod-2 margin 0.100"):
        if expected.split() not in lines:
            sys.exit(f"{folder.name}: \"{expected}\" is not in\n{output}")


def main(repository, work, rustc, cargo="-", shunt="-"):
    repository, work = pathlib.Path(repository), pathlib.Path(work)
    crate, examples = repository / "sdk/rust", repository / "docs/examples/rust"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    folders = [with_rustc(crate, examples, work, rustc), without_std(crate, examples, work, rustc)]
    if cargo != "-":
        folders.append(with_cargo(examples, work, cargo, rustc))
    for folder in folders:
        libraries = sorted(folder.glob("*.so"))
        findings = [finding for library in libraries for finding in findings_of(library)]
        if len(libraries) != len(EXAMPLES) or findings:
            sys.exit(f"{folder.name}: {len(libraries)} libraries, {findings}")
        if shunt != "-":
            strict = json.loads(run([shunt, "plugin", "inspect", folder / "kv_headroom.so", "-o", "json"]))
            assert strict, "inspect says nothing"
            run([shunt, "plugin", "audit", *libraries])
            run([shunt, "plugin", "validate", *libraries, "--state", work / "validate.json"])
            check_decision(shunt, examples, folder)
        print(f"{folder.name}: {len(libraries)} libraries" + ("" if shunt == "-" else ", and they decide"))
    if shunt != "-":
        run([shunt, "plugin", "audit", "--strict", work / "no_std/kv_headroom.so"])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
