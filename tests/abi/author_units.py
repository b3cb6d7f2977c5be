#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles what authors write, with more warnings than most of them use: the SDK's headers and macros cause none."""

import platform
import shutil
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wredundant-decls", "-Wmissing-declarations",
            "-Werror", "-fsyntax-only"]
IDS = ", ".join(f'"example.{i}/1"' for i in range(16))
# As many interfaces as the macros take, and more text than C promises room for in one literal.
C_LIBRARY = """#include <shunt/abi/manifest.h>
#define SCHEMA "{\\"type\\":\\"object\\",\\"description\\":\\"" %s "\\"}"
#define FACTS(PLUGIN) PLUGIN(it, "it", "1.0.0", "Does nothing", BETA, SCHEMA, %s)
static int32_t create(const shunt_create_info *info, void **self) { *self = (void *)info; return SHUNT_OK; }
static void destroy(void *self) { (void)self; }
static const void *table(void *self, shunt_str id) { (void)self; (void)id; return NULL; }
SHUNT_C_PLUGIN(FACTS, create, destroy, table);
SHUNT_C_LIBRARY("it", "1.0.0", SHUNT_C_MANIFEST(FACTS), SHUNT_C_TABLE(FACTS));
_Static_assert(sizeof(shunt_interfaces_of_it) == 16 * sizeof(shunt_str), "all of them");
""" % (" ".join(['"%s"' % ("x" * 1000)] * 5), IDS)
# The pragmas inside the macros end with them: the author's own long literals are still complained about.
LONG_LITERAL = C_LIBRARY + 'const char *own(void);\nconst char *own(void) { return "%s"; }\n' % ("x" * 5000)
CPP_LIBRARY = """#include <shunt/sdk/scorer.hpp>
struct It {
  SHUNT_PLUGIN("it", "1.0.0", "Does nothing")
  explicit It(shunt::sdk::Init&) {}
  void score(const shunt::sdk::Cycle&, shunt::sdk::View, std::span<double>) const {}
};
SHUNT_LIBRARY(It)
"""
NARROW = '#include <shunt/abi/base.h>\n'


def compile_unit(command, text):
    done = subprocess.run(command + ["-"], input=text, capture_output=True, text=True)
    return done.returncode == 0, done.stderr


def main(include, c, cxx):
    if shutil.which(c) is None or shutil.which(cxx) is None:
        print(f"SKIPPED: no such compiler: {c or 'C'}, {cxx or 'C++'}")
        return 0
    as_c = [c, "-x", "c", *WARNINGS, f"-I{include}"]
    as_cpp = [cxx, "-x", "c++", *WARNINGS, f"-I{include}"]
    units = [("C library", as_c + ["-std=c11", "-Wmissing-prototypes"], C_LIBRARY, None),
             ("C++ library", as_cpp + ["-std=c++20", "-Wzero-as-null-pointer-constant", "-Wold-style-cast"],
              CPP_LIBRARY, None),
             ("an own long literal", as_c + ["-std=c11"], LONG_LITERAL, "overlength-strings")]
    if platform.machine() == "x86_64":
        # Freestanding, because the C library's headers for these may be missing; the two that the ABI needs never are.
        for width in ("-m32", "-mx32"):
            units.append((f"base.h with {width}", as_c + ["-std=c11", "-ffreestanding", width], NARROW,
                          "64-bit platforms"))
    failures = 0
    for name, command, text, complaint in units:
        compiles, said = compile_unit(command, text)
        if compiles == (complaint is None) and (complaint or "") in said:
            continue
        failures += 1
        print(f"{name}: {'should say ' + repr(complaint) if complaint else 'should compile'}:\n{said[:2000]}")
    print(f"{len(units)} units, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
