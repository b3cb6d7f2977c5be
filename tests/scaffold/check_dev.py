#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`shunt plugin dev` as an author meets it: saves in several ways, and what is shown after each.

  check_dev.py PREFIX WORK_DIR      under PREFIX the program and the SDK are installed
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

WAITING = "waiting for changes"
ALGORITHM = "known ? it->half / (it->half + (waiting[i] > 0.0 ? waiting[i] : 0.0)) : 0.0"


class Author:
    def __init__(self, prefix, work):
        self.program, self.work = prefix / "bin/shunt", work
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("SHUNT_", "CMAKE_"))}
        self.temporary = work / "tmp"
        self.temporary.mkdir()
        self.environment["TMPDIR"] = str(self.temporary)

    def run(self, *words, status=0):
        done = subprocess.run([str(self.program), *words], cwd=self.work, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        expect(done.returncode == status, f"{' '.join(words)} exits with {done.returncode}, not {status}:\n{done.stdout}")
        return done.stdout

    def make(self, kind, name):
        self.run("plugin", "new", kind, name, "--lang", "c")
        return self.work / name.replace("-", "_")


class Session:
    """A running `shunt plugin dev`."""

    def __init__(self, author, *words):
        self.process = subprocess.Popen([str(author.program), "plugin", "dev", *words], cwd=author.work,
                                        env=author.environment, text=True, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        # A session that never says what it should would keep the test waiting for ever.
        self.guard = threading.Timer(240, self.process.kill)
        self.guard.start()

    def round(self):
        """Everything up to the next time that it waits."""
        said = []
        for line in self.process.stdout:
            said.append(line)
            if WAITING in line:
                return "".join(said)
        expect(False, f"the session ended:\n{''.join(said)}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.guard.cancel()


def expect(holds, text):
    if not holds:
        raise AssertionError(text)


def expect_in(said, *parts):
    for part in parts:
        expect(part in said, f'"{part}" is not in\n{said}')


def saves(author):
    folder = author.make("scorer", "try-me")
    source = folder / "try_me.c"
    good = source.read_text()
    expect(ALGORITHM in good, "the template has another algorithm")
    with Session(author, "try_me") as session:
        steps(session, folder, source, good)
    status = session.process.returncode
    expect(status == -signal.SIGINT, f"the interrupted session ends with {status}")
    left = [path.name for path in author.temporary.iterdir() if path.name.startswith("shunt-")]
    expect(not left, f"the interrupted session left {left}")


def steps(session, folder, source, good):
    said = session.round()
    expect_in(said, "build     ok", "validate  ", "decisions:\n", " try-me ", "-> pod-1")
    expect("FAILED" not in said, said)

    source.write_text(good.replace("return SHUNT_OK;", "return SHUNT_OK", 1))
    said = session.round()
    expect_in(said, "changed: try_me.c", "build     FAILED", "expected ‘;’" if "‘" in said else "expected ';'")
    expect("validate" not in said and "decisions" not in said, said)

    # As editors do: written beside it, then moved over it.
    beside = folder / ".try_me.c.part"
    beside.write_text(good.replace(ALGORITHM, f"1.0 - ({ALGORITHM})"))
    beside.rename(source)
    said = session.round()
    expect_in(said, "changed: try_me.c", "build     ok", "decisions:\n", "-> pod-3")

    (folder / "sample/pool.jsonc").write_text((folder / "sample/pool.jsonc").read_text() + "\n")
    expect_in(session.round(), "changed: sample/pool.jsonc", "decisions as before:")

    source.write_text(good.replace(ALGORITHM, f"2.0 + ({ALGORITHM})"))
    said = session.round()
    expect_in(said, "build     ok", "validate  FAILED", "A score lies in [0, 1]")
    expect("decisions" not in said, said)

    # A folder that did not exist before is watched too.
    (folder / "notes").mkdir()
    session.round()
    (folder / "notes/why.txt").write_text("because")
    expect_in(session.round(), "changed: notes/why.txt")


def made_anew(author):
    folder = author.make("picker", "try-again")
    with Session(author, "try_again") as session:
        expect_in(session.round(), "build     ok", "decisions:\n")
        folder.rename(author.work / "put_aside")
        shutil.copytree(author.work / "put_aside", folder, ignore=shutil.ignore_patterns("build"))
        expect_in(session.round(), "changed: .", "build     ok", "decisions as before:")
        with open(folder / "try_again.c", "a") as source:
            source.write("\n")
        expect_in(session.round(), "changed: try_again.c\n", "build     ok")


def swapper_once(author):
    author.make("swapper", "try-swap")
    said = author.run("plugin", "dev", "try_swap", "--once")
    expect_in(said, "with code,embed running, chat: ", "with chat,embed running, code: ", "with chat,code running, embed: ")


def own_build(author):
    folder = author.make("filter", "try-own")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "shunt-sdk"], text=True, check=True, stdout=subprocess.PIPE,
                           env={**author.environment, "PKG_CONFIG_PATH": str(author.program.parents[1] / "share/pkgconfig")})
    build = f"mkdir -p out && cc -std=c11 -O2 -shared -fPIC {flags.stdout.strip()} try_own.c -o out/try_own.so"
    said = author.run("plugin", "dev", "try_own", "--build", build, "--output", str(folder / "out"), "--once")
    expect_in(said, "build     ok", "decisions:")
    # What the build writes beside the sources is no reason for another round.
    noisy = build.replace("out/", "made/").replace("mkdir -p out", "mkdir -p made") + " && touch made/noise"
    with Session(author, "try_own", "--build", noisy, "--output", str(folder / "made")) as session:
        expect_in(session.round(), "build     ok")
        (folder / "try_own.c").touch()
        with open(folder / "try_own.c", "a") as source:
            source.write("\n")
        expect_in(session.round(), "changed: try_own.c\n")
    # Nobody waits for a daemon that holds the output of a build.
    daemon = f"{build} && (setsid sleep 600 & echo $! > daemon)"
    said = author.run("plugin", "dev", "try_own", "--build", daemon, "--output", str(folder / "out"), "--once")
    os.kill(int((folder / "daemon").read_text()), signal.SIGKILL)
    expect_in(said, "build     ok", "decisions:")
    said = author.run("plugin", "dev", "try_own", "--build", "true", "--output", str(folder / "empty"), "--once", status=1)
    expect_in(said, "E332")


def mistakes(author):
    empty = author.work / "empty"
    empty.mkdir()
    expect_in(author.run("plugin", "dev", "empty", "--once", status=2), "E331", "--build COMMAND")
    expect_in(author.run("plugin", "dev", "nowhere", "--once", status=2), "E331", "shunt plugin new")
    (empty / "CMakeLists.txt").touch()
    expect_in(author.run("plugin", "dev", "empty", "--once", status=2), "E331", "name a config with -c")
    expect_in(author.run("plugin", "dev", "empty", "--output", "x", status=2), "--build")


def main(prefix, work):
    prefix, work = pathlib.Path(prefix).resolve(), pathlib.Path(work).resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    author = Author(prefix, work)
    for case in (mistakes, saves, made_anew, swapper_once, own_build):
        try:
            case(author)
        except AssertionError as failure:
            sys.exit(f"{case.__name__}: {failure}")
    print("ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
