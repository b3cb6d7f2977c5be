#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Renders every template of `shunt plugin new`, and does with the result what the program says one should do.

  check_templates.py PREFIX WORK_DIR             exit 1 where something is not as it should be
  check_templates.py PREFIX WORK_DIR --update    writes the decisions into expected/

Under PREFIX the program and the SDK are installed; nothing else of shunt is used. All plugins are built in one project, because
configuring takes longer than compiling.
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
LANGUAGES = ("cpp", "c")
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror"


class Failure(Exception):
    pass


def run(command, folder, program):
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ.get('PATH', '')}", "NO_COLOR": "1",
                   "LC_ALL": "C.UTF-8"}
    environment.pop("SHUNT_PLUGIN_PATH", None)
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Failure(f"{command}\n  in {folder} exits with {done.returncode}:\n{done.stdout}")
    return done.stdout


def render(work, program):
    """(kind, name, answer of the program) of every template."""
    rendered = []
    for language in LANGUAGES:
        for kind in KINDS:
            name = f"{language}-{kind}"
            told = json.loads(run(f"shunt plugin new {kind} {name} --lang {language} -o json", work, program))
            if sorted(told["files"]) != sorted(str(path.relative_to(work / told["folder"]))
                                               for path in (work / told["folder"]).rglob("*") if path.is_file()):
                raise Failure(f"{name}: the files are not those that the program lists")
            rendered.append((kind, name, told))
    return rendered


def build(work, rendered, program):
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
        if f"plugin_{folder}" not in tests or f"audit_{folder}" not in tests:
            raise Failure(f"{folder}: its test or its audit did not run:\n{tests}")


def check(kind, name, told, work, program, update):
    folder = work / told["folder"]
    build_command, validate, decide = told["commands"]
    if not build_command.startswith(f"cd {told['folder']} && cmake -B build "):
        raise Failure(f"{name}: the first command is {build_command}")
    readme = (folder / "README.md").read_text()
    for command in (validate, decide):
        if command not in readme:
            raise Failure(f"{name}: README.md does not have the command {command}")
    source = next(folder / file for file in told["files"] if file in (f"{told['folder']}.cpp", f"{told['folder']}.c"))
    if "CHANGE ME" not in source.read_text():
        raise Failure(f"{name}: {source.name} does not say where to change it")
    if "no findings" not in run(f"shunt plugin audit {validate.split()[-1]}", folder, program):
        raise Failure(f"{name}: the audit has findings")
    if has_validator(program):
        run(validate, folder, program)
    run("shunt config check -c sample/shunt.jsonc", folder, program)
    now = run(decide, folder, program)
    expected = HERE / "expected" / f"{name}.txt"  # of each language, because draws depend on the name of the instance
    if update:
        expected.write_text(now)
    elif now != expected.read_text():
        raise Failure(f"{name} decides otherwise:\n" + "\n".join(
            difflib.unified_diff(expected.read_text().splitlines(), now.splitlines(), str(expected), "now", lineterm="")))


def has_validator(program):
    return subprocess.run([program, "plugin", "validate", "--help"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


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
        rendered = render(arguments.work, program)
        build(arguments.work, rendered, program)
        for kind, name, told in rendered:
            check(kind, name, told, arguments.work, program, arguments.update)
    except Failure as failure:
        print(failure)
        sys.exit(1)
    print(f"ok: {len(rendered)} templates")


if __name__ == "__main__":
    main()
