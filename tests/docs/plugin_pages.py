# SPDX-License-Identifier: Apache-2.0
"""The reference page of every plugin library: what its manifest says, and what its README tells."""
import json
import pathlib
import re

from surroundings import answer

FOLDER = pathlib.PurePosixPath("docs/reference/plugins")
KINDS = ("filter", "scorer", "picker", "profile_handler", "swapper")
README_ROW = re.compile(r"^\| (`[^|]+?`) \| [^|]*? \| (.*) \|$", re.MULTILINE)


def table(head, rows):
    return "\n".join(["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]) + "\n"


def code(names):
    return ", ".join(f"`{name}`" for name in names) or "–"


def meanings(readme):
    """Of each parameter, as the tables of a README have it; one row may speak of several."""
    found = {}
    for names, meaning in README_ROW.findall(readme):
        for name in re.findall(r"`([^`]+)`", names):
            found.setdefault(name, meaning)
    return found


def allowed(node):
    bounds = []
    if "enum" in node:
        return ", ".join(f"`{json.dumps(word)}`" for word in node["enum"])
    for key, words in (("minimum", "from {}"), ("exclusiveMinimum", "above {}"), ("maximum", "to {}"),
                       ("exclusiveMaximum", "below {}"), ("minLength", "at least {} characters"),
                       ("minItems", "at least {} items"), ("pattern", "`{}`")):
        if key in node:
            bounds.append("not empty" if key.startswith("min") and key != "minimum" and node[key] == 1 else words.format(node[key]))
    return " ".join(bounds) or "–"


def type_of(node):
    name = node.get("type", "any")
    if isinstance(name, list):
        return " or ".join(name)
    if name == "array":
        return f"list of {type_of(node.get('items', {}))}"
    return name


def parameter_rows(schema, told, path=""):
    """Every key with its dotted name; of a list of objects and of a table the keys inside too."""
    for key, node in schema.get("properties", {}).items():
        name = path + key
        default = "required" if key in schema.get("required", []) else f"`{json.dumps(node['default'])}`" if "default" in node else "–"
        yield [f"`{name}`", type_of(node), default, allowed(node).replace("|", "\\|"), told.get(name) or node.get("description", "–")]
        inner = node.get("additionalProperties")
        yield from parameter_rows(node, told, name + ".")
        yield from parameter_rows(node.get("items", {}), told, name + "[].")
        if isinstance(inner, dict):
            yield from parameter_rows(inner, told, name + ".<name>.")


def facts(plugin):
    names = [re.sub(r"^shunt\.|/\d+$", "", name) for name in plugin["interfaces"]]
    rows = [["kind", ", ".join(name.replace("_", " ") for name in names if name in KINDS) or "–"],
            ["extensions", ", ".join(name for name in names if name not in KINDS) or "–"],
            ["version", f"{plugin['version']}, {plugin['stability']}"]]
    for word, key in (("reads", "reads"), ("writes", "writes"), ("default producer of", "defaultProducerOf")):
        if plugin.get(key):
            rows.append([word, code(plugin[key])])
    return table(["manifest", ""], rows)


def with_moved_links(readme, stem):
    """Links of a README, as they are from the folder of the pages; those to other READMEs lead to their pages."""
    def moved(match):
        target, _, anchor = match[1].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        parts = []
        for part in (pathlib.PurePosixPath("plugins") / stem / target).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        is_readme = len(parts) == 3 and parts[0] == "plugins" and parts[2] == "README.md"
        to = parts[1] + ".md" if is_readme else "../../../" + "/".join(parts)
        return f"]({to}{'#' + anchor if anchor else ''})"

    return re.sub(r"\]\(([^)\s]+)\)", moved, readme)


def prose(readme):
    """A README without its title, its tables of parameters and its examples."""
    text = re.sub(r"\A# .*\n", "", readme)
    text = re.sub(r"(?:<!-- [^\n]* -->\n)?```.*?```\n?", "", text, flags=re.DOTALL)
    text = re.sub(r"^\| parameter \|.*\n\|[-|]+\n(?:\|.*\n)*", "", text, flags=re.MULTILINE)
    text = re.sub(r"^## Parameters\n+(?=##|\Z)", "", text, flags=re.MULTILINE)
    text = re.sub(r"^#", "##", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def page(library, readme, stem):
    readme = with_moved_links(readme, stem)
    told = meanings(readme)
    lines = [f"# {stem}\n", f"<!-- made by check_docs.py from {stem}.so and its README -->\n",
             f"Describes version {library['library']['version']} of the library `{stem}.so`. Its source, with an example config: "
             f"[plugins/{stem}](../../../plugins/{stem}/README.md).\n"]
    for plugin in library["plugins"]:
        lines += [f"## {plugin['type']}\n", plugin["summary"] + ".\n", facts(plugin)]
        rows = list(parameter_rows(plugin["parameters"], told))
        lines.append(table(["parameter", "type", "default", "allowed", "meaning"], rows) if rows else "No parameters.\n")
    lines += ["## What it does\n", prose(readme)]
    return "\n".join(lines)


def all_pages(root, program):
    """Text by path below the root."""
    found = {}
    for plugin in answer("shunt plugin list -o json", program)["plugins"]:
        stem = pathlib.Path(plugin["file"]).stem
        if str(FOLDER / f"{stem}.md") in found:
            continue
        readme = root / "plugins" / stem / "README.md"
        library = answer(f"shunt plugin inspect -o json '{plugin['file']}'", program)["libraries"][0]
        found[str(FOLDER / f"{stem}.md")] = page(library, readme.read_text() if readme.exists() else "", stem)
    return found


def check_plugin_pages(root, program, update=False):
    problems, wanted = [], all_pages(root, program)
    folder = root / FOLDER
    for path, text in wanted.items():
        now = (root / path).read_text() if (root / path).exists() else ""
        if now == text:
            continue
        if update:
            folder.mkdir(exist_ok=True)
            (root / path).write_text(text)
        else:
            problems.append(f"{path}: differs from what the library and its README say: check_docs.py --update")
    for extra in sorted(folder.glob("*.md")):
        if str(extra.relative_to(root)) in wanted:
            continue
        if update:
            extra.unlink()
        else:
            problems.append(f"{extra.relative_to(root)}: there is no such library")
    return problems
