#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the documentation with files, the built program and the sources.

  check_docs.py PROGRAM_DIR              prints every problem; exit 1 where there is one
  check_docs.py PROGRAM_DIR --update     rewrites the marked blocks of the pages first
  check_docs.py PROGRAM_DIR --self-test  damages copies of the pages and expects to be told

Marks in a page, each on a line of its own in front of what it governs:

  <!-- file: PATH -->            the fenced block equals this file; "lines A-B" may follow the path
  <!-- run -->                   the fenced block is a session: lines with "$ " are run by bash in the root of the project
  <!-- run: scratch -->          the same, in a folder that starts empty and that all such sessions of the page share, with the
                                 installed program and SDK
  <!-- run: shell -->            the same, in one shell for the whole page: its variables and jobs stay. What still runs in the end
                                 is ended; $SHUNT_SOURCE is the root of the project, and hashes of what was built are left out
  <!-- generated: NAME -->       what follows, up to "<!-- end generated -->", is made by the function of that name

Other fenced blocks have a mark of snippets.py. Names in code style are those of the sources: code_words.py. Tables about flags,
files and exit codes say what the program says: reference_tables.py.
"""
import argparse
import difflib
import functools
import json
import pathlib
import re
import shlex
import shutil
import sys
import tempfile

from code_words import check_words
from plugin_pages import check_plugin_pages
from reference_tables import check_tables
from snippets import check_snippets
from surroundings import SKIPPED, SOURCE, answer, pages, run

sys.path.insert(0, str(SOURCE / "host/packaging"))
from metric_table import read_table  # noqa: E402

MARKED = re.compile(
    r"(?P<mark><!-- (?:(?P<kind>file|generated): (?P<what>[^\n]+?)|run(?P<scratch>: scratch|: shell)?) -->\n)"
    r"(?:(?P<open>```\w*\n)(?P<block>.*?)(?P<close>```(?=\n|\Z))|(?P<text>.*?)(?P<end><!-- end generated -->))",
    re.DOTALL)
KINDS = {"filter", "scorer", "picker", "profile_handler", "swapper"}


def commands_of(block):
    """The commands of a session. One may go on after a backslash."""
    return re.findall(r"^\$ ((?:.*\\\n)*.*)$", block, re.MULTILINE)


def session(block, answer_to):
    """The same session with what its commands print now."""
    return "".join(f"$ {command}\n{answer_to(command)}" for command in commands_of(block))


# A session of one shell: nothing outlives it, and one that a damaged command lets wait for ever has an end.
END_JOBS = "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n"
SESSION_SECONDS = 240


@functools.lru_cache(maxsize=None)
def scratch_answers(commands, program, one_shell=False):
    """What the commands print, one after the other. They depend on nothing in the pages, and building takes its time."""
    with tempfile.TemporaryDirectory(prefix="shunt-docs.") as place:
        # What the test package_install has installed.
        prefix = program.parent / "tests/package/prefix"
        more = {"CMAKE_PREFIX_PATH": str(prefix), "PKG_CONFIG_PATH": str(prefix / "share/pkgconfig"),
                "XDG_STATE_HOME": f"{place}/.state", "SHUNT_SOURCE": str(SOURCE)}
        if shutil.which("ccache"):
            more |= {"CMAKE_C_COMPILER_LAUNCHER": "ccache", "CMAKE_CXX_COMPILER_LAUNCHER": "ccache",
                     "CCACHE_BASEDIR": place, "CCACHE_NOHASHDIR": "1"}
        if not one_shell:
            return tuple(run(command, place, prefix / "bin", **more).replace(place, "~") for command in commands)
        script = END_JOBS + "".join(f"{command}\nprintf '\\f'\n" for command in commands)
        printed = run(f"timeout {SESSION_SECONDS} bash -c {shlex.quote(script)}", place, prefix / "bin", **more)
        printed = re.sub(r"\([0-9a-f]{12}\)", "(SHA-256)", printed.replace(place, "~"))
        # A shell that ended early has no answer to the rest.
        answers = printed.split("\f")
        return tuple(answers[:len(commands)] + ["no answer\n"] * (len(commands) - len(answers)))


def trust_shown_answers(root):
    """For those who damage the pages: what the undamaged pages show is taken for what their sessions print, which is for the check
    of the pages to prove, and which takes minutes of building. A session that a damage changes is run."""
    shown = {}
    for page in pages(root):
        blocks = [match["block"] for match in MARKED.finditer(page.read_text()) if match["scratch"]]
        answers = [answer for block in blocks for answer in re.split(r"^\$ (?:.*\\\n)*.*\n", block, flags=re.MULTILINE)[1:]]
        shown[tuple(command for block in blocks for command in commands_of(block))] = tuple(answers)
    printed = scratch_answers
    globals()["scratch_answers"] = lambda commands, *more: shown[commands] if commands in shown else printed(commands, *more)


def snippet(what, root):
    path, _, lines = what.partition(" lines ")
    text = (root / path).read_text().splitlines(keepends=True)
    first, last = map(int, lines.split("-")) if lines else (1, len(text))
    return "".join(text[first - 1:last])


def table(head, rows):
    lines = ["| " + " | ".join(cells) + " |\n" for cells in (head, *rows)]
    return "".join([lines[0], "|" + "---|" * len(head) + "\n", *lines[1:]])


@functools.lru_cache(maxsize=None)
def error_codes(_, program):
    titles = re.findall(r"^  ([A-Z]\d{3})  (.+)$", run("shunt help errors", "/", program), re.MULTILINE)
    texts = run("".join(f"shunt help {code}; printf '\\f'; " for code, _ in titles), "/", program).split("\f")
    sections = {"C": "Config and generation", "E": "Input files", "P": "Libraries"}
    rows = {letter: [] for letter in sections}
    for (code, title), text in zip(titles, texts):
        text = " ".join(text.partition("\n")[2].split())
        rows[code[0]].append([f"`{code}`", title, text.replace("|", "\\|").replace("<", "&lt;")])
    return "\n" + "".join(f"## {sections[letter]}\n\n{table(['code', 'title', 'explanation'], rows[letter])}\n"
                          for letter in sections)


def plugins(_, program):
    rows = []
    for plugin in answer("shunt plugin list -o json", program)["plugins"]:
        names = [re.sub(r"^shunt\.|/\d+$", "", name) for name in plugin["interfaces"]]
        kinds = ", ".join(name.replace("_", " ") for name in names if name in KINDS)
        others = ", ".join(name for name in names if name not in KINDS)
        link = f"[{plugin['type']}](plugins/{pathlib.Path(plugin['file']).stem}.md#{plugin['type']})"
        rows.append([link, kinds or "–", others or "–", plugin["summary"], plugin["stability"]])
    return "\n" + table(["type", "kind", "extensions", "summary", "stability"], rows) + "\n"


def attributes(root, _):
    source = (root / "framework/src/scheduling/attribute.cpp").read_text()
    body = source.partition("kAll = {")[2].partition("};")[0]
    rows = re.findall(r'\{\s*"(\w+)",\s*(\w+),\s*"([^"]+)"\s*\}', body)
    assert rows and len(rows) == body.count("{"), "attribute.cpp is written in another way"
    return "\n" + table(["attribute", "type", "meaning"],
                        [[f"`{name}`", kind.lower(), meaning] for name, kind, meaning in rows]) + "\n"


def schema_type(node, schema):
    if "$ref" in node:
        return schema_type(schema["definitions"][node["$ref"].rsplit("/", 1)[1]], schema)
    if "anyOf" in node:
        return " or ".join(schema_type(one, schema) for one in node["anyOf"])
    if "const" in node or "enum" in node:
        return ", ".join(f"`{word}`" for word in node.get("enum", [node.get("const")]))
    kind = node["type"] if isinstance(node["type"], str) else " or ".join(node["type"])
    low, high = node.get("minimum"), node.get("maximum")
    if low is not None:
        kind += f", {low} to {high}" if high is not None else f" from {low}"
    if kind == "array":
        return "list of " + re.sub(r"\b(string|object)\b", r"\1s", schema_type(node["items"], schema))
    if isinstance(node.get("additionalProperties"), dict):
        return "object of " + schema_type(node["additionalProperties"], schema).replace("object", "objects", 1)
    return kind.replace("boolean", "flag")


def config_keys(root, _):
    schema = json.loads((root / "docs/reference/config.schema.json").read_text())
    rows = []

    def resolve(node):
        return schema["definitions"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node

    def walk(node, path):
        node = resolve(node)
        for one in node.get("anyOf", []):
            walk(one, path)
        if "items" in node:
            walk(node["items"], path + "[]")
        if isinstance(node.get("additionalProperties"), dict):
            child = node["additionalProperties"]
            if "properties" in resolve(child):
                walk(child, path + ".<name>")
        for key, child in node.get("properties", {}).items():
            full = f"{path}.{key}".lstrip(".")
            needed = "required" if key in node.get("required", []) else ""
            default = f"`{json.dumps(child['default'])}`" if "default" in child else needed
            text = child.get("description") or resolve(child).get("description", "")
            rows.append([f"`{full}`", schema_type(child, schema), default, text])
            walk(child, full)

    walk(schema, "")
    return "\n" + table(["key", "type", "default", "meaning"], rows) + "\n"


def validator_cases(_, program):
    listed = answer("shunt plugin validate --list -o json", program)
    out = "\n"
    for level in listed["levels"]:
        rows = []
        for case in listed["cases"]:
            if case["level"] == level["level"]:
                names = [re.sub(r"^shunt\.|(\.draft)?/\d+$", "", name).replace("_", " ") for name in case["interfaces"].split()]
                rows.append([f"`{case['name']}`", ", ".join(names) or "all", case["checks"]])
        out += f"### Level {level['level']}: {level['name']}\n\n{level['meaning'].capitalize()}.\n\n" + \
            table(["case", "plugins", "checks"], rows) + "\n"
    return out


def sim_flags(_, program):
    out = "\n"
    for title, entries in re.findall(r"^(Flags|Faults)(?: of .*)?\n((?:  .*\n)+)", run("shunt-sim --help", "/", program), re.MULTILINE):
        rows = []
        for names, text in re.findall(r"^  (-.*?)  +(.*)$", entries, re.MULTILINE):
            meaning, _, default = text.partition("; default: ")
            rows.append([f"`{names}`", f"`{default}`" if default and " " not in default else default, meaning.replace("|", "\\|")])
        out += table(["flag", "default", "meaning"], rows) + "\n"
    return out


def system_headers(root, _):
    source = (root / "host/src/serve/front/header_rules.cpp").read_text()
    names = re.findall(r'"([^"]+)"', source.partition("kSystemOwned = ")[2].partition("});")[0])
    assert names, "header_rules.cpp is written in another way"
    return "\n" + ", ".join(f"`{name}`" for name in names) + "\n\n"


def http_errors(root, _):
    source = (root / "host/src/serve/front/envelope.cpp").read_text()
    body = source.partition("kErrors = ")[2].partition("});")[0]
    rows = re.findall(r'\{\s*"([\w-]+)",\s*(\d{3}),\s*((?:"[^"]+"\s*)+)\}', body)
    assert rows and len(rows) == len(re.findall(r"^    \{", body, re.MULTILINE)), "envelope.cpp is written in another way"
    return "\n" + table(["code", "status", "meaning"], [[f"`{code}`", status, "".join(re.findall(r'"([^"]+)"', meaning))]
                                                       for code, status, meaning in rows]) + "\n"


def metrics(root, _):
    out, table_of = "\n", {}
    for metric in read_table(root / "host/src/core/admin/metric_table.cpp"):
        table_of.setdefault(metric.group, []).append(
            [f"`{metric.name}`", metric.kind, ", ".join(f"`{label}`" for label in metric.labels) or "–", metric.help])
    for group, rows in table_of.items():
        out += f"## {group}\n\n{table(['metric', 'type', 'labels', 'meaning'], rows)}\n"
    return out


def admin_routes(root, _):
    source = (root / "host/src/core/admin/admin.cpp").read_text()
    rows = re.findall(r'add\(\s*\{"(\w+)",\s*"([^"]+)",\s*"([^"]+)",\s*(true|false),', source)
    assert len(rows) == source.count("router_->add("), "admin.cpp is written in another way"
    return "\n" + table(["path", "method", "answers", "token"],
                        [[f"`{path}`", method, text, "yes" if changes == "true" else ""]
                         for method, path, text, changes in rows]) + "\n"


GENERATED = {"system-headers": system_headers, "http-errors": http_errors, "error-codes": error_codes, "plugins": plugins,
             "attributes": attributes, "config-keys": config_keys, "validator-cases": validator_cases, "sim-flags": sim_flags,
             "metrics": metrics, "admin-routes": admin_routes}


def check_blocks(root, program, update=False):
    problems, used = [], set()
    for page in pages(root):
        text = page.read_text()
        scratch = tuple(command for match in MARKED.finditer(text) if match["scratch"]
                        for command in commands_of(match["block"]))
        one_shell = "<!-- run: shell -->" in text
        answers = iter(scratch_answers(scratch, program, one_shell) if scratch else ())

        def fresh(match, answers=answers):
            kind, what = match["kind"], match["what"]
            if kind == "generated":
                used.add(what)
                return match["mark"] + GENERATED[what](root, program) + (match["end"] or "")
            if match["open"] is None:
                raise ValueError(f"{page.relative_to(root)}: no fenced block follows {match['mark'].strip()}")
            if kind == "file":
                block = snippet(what, root)
            else:
                block = session(match["block"], (lambda _: next(answers)) if match["scratch"] else
                                (lambda command: run(command, root, program)))
            return match["mark"] + match["open"] + block + match["close"]

        now = MARKED.sub(fresh, text)
        if now != text and update:
            page.write_text(now)
        elif now != text:
            problems += difflib.unified_diff(text.splitlines(), now.splitlines(), str(page.relative_to(root)),
                                             "as it should be", lineterm="", n=0)
    return problems + [f"no page has the generated block {name}" for name in sorted(GENERATED.keys() - used)]


def anchors(path):
    titles = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def check_links(root, _):
    problems = []
    for page in pages(root):
        text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if not re.match(r"[a-z]+:", link) and not (
                    target.exists() and (not anchor or target.suffix != ".md" or anchor in anchors(target))):
                problems.append(f"{page.relative_to(root)}: the link {link} leads nowhere")
    return problems


def parameter_problems(readme, schema, path=""):
    """Of one schema: every parameter has a row with its default, or a list of names in the row of its parent."""
    for key, node in schema.get("properties", {}).items():
        full, required = path + key, key in schema.get("required", [])
        inner = node.get("additionalProperties")
        if isinstance(inner, dict) and "properties" in inner and f"`{full}.<name>." in readme:
            yield from parameter_problems(readme, inner, full + ".<name>.")
            continue
        found = re.search(rf"^\| `{re.escape(full)}` \| (.*?) \|", readme, re.MULTILINE) or \
            re.search(rf"`{re.escape(full)}` \((.*?)\)", readme)
        if not found:
            yield f"parameter {full} is missing"
            continue
        shown = found[1].replace("`", "")
        wanted = "required" if required else json.dumps(node.get("default"))
        if "properties" not in node and not (shown.startswith("required") if required else shown == wanted):
            yield f"parameter {full} has the default {wanted}, not {shown}"
        yield from leaf_problems(readme, node)


def leaf_problems(readme, node):
    """Names inside lists and tables, and texts that are defaults there, occur somewhere."""
    for part in (node.get("items"), node.get("additionalProperties"), node):
        for key, child in (part.get("properties", {}) if isinstance(part, dict) else {}).items():
            if f"`{key}`" not in readme and f'"{key}"' not in readme:
                yield f"key {key} is missing"
            default = child.get("default")
            if isinstance(default, str) and default and f"`{default}`" not in readme:
                yield f"default {default} of {key} is missing"
            yield from leaf_problems(readme, child)


def check_readmes(root, program):
    problems = []
    for plugin in answer("shunt plugin list -o json", program)["plugins"]:
        stem = pathlib.Path(plugin["file"]).stem
        path = root / "plugins" / stem / "README.md"
        readme = path.read_text() if path.exists() else ""
        name = f"plugins/{stem}/README.md"
        if f"# {plugin['type']}\n" not in readme and f"`{plugin['type']}`" not in readme:
            problems.append(f"{name}: type {plugin['type']} is missing")
        library = answer(f"shunt plugin inspect -o json '{plugin['file']}'", program)["libraries"][0]
        schema = next(one["parameters"] for one in library["plugins"] if one["type"] == plugin["type"])
        problems += [f"{name}: {plugin['type']}: {text}" for text in parameter_problems(readme, schema)]
        sources = "".join(one.read_text() for one in path.parent.glob("*.cpp") if not one.name.endswith("_test.cpp"))
        problems += [f"{name}: metric {metric} is missing"
                     for metric in re.findall(r'\b(?:counter|gauge|histogram)\("(\w+)"', sources)
                     if f"`{metric}`" not in readme]
    return problems


CHECKS = (check_links, check_blocks, check_readmes, check_plugin_pages, check_snippets, check_tables, check_words)
MUTATIONS = (
    (check_links, "docs/README.md", "(reference/config.md)", "(reference/confg.md)"),
    (check_blocks, "docs/tutorials/first-decision.md", '"weight": 2', '"weight": 3'),
    (check_blocks, "docs/tutorials/first-decision.md", "margin ", "margin 1"),
    (check_blocks, "docs/tutorials/first-plugin.md", "wrote short_queue", "written short_queue"),
    (check_blocks, "docs/tutorials/live-rollout.md", "200 steady-0", "200 steady-1"),
    (check_blocks, "docs/examples/first-decision/pool.jsonc", '"queue": ', '"queue": 1'),
    (check_blocks, "docs/reference/error-codes.md", "| `C203` |", "| `C999` |"),
    (check_blocks, "docs/reference/validator.md", "| `permutation` |", "| `permutations` |"),
    (check_blocks, "docs/reference/shunt-sim.md", "| `--block-size N` |", "| `--block-sizes N` |"),
    (check_blocks, "docs/reference/plugins.md", "| scorer |", "| picker |"),
    (check_blocks, "docs/reference/config.schema.json", '"handlerRounds"', '"handlerRound"'),
    (check_blocks, "docs/reference/config.md", "| `8` |", "| `9` |"),
    (check_blocks, "framework/src/scheduling/attribute.cpp", '{"load", Number', '{"load", Flag'),
    (check_plugin_pages, "docs/reference/plugins/max_score_picker.md", "| `1` |", "| `2` |"),
    (check_readmes, "plugins/max_score_picker/README.md", "| `maxNumOfEndpoints` | 1 |", "| `maxNumOfEndpoints` | 2 |"),
    (check_readmes, "plugins/label_selector_filter/README.md", "`validValues`", "`values`"),
    (check_readmes, "plugins/group/README.md", "`groups.<name>.exclusive`", "`groups.<name>.exclude`"),
    (check_readmes, "plugins/prometheus_extractor/README.md", "`vllm:num_requests_waiting`", "`vllm:num_waiting`"),
    (check_readmes, "plugins/prometheus_extractor/README.md", "`pages_total`", "`page_total`"),
)


def self_test(root, program):
    problems = []
    trust_shown_answers(root)
    # A damaged page changes nothing that a command reads.
    remembered = functools.lru_cache(maxsize=None)(run)
    globals()["run"] = remembered
    with tempfile.TemporaryDirectory(prefix="shunt-docs.") as folder:
        copy = pathlib.Path(folder) / "copy"
        shutil.copytree(root, copy, ignore=lambda _, names: [n for n in names if n in SKIPPED | {"fuzz"}], symlinks=True)
        usual = {check: check(copy, program) for check in CHECKS}
        for check, name, old, new in MUTATIONS:
            path = copy / name
            text = path.read_text()
            path.write_text(text.replace(old, new))
            if path.suffix != ".md":
                remembered.cache_clear()
            if old not in text or check(copy, program) == usual[check]:
                problems.append(f"{check.__name__} does not notice {old} -> {new} in {name}")
            path.write_text(text)
            if path.suffix != ".md":
                remembered.cache_clear()
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program_dir", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    root = SOURCE
    if arguments.self_test:
        problems = self_test(root, arguments.program_dir)
    else:
        if arguments.update:
            check_blocks(root, arguments.program_dir, update=True)
            check_plugin_pages(root, arguments.program_dir, update=True)
        problems = [problem for check in CHECKS for problem in check(root, arguments.program_dir)]
    print("\n".join(problems) or "ok")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
