#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the SDK as one file.

  make_single_header.py INCLUDE_FOLDER OUTPUT

OUTPUT ending in .h: the ABI for C. Ending in .hpp: the C++ layer over it, with the kernels. Drafts and the testing kit stay out.
Beside it, OUTPUT.d tells build systems what it was made from.
"""
import pathlib
import re
import sys

OURS = re.compile(r"^\s*#\s*include\s+<(shunt/[^>]+)>.*\n", re.M)


def expand(folder, name, seen):
    """The text of a header with those of its own project put in where they are first included."""
    if name in seen:
        return ""
    seen.add(name)
    text = (folder / name).read_text()
    text = text.replace("#pragma once\n", "").replace("// SPDX-License-Identifier: Apache-2.0\n", "")
    return OURS.sub(lambda match: expand(folder, match.group(1), seen), text)


def main(folder, output):
    folder, output = pathlib.Path(folder), pathlib.Path(output)
    if output.suffix == ".h":
        roots = ["shunt/abi/abi.h"]
        title = "the C ABI of shunt's plugins"
    else:
        roots = sorted(str(path.relative_to(folder)) for path in (folder / "shunt/sdk").glob("*.h*"))
        title = "the C++ layer for shunt's plugins"
    seen = set()
    body = "".join(expand(folder, root, seen) for root in roots)
    output.write_text("// SPDX-License-Identifier: Apache-2.0\n"
                      f"// {output.name}: {title} in one file. Made by make_single_header.py.\n"
                      "#pragma once\n" + re.sub(r"\n{3,}", "\n\n", body))
    sources = " ".join(str(folder / name) for name in sorted(seen))
    pathlib.Path(f"{output}.d").write_text(f"{output}: {sources}\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
