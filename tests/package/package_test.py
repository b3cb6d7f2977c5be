#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an author does who has the installed package and nothing else, in a clean folder.

  package_test.py --build BUILD_FOLDER --source SOURCE_FOLDER CASE     "install" first: the others use what it installed
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CONFIG = {"plugins": [{"type": "kv-headroom"}, {"type": "max-score-picker"}],
          "schedulingProfiles": [{"name": "default", "plugins": [{"pluginRef": "kv-headroom"}]}]}
ENDPOINTS = {"endpoints": [{"name": f"ep-{i}", "address": f"192.0.2.{i}:8000", "attributes": {"kv_cache_usage": usage}}
                           for i, usage in enumerate((0.875, 0.25, 0.5), start=1)]}
SKIPPED = 77
REQUEST = {"id": "one", "body": {"model": "any", "prompt": "hello"}}


class Case:
    """A folder of its own, and the installed tree."""

    def __init__(self, arguments):
        self.build = pathlib.Path(arguments.build).resolve()
        self.source = pathlib.Path(arguments.source).resolve()
        self.prefix = self.build / "tests/package/prefix"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="shunt-package-"))
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("SHUNT_", "CMAKE_", "PKG_CONFIG"))}
        self.environment["PKG_CONFIG_PATH"] = str(self.prefix / "share/pkgconfig")
        self.environment["CMAKE_PREFIX_PATH"] = str(self.prefix)
        if shutil.which("ccache"):
            # The cases compile the same testing kit again and again.
            self.environment |= {"CMAKE_C_COMPILER_LAUNCHER": "ccache", "CMAKE_CXX_COMPILER_LAUNCHER": "ccache",
                                 "CCACHE_BASEDIR": str(self.folder), "CCACHE_NOHASHDIR": "1"}

    def run(self, *command, fails=False, cwd=None):
        done = subprocess.run(list(map(str, command)), cwd=cwd or self.folder, env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if (done.returncode != 0) != fails:
            sys.exit(f"{' '.join(map(str, command))}\nexit {done.returncode}\n{done.stdout}")
        return done.stdout

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def copy_example(self, *replacements):
        """docs/examples/kv_headroom, as an author would have it."""
        for path in (self.source / "docs/examples/kv_headroom").iterdir():
            text = path.read_text()
            for old, new in replacements:
                text = text.replace(old, new)
            self.write(path.name, text)

    def documented(self, start):
        """The command of the page that begins like this."""
        page = (self.source / "docs/reference/sdk-package.md").read_text()
        found = re.findall(rf"(?:^|`)({re.escape(start)}[^`\n]*)", page, re.M)
        if len(found) != 1:
            sys.exit(f"docs/reference/sdk-package.md has {len(found)} commands that begin with {start}")
        return found[0]

    def exports(self, library):
        return [line.split()[-1] for line in self.run("nm", "-D", "--defined-only", library).splitlines()]

    def decide(self, library):
        """Without findings, and an explained decision by the installed program: the endpoint with the freest cache."""
        shunt = self.prefix / "bin/shunt"
        self.run(shunt, "plugin", "validate", library, "--state", self.folder / "state.json")
        self.environment["SHUNT_PLUGIN_PATH"] = str(library.parent)
        self.write("shunt.jsonc", json.dumps(CONFIG))
        self.write("endpoints.json", json.dumps(ENDPOINTS))
        self.write("requests.jsonl", json.dumps(REQUEST) + "\n")
        decision = json.loads(self.run(shunt, "schedule", "-c", "shunt.jsonc", "--endpoints", "endpoints.json",
                                       "--requests", "requests.jsonl", "--explain").splitlines()[-1])
        expect(decision["endpoints"], ["ep-2"])
        expect(decision["scores"], {"ep-1": 0.125, "ep-2": 0.75, "ep-3": 0.5})

    def decide_in_rust(self):
        expect(self.exports("kv_headroom.so"), ["shunt_library_entry_v1"])
        self.decide(self.folder / "kv_headroom.so")


def expect(found, wanted):
    if found != wanted:
        sys.exit(f"expected {wanted}, found {found}")


def install(case):
    shutil.rmtree(case.prefix, ignore_errors=True)
    for component in ("sdk", "host"):
        case.run("cmake", "--install", case.build, "--component", component, "--prefix", case.prefix)
    headers = {path.name for path in case.prefix.glob("include/shunt/*")}
    expect(headers, {"abi", "sdk", "testing"})
    crate = case.prefix / "share/shunt/rust"
    expect({path.name for path in crate.iterdir()}, {"Cargo.lock", "Cargo.toml", "README.md", "src"})
    installed, sources = ({path.relative_to(folder) for path in (folder / "src").rglob("*.rs")}
                          for folder in (crate, case.source / "sdk/rust"))
    expect(installed, sources)


def sdk_from_checkout(case):
    """Moved afterwards: nothing in it may know where it was made."""
    command = case.documented("cmake -S . -B build/sdk").replace("build/sdk", f"{case.folder}/build")
    case.run("sh", "-c", command.replace("PREFIX", f"{case.folder}/made"), cwd=case.source)
    case.prefix = case.folder / "moved"
    (case.folder / "made").rename(case.prefix)
    texts = [path for path in case.prefix.rglob("*") if path.is_file()]
    expect([str(path) for path in texts if str(case.source) in path.read_text() or "/made" in path.read_text()], [])
    case.environment["PKG_CONFIG_PATH"] = str(case.prefix / "share/pkgconfig")
    case.copy_example()
    case.run("sh", "-c", "g++ -fsyntax-only -std=c++20 $(pkg-config --cflags shunt-sdk) kv_headroom.cpp")


def cmake(case):
    case.copy_example()
    case.run("cmake", "-S", ".", "-B", "build", "-G", "Ninja")
    case.run("cmake", "--build", "build")
    listed = case.run("ctest", "--test-dir", "build", "--output-on-failure", "--no-tests=error")
    expect("plugin_kv_headroom" in listed and "100% tests passed" in listed, True)
    case.decide(case.folder / "build/kv_headroom.so")


def cmake_two_plugins(case):
    """Two projects in one, each of which asks for the package: the testing kit is compiled once for both."""
    case.copy_example()
    files = list(case.folder.iterdir())
    for name in ("one", "two"):
        (case.folder / name).mkdir()
        for path in files:
            case.write(f"{name}/{path.name}", path.read_text().replace("shunt_add_plugin(kv_headroom", f"shunt_add_plugin({name}"))
    case.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(both LANGUAGES CXX)\ninclude(CTest)\n"
                                 "add_subdirectory(one)\nadd_subdirectory(two)\n")
    case.run("cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
    case.run("cmake", "--build", "build")
    expect(len(list((case.folder / "build").rglob("libshunt_testing.a"))), 1)
    listed = case.run("ctest", "--test-dir", "build", "--output-on-failure", "-R", "plugin_")
    expect("100% tests passed, 0 tests failed out of 2" in listed, True)


def cmake_unknown_component(case):
    case.copy_example(("COMPONENTS sdk", "COMPONENTS runtime"))
    told = " ".join(case.run("cmake", "-S", ".", "-B", "build", "-G", "Ninja", fails=True).split())
    expect('shunt has no component "runtime"; there is: sdk' in told, True)


def add_subdirectory(case):
    case.copy_example(("find_package(shunt CONFIG REQUIRED COMPONENTS sdk)", "add_subdirectory(shunt)"))
    (case.folder / "shunt").symlink_to(case.source)
    case.run("cmake", "-S", ".", "-B", "build", "-G", "Ninja")
    case.run("cmake", "--build", "build")
    expect(sorted(path.name for path in (case.folder / "build").rglob("*.so")), ["kv_headroom.so"])
    expect(len(list((case.folder / "build").rglob("libshunt_testing.a"))), 1)
    case.run("ctest", "--test-dir", "build", "--output-on-failure", "-R", "plugin_kv_headroom", "--no-tests=error")
    case.decide(next((case.folder / "build").rglob("kv_headroom.so")))


def pkg_config(case):
    case.copy_example()
    case.run("sh", "-c", case.documented("g++ -std=c++20 -O2 -shared -fPIC $("))
    expect(case.exports("kv_headroom.so"), ["shunt_library_entry_v1"])
    plugins = case.run("pkg-config", "--variable=plugindir", "shunt-sdk").strip()
    expect((pathlib.Path(plugins) / "queue_scorer.so").exists(), True)
    case.decide(case.folder / "kv_headroom.so")


def clang(case):
    """The oldest Clang that is here, and all examples: with its warnings as errors."""
    found = [name for name in (*(f"clang++-{version}" for version in range(14, 20)), "clang++") if shutil.which(name)]
    if not found:
        return skip("there is no clang++")
    compiler = found[0]
    flags = case.run("pkg-config", "--cflags", "--libs", "shunt-sdk").split()
    case.copy_example()
    strict = [compiler, "-std=c++20", "-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-pedantic", "-Werror"]
    case.run(*strict, *flags, "kv_headroom.cpp", "-o", "kv_headroom.so")
    case.decide(case.folder / "kv_headroom.so")
    for example in sorted((case.source / "docs/examples/cpp").glob("*.cpp")):
        case.run(*strict, *flags, example, "-o", "example.so")
    for example in sorted((case.source / "docs/examples/c").glob("*.c")):
        case.run(compiler.replace("++", ""), "-std=c11", *strict[2:], *flags, example, "-o", "example.so")
    case.run(compiler, "-std=c++20", "-fsyntax-only", *flags, case.prefix / "share/shunt/testing/shunt_testing.cpp")


def pkg_config_test(case):
    case.copy_example()
    case.run("sh", "-c", case.documented("g++ -std=c++20 $(pkg-config --cflags shunt-sdk gmock_main)"))
    expect("[  PASSED  ]" in case.run("./kv_headroom_test"), True)


def single_header(case):
    case.copy_example(("#include <shunt/sdk/library.hpp>", '#include "shunt_sdk.hpp"'))
    shutil.copy(case.prefix / "share/shunt/shunt_sdk.hpp", case.folder)
    case.environment["PKG_CONFIG_PATH"] = ""
    case.run("sh", "-c", case.documented("g++ -std=c++20 -O2 -shared -fPIC -f"))
    case.decide(case.folder / "kv_headroom.so")


def c_with_pkg_config(case):
    for path in (case.source / "tests/fixtures/c_library").glob("c_*.[ch]"):
        shutil.copy(path, case.folder)
    case.run("sh", "-c", case.documented("cc -std=c11"))
    expect(case.exports("c_library.so"), ["shunt_library_entry_v1"])
    case.run(case.prefix / "bin/shunt", "plugin", "audit", "c_library.so")


def c_with_single_header(case):
    shutil.copy(case.prefix / "share/shunt/shunt_abi.h", case.folder)
    case.write("entry.c", '#include "shunt_abi.h"\nuint64_t size_of_host(void) { return sizeof(shunt_host); }\n')
    case.run("cc", "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-c", "entry.c")


def rust_with_rustc(case):
    """The command of the page, without cargo."""
    if not shutil.which("rustc"):
        return skip("there is no rustc")
    shutil.copy(case.source / "docs/examples/rust/scorer/src/lib.rs", case.folder / "kv_headroom.rs")
    for start in ("rustc --edition 2021 -O --crate-type rlib", "rustc --edition 2021 -O --crate-type cdylib"):
        case.run("sh", "-c", case.documented(start))
    case.decide_in_rust()


def rust_with_cargo(case):
    """Offline, and with a folder of cargo's own that has nothing in it: no registry could help."""
    if not shutil.which("cargo"):
        return skip("there is no cargo")
    case.environment["CARGO_HOME"] = str(case.folder / "cargo")
    crate = case.run("pkg-config", "--variable=rustdir", "shunt-sdk").strip()
    libraries = {"scorer": "kv_headroom", "filter": "short_queue", "picker": "two_choices"}
    for example, library in libraries.items():
        shutil.copytree(case.source / "docs/examples/rust" / example, case.folder / example)
        manifest = case.folder / example / "Cargo.toml"
        manifest.write_text(manifest.read_text().replace("../../../../sdk/rust", crate))
        expect(crate in manifest.read_text(), True)
        case.run("cargo", "build", "--release", "--offline", "--locked", "--target-dir", "build", "--manifest-path", manifest)
        case.run(case.prefix / "bin/shunt", "plugin", "validate", f"build/release/lib{library}.so", "--state", "state.json")
    (case.folder / "build/release/libkv_headroom.so").rename(case.folder / "kv_headroom.so")
    case.decide_in_rust()


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


# One of each kind, and those with most files. All of them take minutes: tests/run.sh --full.
FEW_PLUGINS = ["approx_prefix_cache_producer", "disagg_profile_handler", "group", "label_selector_filter", "max_score_picker",
               "prometheus_extractor", "queue_scorer", "session_affinity", "single_profile_handler"]


def plugins_alone(case):
    """Every folder builds outside of the tree: no private door into it. All in one project, which is configured once."""
    names = sorted(folder.name for folder in (case.source / "plugins").iterdir() if (folder / "CMakeLists.txt").exists())
    if not os.environ.get("SHUNT_ALL_PLUGINS"):
        names = [name for name in names if name in FEW_PLUGINS]
        expect(names, FEW_PLUGINS)
    for name in names:
        shutil.copytree(case.source / "plugins" / name, case.folder / name)
    case.write("CMakeLists.txt", "\n".join(
        ["cmake_minimum_required(VERSION 3.25)", "project(plugins LANGUAGES CXX)",
         "find_package(shunt CONFIG REQUIRED COMPONENTS sdk)", *(f"add_subdirectory({name})" for name in names), ""]))
    case.run("cmake", "-S", case.folder, "-B", case.folder / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
             "-DBUILD_TESTING=OFF", "-DCMAKE_CXX_FLAGS_RELEASE=-O0")
    case.run("cmake", "--build", case.folder / "build")
    libraries = sorted(str(path) for path in case.folder.glob("build/*/*.so"))
    expect([pathlib.Path(path).stem for path in libraries], names)
    shunt = case.prefix / "bin/shunt"
    case.run(shunt, "plugin", "audit", *libraries)
    case.write("shunt.jsonc", json.dumps({"libraries": libraries, "plugins": [{"type": "queue-scorer"}]}))
    case.run(shunt, "config", "check", "-c", "shunt.jsonc")


def debian_packages(case):
    case.run("cpack", "-G", "DEB", "-B", case.folder / "packages", cwd=case.build)
    packages = sorted((case.folder / "packages").glob("*.deb"))
    expect([package.name.split("_")[0] for package in packages], ["shunt-sdk-dev", "shunt"])
    for package in packages:
        case.run("dpkg", "-x", package, case.folder / "root")
    expect("libc6 (" in case.run("dpkg", "-f", packages[1], "Depends"), True)
    shunt = case.folder / "root/usr/bin/shunt"
    expect("queue-scorer" in case.run(shunt, "plugin", "list"), True)
    case.run(shunt, "plugin", "new", "scorer", "mine", "--lang", "rust")
    expect("root/usr/share/shunt/rust" in (case.folder / "mine/Cargo.toml").read_text(), True)


CASES = {function.__name__: function for function in
         (install, sdk_from_checkout, cmake, cmake_two_plugins, cmake_unknown_component, add_subdirectory, pkg_config, pkg_config_test, clang,
          single_header, c_with_pkg_config, c_with_single_header, rust_with_rustc, rust_with_cargo, plugins_alone, debian_packages)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("case", choices=CASES)
    given = parser.parse_args()
    chosen = Case(given)
    try:
        CASES[given.case](chosen)
    finally:
        shutil.rmtree(chosen.folder, ignore_errors=True)
