#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Renders every template of `shunt plugin new`, and does with the result what the program says one should do.

  check_templates.py PREFIX WORK_DIR             exit 1 where something is not as it should be
  check_templates.py PREFIX WORK_DIR --update    writes the decisions into expected/

Under PREFIX the program and the SDK are installed; nothing else of shunt is used. All plugins of CMake are built in one project,
because configuring takes longer than compiling; those of cargo in one workspace, so that the crate is compiled once. The printed
command itself is run for the first of those. Without cargo they are left out.
"""
import argparse
import difflib
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
KINDS = ("filter", "scorer", "picker", "profile-handler", "swapper")
BUILT_WITH_CMAKE = ("cpp", "c")
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror"


class Failure(Exception):
    pass


def run(command, folder, program):
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ.get('PATH', '')}", "NO_COLOR": "1",
                   "LC_ALL": "C.UTF-8", "RUSTFLAGS": "-D warnings", "XDG_STATE_HOME": f"{folder}/build"}
    for name in ("SHUNT_PLUGIN_PATH", "CARGO_TARGET_DIR"):
        environment.pop(name, None)
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Failure(f"{command}\n  in {folder} exits with {done.returncode}:\n{done.stdout}")
    return done.stdout


def render(work, program, languages):
    """(kind, name, answer of the program) of every template."""
    rendered = []
    for language in languages:
        for kind in KINDS:
            name = f"{language}-{kind}"
            told = json.loads(run(f"shunt plugin new {kind} {name} --lang {language} -o json", work, program))
            if sorted(told["files"]) != sorted(str(path.relative_to(work / told["folder"]))
                                               for path in (work / told["folder"]).rglob("*") if path.is_file()):
                raise Failure(f"{name}: the files are not those that the program lists")
            rendered.append((kind, name, told))
    return rendered


def build_with_cmake(work, rendered, program):
    folders = [told["folder"] for _, _, told in rendered]
    (work / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(rendered LANGUAGES C CXX)\ninclude(CTest)\n"
        "find_package(shunt CONFIG REQUIRED COMPONENTS sdk)\n"
        # Where a project of its own would put its results, so that the sample configs find them.
        + "".join(f"add_subdirectory({folder} {work}/{folder}/build)\n" for folder in folders))
    launcher = shutil.which("ccache")
    launchers = f"-DCMAKE_C_COMPILER_LAUNCHER={launcher} -DCMAKE_CXX_COMPILER_LAUNCHER={launcher}" if launcher else ""
    run(f"cmake -B build -DCMAKE_PREFIX_PATH={program.parents[1]} {launchers} -DCMAKE_C_FLAGS='{WARNINGS}' "
        f"-DCMAKE_CXX_FLAGS='{WARNINGS}'", work, program)
    run("cmake --build build -j2", work, program)
    tests = run("ctest --test-dir build --output-on-failure --no-tests=error", work, program)
    for folder in folders:
        if f"plugin_{folder}" not in tests or f"validate_{folder}" not in tests:
            raise Failure(f"{folder}: its test or the validator did not run:\n{tests}")


def build_with_cargo(work, rendered, program):
    """Offline by the commands themselves, and with a folder of cargo's own in which nothing is."""
    folders = [work / told["folder"] for _, _, told in rendered]
    home = f"export CARGO_HOME={work}/cargo && "
    for folder in folders:
        # --locked: the lock file is the one that cargo would write.
        run(home + "cargo metadata --offline --locked --format-version 1", folder, program)
    run(home + rendered[0][2]["commands"][0], work, program)
    # Where the crate has been compiled already.
    target = folders[0] / "build"
    (work / "Cargo.toml").write_text("[workspace]\nresolver = \"2\"\nmembers = " + json.dumps([folder.name for folder in folders]))
    tests = run(home + f"cargo test --offline --workspace --target-dir {target} 2>&1", work, program)
    if tests.count("test result: ok.") != len(folders) or " 0 passed" in tests:
        raise Failure(f"some tests did not run:\n{tests}")
    run(home + f"cargo build --release --offline --workspace --target-dir {target}", work, program)
    for folder in folders[1:]:
        (folder / "build").mkdir()
        shutil.copy(target / f"release/libshunt_plugin_{folder.name}.so", folder / f"build/{folder.name}.so")


def check(kind, name, told, work, program, update):
    folder = work / told["folder"]
    build_command, validate, decide = told["commands"]
    is_rust = name.startswith("rust-")
    if not build_command.startswith(f"cd {told['folder']} && {'cargo test --offline' if is_rust else 'cmake -B build'} "):
        raise Failure(f"{name}: the first command is {build_command}")
    readme = (folder / "README.md").read_text()
    for command in (build_command.split(" && ", 1)[1], validate, decide):
        if command not in readme:
            raise Failure(f"{name}: README.md does not have the command {command}")
    sources = ("src/lib.rs", f"{told['folder']}.cpp", f"{told['folder']}.c")
    source = next(folder / file for file in told["files"] if file in sources)
    if "CHANGE ME" not in source.read_text():
        raise Failure(f"{name}: {source.name} does not say where to change it")
    audit = run(f"shunt plugin audit {validate.split()[-1]} -o json", folder, program)
    findings = {finding["rule"] for finding in json.loads(audit)["libraries"][0]["findings"]}
    # What Rust's standard library brings is no matter of the template.
    if findings - ({"thread-local", "import-of-interest"} if is_rust else set()):
        raise Failure(f"{name}: the audit has findings:\n{audit}")
    if "no findings" not in run(validate, folder, program):
        raise Failure(f"{name}: the validator has findings")
    run("shunt config check -c sample/shunt.jsonc", folder, program)
    now = run(decide, folder, program)
    expected = HERE / "expected" / f"{name}.txt"  # of each language, because draws depend on the name of the instance
    if update:
        expected.write_text(now)
    elif now != expected.read_text():
        raise Failure(f"{name} decides otherwise:\n" + "\n".join(
            difflib.unified_diff(expected.read_text().splitlines(), now.splitlines(), str(expected), "now", lineterm="")))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("prefix", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("work", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    program = arguments.prefix / "bin/shunt"
    try:
        rendered = render(arguments.work, program, BUILT_WITH_CMAKE)
        build_with_cmake(arguments.work, rendered, program)
        if shutil.which("cargo"):
            in_rust = render(arguments.work, program, ("rust",))
            build_with_cargo(arguments.work, in_rust, program)
            rendered += in_rust
        else:
            print("there is no cargo: the templates in Rust are left out")
        for kind, name, told in rendered:
            check(kind, name, told, arguments.work, program, arguments.update)
    except Failure as failure:
        print(failure)
        sys.exit(1)
    print(f"ok: {len(rendered)} templates")


if __name__ == "__main__":
    main()
