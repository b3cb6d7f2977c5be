#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that the reference of the SDK cannot be made from a header that says too little.

  check_reference.py DOXYGEN
"""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "docs/reference/abi"))
from make_reference import make  # noqa: E402  it lies beside what it runs

C = """// SPDX-License-Identifier: Apache-2.0
// sample.h: a header of the test.
#pragma once

// Bits of shunt_sample.present.
#define SHUNT_SAMPLE_A 1u
#define SHUNT_SAMPLE_B 2u  // the second one

// A struct.
typedef struct shunt_sample {
  uint32_t size;
  uint32_t present;  // SHUNT_SAMPLE_* bits, with "quotes // inside"
  // Adds one to `*count` <twice>. [hot, concurrent]
  int32_t (*count)(void *self, uint32_t *count);
} shunt_sample;

// Does nothing.
void shunt_sample_reset(shunt_sample *sample);
"""
CPP = """// SPDX-License-Identifier: Apache-2.0
// sample.hpp: a header of the test.
#pragma once

namespace shunt::sdk {

// A class.
class Sample {
 public:
  // Members of shunt_sample of the same names:
  int first() const { return 1; }
  int second() const {
    // Nobody's comment.
    return 2;
  }

  // Says which.
  bool which() const;

 private:
  int hidden_ = 0;
};

namespace detail {
struct Hidden {};
}  // namespace detail
}  // namespace shunt::sdk
"""
PAGE = "/** @namespace shunt\n    Test. */\n/** @namespace shunt::sdk\n    Test. */\n"
# What is changed, from what, to what, and what Doxygen has to say about it; the last is None where that is nothing.
CASES = (
    ("nothing", "", "", None),
    ("a function without comment", "// Does nothing.\n", "", "shunt_sample_reset"),
    ("a blank line between comment and function", "// Does nothing.\n", "// Does nothing.\n\n", "shunt_sample_reset"),
    ("a member without comment", "  // SHUNT_SAMPLE_* bits, with \"quotes // inside\"", "", "present"),
    ("a table function without comment", "  // Adds one to `*count` <twice>. [hot, concurrent]\n", "", "Member count"),
    ("a struct without comment", "// A struct.\n", "", "shunt_sample"),
    ("a bit outside of its block", "#define SHUNT_SAMPLE_B 2u  // the second one", "\n#define SHUNT_SAMPLE_B 2u",
     "SHUNT_SAMPLE_B"),
    ("an internal macro", "// A struct.", "#define SHUNT_SAMPLE_C_ 4u\n\n// A struct.", None),
    ("a class without comment", "// A class.\n", "", "shunt::sdk::Sample"),
    ("a method without comment", "  // Says which.\n", "", "which"),
    ("a block that announces nothing", "same names:", "same names.", "second"),
    ("a comment inside a function", "    // Nobody's comment.\n", "", None),
    ("a text about a member that does not exist", "@namespace shunt\n", "@var shunt_sample::gone\n", "gone"),
)


def main():
    problems = []
    for name, old, new, expected in CASES:
        texts = [C, CPP, PAGE]
        if not any(old in text for text in texts):
            problems.append(f"{name}: there is no {old!r} to be changed")
        texts = [text.replace(old, new, 1) if old else text for text in texts]
        with tempfile.TemporaryDirectory(prefix="shunt-reference.") as place:
            folder = pathlib.Path(place)
            for path, text in zip(("in/shunt/abi/sample.h", "in/shunt/sdk/sample.hpp", "pages/page.dox"), texts):
                (folder / path).parent.mkdir(parents=True)
                (folder / path).write_text(text)
            status, said = make(folder / "in", folder / "out", sys.argv[1], folder / "pages")
        if expected is None and status:
            problems.append(f"{name}: should be fine, but\n{said}")
        elif expected is not None and (status == 0 or expected not in said):
            problems.append(f"{name}: nothing is said about {expected}\n{said}")
    print("\n".join(problems) or "ok")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
