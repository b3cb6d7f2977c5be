# SPDX-License-Identifier: Apache-2.0
"""Fenced blocks that are neither a file nor a session. Each has one of these marks on the line in front of it:

  <!-- config -->            `shunt config check` has nothing to say about it
  <!-- endpoints -->         `shunt schedule` takes it without a word as its endpoints file
  <!-- requests -->          the same for the requests file
  <!-- not run: REASON -->   it needs what a test does not have, or another test does the same; code_words.py knows its words
"""
import functools
import json
import pathlib
import re
import shlex
import tempfile

from surroundings import SOURCE, pages, run

FENCE = re.compile(r"(?P<before>^[^\n]*\n)?^```(?P<language>\w*)\n(?P<block>.*?)^```$", re.DOTALL | re.MULTILINE)
# The marks that check_docs.py compares.
COMPARED = re.compile(r"<!-- (file: .+|run|run: scratch|run: shell) -->\n")
POOL = "docs/examples/first-decision/pool.jsonc"
REQUESTS = "docs/examples/first-decision/requests.jsonl"


@functools.lru_cache(maxsize=None)
def what_program_says(kind, block, program):
    """About a file with this content; "" where it takes it."""
    with tempfile.TemporaryDirectory(prefix="shunt-docs.") as place:
        file = pathlib.Path(place) / ("block.jsonl" if kind == "requests" else "block.jsonc")
        file.write_text(block)
        for page in re.findall(r'"metricsFile": "([\w.-]+)"', block):
            (file.parent / page).write_text("vllm:num_requests_waiting 1\n")
        if kind == "config":
            found = json.loads(run(f"shunt config check -o json -c {shlex.quote(str(file))}", SOURCE, program, merge=False))
            return "; ".join(one["message"] for one in found["errors"] + found["warnings"])
        files = {"endpoints": POOL, "requests": REQUESTS, kind: str(file)}
        told = run(f"shunt schedule --endpoints {shlex.quote(files['endpoints'])} --requests {shlex.quote(files['requests'])} "
                   ">/dev/null", SOURCE, program)
        return told.replace(place, "").strip()


def check_snippets(root, program):
    problems = []
    for page in pages(root):
        name = page.relative_to(root)
        for fence in FENCE.finditer(page.read_text()):
            mark = fence["before"] or ""
            checked = re.fullmatch(r"<!-- (config|endpoints|requests) -->\n", mark)
            if checked:
                told = what_program_says(checked[1], fence["block"], program)
                problems += [f"{name}: the {checked[1]} block is not right: {told}"] if told else []
            elif not COMPARED.fullmatch(mark) and not re.fullmatch(r"<!-- not run: \S.* -->\n", mark):
                problems.append(f"{name}: a fenced block has no mark: {fence['block'].splitlines()[:1]}")
    return problems
