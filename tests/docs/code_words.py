# SPDX-License-Identifier: Apache-2.0
"""Names in the pages are those of the sources: every word in code style, and in blocks that no test runs, occurs there too."""
import functools
import re

from snippets import FENCE
from surroundings import SKIPPED, SOURCE, pages, run

WORD = re.compile(r"-{0,2}[A-Za-z_][\w-]*")
# What no source has: names of other programs and formats, names that CMake puts together, what the reader fills in.
ELSEWHERE = frozenset("""
  -print-file-name CPackConfig LD_PRELOAD RelWithDebInfo --workflow --benchmark_repetitions --benchmark_report_aggregates_only
  shunt_plugin_crashing core-metrics-extractor detect_leaks fsGroup rust_eh_personality taskset
  prefix_ shunt_bench_prefix shunt_plugin_strain_ short_queue_test throwing-scorer reference_self-test
  SHUNT_SOURCE ID KEY LANGUAGE ssh -H -N proxy-authorization kubectl pods subPath systemctl
  COPY FROM --chmod com your-registry --args breakpoint gdb --libs --target-dir --benchmark_filter --tool --toggle-collect callgrind
  build-asan build-debug shunt_plugin_kv_headroom shunt_plugin_kv_headroom_test shunt-plugin-kv-headroom
  libkv_headroom libshort_queue libtwo_choices soft hard
""".split())
CODE = {".h", ".hpp", ".c", ".cpp", ".cc", ".rs", ".py", ".sh", ".cmake", ".txt", ".json", ".jsonc", ".jsonl", ".toml", ".in",
        ".map", ".yaml", ".yml", ".service"}


@functools.lru_cache(maxsize=None)
def known_words(program):
    """Of all sources but the checks of the documentation, whose examples of what is wrong are no names; and of the help."""
    words = set(ELSEWHERE)
    for path in SOURCE.rglob("*"):
        parts = path.relative_to(SOURCE).parts
        if SKIPPED & set(parts) or "corpus" in parts or path.suffix not in CODE or not path.is_file():
            continue
        words.update(parts)
        words.update(path.name.split("."))
        if parts[:2] != ("tests", "docs"):
            words.update(WORD.findall(path.read_text(errors="replace")))
    for command in (*commands(program), ("shunt-sim",)):
        words.update(WORD.findall(run(f"{' '.join(command)} --help", "/", program)))
    return frozenset(words)


@functools.lru_cache(maxsize=None)
def commands(program, of=("shunt",)):
    """Every command that has no further commands."""
    listed = re.search(r"^Commands\n((?:  .*\n)+)", run(f"{' '.join(of)} --help", "/", program), re.MULTILINE)
    if not listed:
        return (of,)
    names = re.findall(r"^  (\w+)  ", listed[1], re.MULTILINE)
    return tuple(leaf for name in names for leaf in commands(program, (*of, name)))


def code_of(text):
    """What is in code style and compared with nothing else."""
    for fence in FENCE.finditer(text):
        if "<!-- not run:" in (fence["before"] or ""):
            yield fence["block"]
    # A span may go over a line's end.
    yield from re.findall(r"`([^`]+)`", FENCE.sub("\n", text))


def check_words(root, program):
    known, problems = known_words(program), []
    for page in pages(root):
        words = {word for code in code_of(page.read_text()) for word in WORD.findall(code.replace("-D", ""))}
        problems += [f"{page.relative_to(root)}: nothing is called {word}" for word in sorted(words - known)]
    return problems
