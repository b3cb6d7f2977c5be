#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Doxygen's INPUT_FILTER: prints a header with its plain comments turned into ones that Doxygen reads. Line numbers stay.

  doxygen_filter.py HEADER

How the comments of the headers are meant, and so what this does:

  * The block at the top describes the file.
  * A block directly above a declaration describes it, a comment behind a declaration that one. What a blank line follows, or
    what stands inside a function, describes nothing and stays as it is.
  * In C headers a block also describes those declarations after it, up to the next blank line or block, that have no comment
    of their own ("Bits of shunt_event.present."). In C++ headers it does where it ends with a colon.
  * What means the same in every struct or header of the ABI is not repeated there: IMPLIED.
  * Lines indented by three or more are preformatted.

A macro whose name ends in an underscore, or that the header undefines, is internal and left out; so are attributes, which Doxygen cannot read.
"""
import re
import sys

IMPLIED = (
    (r"\s*uint32_t size;", "Bytes of the struct, set by whoever fills it. A reader tests with SHUNT_HAS what they cover."),
    (r"\s*uint(32|64)_t reserved;", "Not used; zero."),
    (r'#define SHUNT_\w+_ID "', "Id of the interface: plugin types list it, and interface_table() is asked for it."),
    (r"typedef struct shunt_\w+_table \{", "The functions of the interface."),
    (r"\s*(const )?shunt_\w+& raw\(\)", "The struct of the ABI behind it, for what has no function here."),
    (r"\s*(explicit )?\w+\(const shunt_\w+& raw\) noexcept", "Borrows the struct, which the host owns."),
    (r"\s*explicit \w+\(std::uint32_t slot\) noexcept", "Init makes it, with the slot that the host gave."),
)
BLOCK, TRAILING = "///", "///<"
TYPE = re.compile(r"\b(class|struct|union|enum|namespace)\b")
CODE_AND_COMMENT = re.compile(r'((?:[^"/]|"(?:\\.|[^"\\])*"|/(?!/))*)//(.*)$')


def escaped(text):
    """As Doxygen prints it unchanged. Code in backquotes needs nothing."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if i % 2 else re.sub(r"([\\@<>#%*])", r"\\\1", part) for i, part in enumerate(parts))


def rendered(texts):
    """The lines of a block, escaped; preformatted stretches are marked."""
    code = [bool(re.match(r" {3,}\S", text)) for text in texts]
    for i in range(1, len(texts) - 1):
        code[i] = code[i] or not texts[i].strip() and code[i - 1] and code[i + 1]
    lines = []
    for i, text in enumerate(texts):
        if not code[i]:
            lines.append(escaped(text))
            continue
        begins, ends = i == 0 or not code[i - 1], i + 1 == len(texts) or not code[i + 1]
        lines.append((" @code{.txt}" if begins else "") + text + (" @endcode" if ends else ""))
    return lines


class Scopes:
    """Whether a line stands where declarations do: not in a function, an initialiser or an unfinished statement."""

    def __init__(self):
        self.open, self.statement, self.parentheses = [], "", 0

    def declares(self):
        return all(self.open) and not self.statement.strip() and self.parentheses == 0

    def read(self, code):
        for at in re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])\'', '""', code) + "\n":
            self.parentheses += {"(": 1, ")": -1}.get(at, 0)
            if at == "{":
                head = re.sub(r"template\s*<[^{]*?>\s*(?=\w)", "", self.statement)
                self.open.append('extern "' in head or bool(TYPE.search(head)) and not re.search(r"[(=]", head))
            elif at == "}" and self.open:
                self.open.pop()
            label = at == ":" and self.statement.strip() in ("public", "protected", "private")
            self.statement = "" if at in "{}" or label or at == ";" and self.parentheses == 0 else self.statement + at


class Filter:
    def __init__(self, path, lines):
        self.lines, self.is_c = lines, path.endswith(".h")
        self.scopes, self.out = Scopes(), []
        self.block, self.shared = [], ""    # the block being read; the one that goes on describing
        self.column = None                  # of a comment behind code: below it, it goes on
        self.macro = None                   # whether the macro that is being continued is kept

    def end_block(self, described=False):
        """Writes the block read so far, for Doxygen where it describes something. Says whether it does."""
        texts = [text for _, text in self.block]
        if self.block:
            self.shared = " ".join(text.strip() for text in texts) if described else ""
            if not self.is_c:
                self.shared = self.shared[:-1] + "." if self.shared.endswith(":") else ""
        mark, texts = (BLOCK, rendered(texts)) if described else ("//", texts)
        self.out += [indent + mark + text for (indent, _), text in zip(self.block, texts)]
        self.block = []
        return described and bool(texts)

    def description(self, code, has_block):
        """What describes a declaration that has no comment behind it, besides the block right above; "" for nothing."""
        implied = next((text for pattern, text in IMPLIED if re.match(pattern, code)), "")
        return "" if has_block else implied or escaped(self.shared)

    def directive(self, i, line, code, comment):
        define = re.match(r"#\s*define (\w+)", code)
        guards = re.match(r"#\s*if", code) and self.lines[i + 1].startswith("#define")
        if not define:
            if not guards:
                self.shared = ""
            self.end_block(described=bool(guards) and all(self.scopes.open))
            self.out.append(line)
            return
        kept = not define[1].endswith("_") and f"#undef {define[1]}" not in self.lines
        before = bool(self.out) and self.out[-1].startswith("#if") and i > 1 and self.out[-2].startswith(BLOCK)
        has_block = self.end_block(described=kept and all(self.scopes.open)) or before
        if not kept:
            self.shared = ""
        self.macro = kept if line.endswith("\\") else None
        if kept and comment is not None:
            line, self.column = code + TRAILING + escaped(comment), len(code)
        elif kept and self.macro is None and (text := self.description(code, has_block)):
            line = f"{line}  {TRAILING} {text}"
        elif kept and self.macro and (text := self.description(code, has_block)):
            line = f"/** {text} */ {line}"
        self.out.append(line if kept else "")

    def code(self, line, code, comment):
        declares = self.scopes.declares() and not re.match(r"\s*(\}|(public|protected|private):)", code)
        has_block = self.end_block(described=declares)
        outer = len(self.scopes.open)
        self.scopes.read(code)
        inside = len(self.scopes.open) > outer and all(self.scopes.open)
        if inside:
            self.shared = ""                # a struct's own block describes neither its members nor what follows it
        if declares and comment is not None and (self.scopes.declares() and not inside):
            line, self.column = code + TRAILING + escaped(comment), len(code)
        elif declares and (text := self.description(code, has_block)):
            indent = code[:len(code) - len(code.lstrip())]
            line = f"{indent}/** {text} */ {line.lstrip()}"
        self.out.append(re.sub(r"\[\[[^\]]*\]\] ?", "", line))

    def comment(self, line, indent, text):
        if self.column == len(indent):
            self.out.append(indent + TRAILING + escaped(text))
        elif self.scopes.declares():
            self.block.append((indent, text))
        else:
            self.out.append(line)

    def run(self):
        head = next(i for i, line in enumerate(self.lines) if not line.startswith("//"))
        texts = [line[2:] for line in self.lines[1:head]]
        # "name.h (draft): the kind that .." says the name twice.
        texts[0] = re.sub(r"^ [\w/.]+ ?(?:\((draft)\))?: (.*)",
                          lambda found: " " + (f"Draft: {found[2]}" if found[1] else found[2][0].upper() + found[2][1:]), texts[0])
        self.out = [BLOCK + " @file"] + [BLOCK + text for text in rendered(texts)]
        for i, line in enumerate(self.lines[head:], head):
            found = CODE_AND_COMMENT.match(line)
            code, comment = (found[1], found[2]) if found else (line, None)
            if self.macro is not None:
                self.out.append(line if self.macro else "")
                self.macro = self.macro if line.endswith("\\") else None
                continue
            if not code.strip() and comment is not None:
                self.comment(line, code, comment)
                continue
            self.column = None
            if not line.strip():
                self.end_block()
                self.shared = ""
                self.out.append(line)
            elif line.startswith("#"):
                self.directive(i, line, code, comment)
            else:
                self.code(line, code, comment)
        self.end_block()
        return "\n".join(self.out)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        content = file.read()
    # Doxygen sends its own pages through here too.
    is_header = sys.argv[1].endswith((".h", ".hpp"))
    sys.stdout.write(Filter(sys.argv[1], content.split("\n")).run() if is_header else content)
