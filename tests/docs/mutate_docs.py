#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Damages the pages, one place at a time, and demands that a check of check_docs.py tells of each.

  mutate_docs.py PROGRAM_DIR          of every page a few places of nearly each kind, always the same ones
  mutate_docs.py PROGRAM_DIR --all    every place, except those that build
  mutate_docs.py PROGRAM_DIR --list   what would be damaged

Kinds of damage:

  word         another name in code style: an option, a key, a metric, a variable, a type, a function
  row          a table row left out, where the tables are complete: options, keys, parameters, exit codes, commands
  number       another exit code, or another default of an option of the program
  output       another word or number in what a session shows
  command      another word in what a session runs; "build command" where the session builds; "shell command" where it is one of a
               shell for the whole page, which may wait a minute for what does not come: only with --all
  file         another word or number in a block that shows a file
  key          another key in a config, an endpoints file or a request
  other        another word in a block that no test runs
"""
import argparse
import collections
import functools
import pathlib
import random
import re
import shutil
import sys
import tempfile

import check_docs
import code_words
import reference_tables
import snippets
from surroundings import SOURCE, pages

FEW = 1
# A damaged command of a session that builds has the whole session run again, which takes its time, also with --all.
MOST = {"build command": 1, "shell command": 1}
TOKEN = re.compile(r"-{0,2}[A-Za-z_][\w-]*|\d+")
GENERATED = re.compile(r"<!-- generated: .*?<!-- end generated -->", re.DOTALL)
TABLES = {"docs/reference/cli.md", *(f"docs/reference/{name}.md" for name, _ in reference_tables.FILES)}

Damage = collections.namedtuple("Damage", "kind begin end text")


def other(token):
    """A token like this one that nothing is called."""
    if token.isdigit():
        return str(int(token) + 1)
    middle = (len(token) + 1) // 2
    return token[:middle] + "Q" + token[middle:]


def damaged_tokens(kind, text, begin, end, pattern=TOKEN):
    for found in pattern.finditer(text, begin, end):
        yield Damage(kind, found.start(), found.end(), other(found[0]))


def schema_keys(kind):
    name = {"config": "config", "endpoints": "endpoints", "requests": "requests"}[kind]
    schema = check_docs.json.loads((SOURCE / f"docs/reference/{name}.schema.json").read_text())
    keys = set(reference_tables.schema_keys(schema))
    for definition in schema.get("definitions", {}).values():
        keys |= set(reference_tables.schema_keys(definition))
    return keys


def in_fence(fence, text):
    mark, begin, end = fence["before"] or "", fence.start("block"), fence.end("block")
    checked = re.fullmatch(r"<!-- (config|endpoints|requests) -->\n", mark)
    if checked:
        keys = schema_keys(checked[1]) - {"body"}
        # What stands in a request's body is the client's business.
        body = text.find('"body"', begin, end)
        past = text.find('"headers"', body, end) if body >= 0 else -1
        for damage in damaged_tokens("key", text, begin, end, re.compile(r'(?<=")\w+(?=":)')):
            if text[damage.begin:damage.end] in keys and not body < damage.begin < past:
                yield damage
    elif mark.startswith("<!-- file: "):
        yield from damaged_tokens("file", text, begin, end)
    elif mark.startswith("<!-- run"):
        commands = [found.span() for found in re.finditer(r"^\$ (?:.*\\\n)*.*$", text[begin:end], re.MULTILINE)]
        kind = "build command" if "scratch" in mark else "shell command" if "shell" in mark else "command"
        for damage in damaged_tokens("output", text, begin, end):
            if not any(first <= damage.begin - begin < last for first, last in commands):
                yield damage
            elif not text[damage.begin].isdigit():    # many numbers that a command is given lead to one answer
                yield damage._replace(kind=kind)
    else:
        yield from damaged_tokens("other", text, begin, end, code_words.WORD)


def damages(name, text):
    """Every place of a page that a check has to know."""
    for fence in snippets.FENCE.finditer(text):
        yield from in_fence(fence, text)
    # As code_words.py reads them: a span may go over a line's end.
    prose = snippets.FENCE.sub(lambda fence: " " * len(fence[0]), text)
    for span in re.finditer(r"`([^`]+)`", prose):
        yield from damaged_tokens("word", text, *span.span(1), code_words.WORD)
    complete = name in TABLES or name.startswith("plugins/")
    made = [found.span() for found in GENERATED.finditer(text)]
    for row in re.finditer(r"^\| `?(\S+?)`?,? .*\n", text, re.MULTILINE):
        if (complete or any(begin < row.start() < end for begin, end in made)) and is_promised(name, text, row, made):
            yield Damage("row", row.start(), row.end(), "")
    if name == "docs/reference/cli.md":
        for found in re.finditer(r"(?<=^\| )\d+(?= \|)|(?<=default )\d+", text, re.MULTILINE):
            yield Damage("number", *found.span(), other(found[0]))


def is_promised(name, text, row, made):
    """Whether a row stands in a table that is complete: it is about something that the program has a list of."""
    if any(begin < row.start() < end for begin, end in made):
        return not row[0].startswith("|---")
    if name == "docs/reference/cli.md":
        return bool(re.match(r"\| (`|\d)", row[0]))
    if name.startswith("plugins/"):
        # A parameter that two plugins of the page have stands in two tables, and may be missing in one.
        return bool(re.match(r"\| `\w[\w.<>]*` \| (`|required)", row[0])) and text.count(f"\n| `{row[1]}` |") == 1
    keys = set(reference_tables.schema_keys(check_docs.json.loads((SOURCE / "docs/reference" / (
        dict(reference_tables.FILES)[pathlib.Path(name).stem] + ".schema.json")).read_text())))
    # A key that another row shows too may be missing in one.
    shown = re.findall(r"`(\w+)`", row[0])
    rest = text[:row.start()] + text[row.end():]
    return any(key in keys and not re.search(rf"^\|.*`{key}`", rest, re.MULTILINE) for key in shown)


def choose(found, everything, page):
    """A few of each kind, the same in every run."""
    chance, by_kind = random.Random(page), collections.defaultdict(list)
    for damage in found:
        by_kind[damage.kind].append(damage)
    few = {kind: MOST.get(kind, len(some)) if everything else FEW for kind, some in by_kind.items()}
    if not everything:
        few["shell command"] = 0
    return [damage for kind, some in by_kind.items() for damage in chance.sample(some, min(len(some), few[kind]))]


def overlay(page, folder):
    """A tree that looks like the project but holds this page alone: everything else is reached through links."""
    source, place = SOURCE, folder
    for part in page.relative_to(SOURCE).parts:
        place.mkdir()
        for entry in source.iterdir():
            if entry.name != part and entry.name not in check_docs.SKIPPED:
                (place / entry.name).symlink_to(entry)
        source, place = source / part, place / part
    shutil.copy(page, place)
    return place


def checks_of(name):
    """Those that read this page, the quick ones first."""
    checks = [check_docs.check_words, check_docs.check_snippets, check_docs.check_blocks]
    if name in TABLES:
        checks.insert(0, check_docs.check_tables)
    return checks + [check_docs.check_readmes] if name.startswith("plugins/") else checks


def survivors_of(page, program, everything):
    name, text = str(page.relative_to(SOURCE)), page.read_text()
    chosen = choose(list(damages(name, text)), everything, name)
    with tempfile.TemporaryDirectory(prefix="shunt-mutations.") as place:
        root = pathlib.Path(place) / "root"
        copy = overlay(page, root)
        usual = {check: check(root, program) for check in checks_of(name)}
        for damage in chosen:
            copy.write_text(text[:damage.begin] + damage.text + text[damage.end:])
            try:
                told = any(check(root, program) != usual[check] for check in checks_of(name))
            except Exception:  # a mark that leads nowhere is noticed too
                told = True
            yield damage, told


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program_dir", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--page", default="", help="only pages whose name has this in it")
    arguments = parser.parse_args()
    # Only the page changes, so a command prints what it printed before.
    check_docs.run = functools.lru_cache(maxsize=None)(check_docs.run)
    check_docs.trust_shown_answers(SOURCE)
    counts, survivors = collections.Counter(), []
    for page in pages(SOURCE):
        name, text = str(page.relative_to(SOURCE)), page.read_text()
        if arguments.page not in name:
            continue
        if arguments.list:
            for damage in choose(list(damages(name, text)), arguments.all, name):
                print(f"{name}: {damage.kind}: {text[damage.begin:damage.end].strip()} -> {damage.text}")
            continue
        for damage, told in survivors_of(page, arguments.program_dir, arguments.all):
            counts[damage.kind] += 1
            if not told:
                line = text.count("\n", 0, damage.begin) + 1
                survivors.append(damage)
                print(f"{name}:{line}: {damage.kind}: {text[damage.begin:damage.end].strip()!r} -> {damage.text!r}", flush=True)
    print(f"{sum(counts.values())} damages, {len(survivors)} of them unnoticed:",
          ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
