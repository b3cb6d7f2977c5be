# SPDX-License-Identifier: Apache-2.0
"""Tables of the reference that people write: nothing is missing in them, and numbers and defaults are those of the program."""
import functools
import json
import re

from code_words import commands
from surroundings import run

# Page, and schema of the file that it describes.
FILES = (("endpoints-file", "endpoints"), ("requests-file", "requests"), ("schedule-output", "decision"))


@functools.lru_cache(maxsize=None)
def help_text(words, program):
    return run(f"shunt {words}", "/", program)


def rows(text):
    """Cells of every row of every table, its head excepted."""
    for line in text.splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def help_flags(command, program):
    """Flags of a command with what its help says of each."""
    said = help_text(" ".join(command[1:]) + " --help", program).partition("\nFlags\n")[2].partition("\n\n")[0]
    for entry in re.split(r"\n  (?=-)", "\n" + said)[1:]:
        yield re.findall(r"(?<!\w)--?[a-z][\w-]*", entry.split("  ")[0]), " ".join(entry.split())


def check_flags(page, program):
    general, *parts = re.split(r"^##+ `shunt ", page, flags=re.MULTILINE)
    # "plugin new KIND NAME" is about "plugin new".
    sections = {re.sub(r" [A-Z].*", "", part.partition("`")[0]): part for part in parts}
    listed = {row[0] for row in rows(general) if row[0].startswith("`shunt ")}
    leaves = {f"`{' '.join(command)}`" for command in commands(program)}
    yield from (f"the commands differ from those of the program: {name}" for name in sorted(listed ^ leaves))
    for command in commands(program):
        name = " ".join(command[1:])
        in_list = re.findall(rf"^\| `shunt {name}` .*\n", general, re.MULTILINE)
        own = sections.get(name) or sections.get(command[1]) or "".join(in_list)
        table = {flag: row for row in rows(own) for flag in re.findall(r"(?<![\w-])--?[a-z][\w-]*", row[0])}
        for flags, said in help_flags(command, program):
            for flag in flags:
                # Where flags have a table they stand in it.
                where = general if {"--help", "--color"} & set(flags) else own
                named = re.search(rf"`[^`]*(?<![\w-]){re.escape(flag)}(?![\w-])[^`]*`", where)
                if not named or table and where is own and flag not in table:
                    yield f"flag {flag} of shunt {name} is missing"
            # A default that is a sentence is written in other words.
            default = re.search(r"default: (\w+)(?: \(|$)", said)
            row = table.get(flags[-1])
            if default and row and not re.search(rf"default {default[1]}\b|`{default[1]}` \(default\)", row[1]):
                yield f"flag {flags[-1]} of shunt {name} has the default {default[1]}"


def check_topics(page, program):
    said = dict(re.findall(r"^  (\d+) (.+)$", help_text("help exit-codes", program), re.MULTILINE))
    written = {row[0]: row[1] for row in rows(page) if row[0].isdigit()}
    for code in sorted(said.keys() | written.keys(), key=int):
        if code not in written or not written[code].startswith(said.get(code, "\0")):
            yield f"exit status {code} is {said.get(code, 'unknown to the program')}"
    for variable in re.findall(r"^  ([A-Z_]+)  ", help_text("help environment", program), re.MULTILINE):
        if f"`{variable}`" not in {row[0] for row in rows(page)}:
            yield f"environment variable {variable} is missing"


def schema_keys(node):
    """Names of all properties, and the words that a value may be."""
    for key, child in node.get("properties", {}).items():
        yield key
        yield from schema_keys(child)
    for word in node.get("enum", []):
        if isinstance(word, str):
            yield word
    for part in (node.get("items"), node.get("additionalProperties"), *node.get("anyOf", []), *node.get("oneOf", [])):
        if isinstance(part, dict):
            yield from schema_keys(part)


def check_tables(root, program):
    problems = []
    page = (root / "docs/reference/cli.md").read_text()
    problems += [f"docs/reference/cli.md: {text}" for check in (check_flags, check_topics) for text in check(page, program)]
    for name, schema in FILES:
        text = (root / f"docs/reference/{name}.md").read_text()
        shown = {word for row in rows(text) for cell in row for word in re.findall(r"`([^`]+)`", cell)}
        keys = dict.fromkeys(schema_keys(json.loads((root / f"docs/reference/{schema}.schema.json").read_text())))
        problems += [f"docs/reference/{name}.md: {key} is in no table" for key in keys if key not in shown]
    return problems
