#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The raw Rust bindings are the C headers: every struct, member, function type and constant.

    check_layout.py <repository> <C compiler> <rustc> [--self-test]

Reads the headers, has the C compiler say where everything lies, and asks rustc the same questions about the bindings. What
rustc is asked is written from the headers alone, so a binding that is missing does not compile. --self-test changes copies of
the headers and wants each change to be noticed.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PRIMITIVES = {"uint8_t": "u8", "uint32_t": "u32", "int32_t": "i32", "uint64_t": "u64", "int64_t": "i64", "double": "f64",
              "void": "std::ffi::c_void", "char": "u8"}
# What the compiler of an author chooses is no number of the ABI, and how C exports a function is no concern of Rust's.
C_ONLY = {"SHUNT_ABI_MINOR", "SHUNT_ABI_MIN_MINOR", "SHUNT_LIBRARY_ENTRY", "SHUNT_EXPORT"}
# In Rust besides: the function macro SHUNT_EVENT_BIT is a function there.
FUNCTION_MACROS = {"SHUNT_EVENT_BIT": "shunt_event_bit"}


class Headers:
    """Names and types of everything in the stable headers."""

    def __init__(self, folder):
        self.structs, self.constants, self.handles, self.functions = {}, [], [], {}
        for path in sorted(pathlib.Path(folder).glob("*.h")):
            text = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(), flags=re.S).replace("\\\n", " ")
            for match in re.finditer(r"\bstruct (shunt_\w+) \{(.*?)\}", text, flags=re.S):
                parts = [re.sub(r"\s+", " ", part).strip() for part in match.group(2).split(";")]
                self.structs[match.group(1)] = [member_of(part) for part in parts if part]
            self.handles += re.findall(r"typedef struct (\w+) \1;", text)
            for result, name, parameters in re.findall(r"typedef ([^;{}]*?)\(\*(\w+)\)\(([^;]*)\);", text):
                self.functions[name] = function_type(result, parameters)
            for name, value in re.findall(r"^#define (SHUNT_\w+) +(\S[^\n]*)$", text, flags=re.M):
                number = re.fullmatch(r"\(?-?(0x)?[0-9a-f]+(u|ull)?( << \d+)?\)?", value.strip())
                if (number or re.fullmatch(r'"[^"]*"', value.strip())) and name not in C_ONLY and not name.endswith("_"):
                    self.constants.append((name, not number))
            for name in re.findall(r"^#define (SHUNT_[A-Z_]+)\(\w+\) \(1ull", text, flags=re.M):
                assert name in FUNCTION_MACROS, f"{name} is a function macro that this test does not know"


def member_of(declaration):
    function = re.match(r"(.*?)\(\*(\w+)\)\s*\((.*)\)$", declaration)
    if function:
        result, name, parameters = function.groups()
        return name, function_type(result, parameters)
    name = re.search(r"\w+$", declaration).group()
    return name, value_type(declaration[:-len(name)])


def value_type(text):
    words = [word for word in re.findall(r"\w+|\*", text) if word != "struct"]
    pointers = words[words.index("*"):] if "*" in words else []
    base = words[:len(words) - len(pointers)]
    kind = next(word for word in base if word != "const")
    kind = PRIMITIVES.get(kind, "abi::" + kind)
    constant = "const" in base
    for word in pointers:
        if word == "*":
            kind, constant = ("*const " if constant else "*mut ") + kind, False
        else:
            constant = True
    return kind


def function_type(result, parameters):
    kinds = []
    # A parameter may itself be a function: commas inside of parentheses part nothing.
    for parameter in re.split(r",(?![^()]*\))", parameters):
        if parameter.strip() not in ("", "void"):
            kinds.append(member_of(parameter.strip())[1])
    answer = "" if result.strip() == "void" else " -> " + value_type(result)
    return f'Option<unsafe extern "C" fn({", ".join(kinds)}){answer}>'


def c_program(headers):
    lines = []
    for name, members in headers.structs.items():
        lines.append(f'printf("sizeof {name} = %zu\\n", sizeof({name}));')
        for member, _ in members:
            lines.append(f'printf("offset {name}.{member} = %zu\\n", offsetof({name}, {member}));')
    for name, is_text in headers.constants:
        lines.append(f'puts("{name} = " {name});' if is_text else f'printf("{name} = %lld\\n", (long long){name});')
    for name in FUNCTION_MACROS:
        lines.append(f'printf("{name} = %llu\\n", {name}(5u));')
    return '#include <shunt/abi/abi.h>\n#include <stdio.h>\nint main(void) {\n' + "\n".join(lines) + "\nreturn 0;\n}\n"


def rust_name(name):
    return "r#type" if name == "type" else name


def rust_program(headers):
    types, lines = [], []
    for name, members in headers.structs.items():
        lines.append(f'println!("sizeof {name} = {{}}", std::mem::size_of::<abi::{name}>());')
        for number, (member, kind) in enumerate(members):
            field = rust_name(member)
            types.append(f"fn {name}_{number}(it: &abi::{name}) -> &{kind} {{ &it.{field} }}")
            lines.append(f'println!("offset {name}.{member} = {{}}", offset!({name}, {field}));')
    types += [f"fn {name}_is(it: abi::{name}) -> {kind} {{ it }}" for name, kind in headers.functions.items()]
    types += [f"fn {name}_is(_: *const abi::{name}) {{}}" for name in headers.handles]
    lines += [f'println!("{name} = {{}}", abi::{name});' for name, _ in headers.constants]
    lines += [f'println!("{name} = {{}}", abi::{rust}(5));' for name, rust in FUNCTION_MACROS.items()]
    return """#![allow(dead_code, non_snake_case)]
use shunt_sdk::abi;
macro_rules! offset {
    ($name:ident, $member:ident) => {{
        let place = std::mem::MaybeUninit::<abi::$name>::uninit();
        let start = place.as_ptr();
        // SAFETY: the address of a member is taken, nothing is read.
        (unsafe { std::ptr::addr_of!((*start).$member) }) as usize - start as usize
    }};
}
""" + "\n".join(types) + "\nfn main() {\n" + "\n".join(lines) + "\n}\n"


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def compare(include, bindings, library, c, rustc, work):
    """Differences between headers and bindings, as lines."""
    headers = Headers(include / "shunt/abi")
    (work / "ask.c").write_text(c_program(headers))
    (work / "ask.rs").write_text(rust_program(headers))
    status, _, errors = run([c, "-std=c11", "-I", include, work / "ask.c", "-o", work / "ask_c"])
    if status != 0:
        sys.exit(f"the headers do not compile:\n{errors}")
    status, _, errors = run([rustc, "--edition", "2021", "--extern", f"shunt_sdk={library}", work / "ask.rs",
                             "-o", work / "ask_rust"])
    if status != 0:
        return [line for line in errors.splitlines() if line.startswith("error") or "expected" in line]
    expected, found = run([work / "ask_c"])[1].splitlines(), run([work / "ask_rust"])[1].splitlines()
    differences = [f"C: {a}   Rust: {b}" for a, b in zip(expected, found) if a != b]
    if len(expected) != len(found) or len(expected) < 300:
        differences.append(f"C gave {len(expected)} answers, Rust {len(found)}")
    known = {*headers.structs, *headers.handles, *headers.functions, *FUNCTION_MACROS.values()}
    known |= {name for name, _ in headers.constants}
    for path in sorted(bindings.glob("*.rs")):
        for name in re.findall(r"^pub (?:const fn|const|struct|type|fn|static) (\w+)", path.read_text(), flags=re.M):
            if name not in known:
                differences.append(f"{path.name}: {name} is in no header")
    return differences


MUTATIONS = [
    ("column.h", "  uint32_t pool_len; ", "  uint64_t pool_len; ", "a wider member"),
    ("column.h", "  double number;\n  uint64_t key;", "  uint64_t key;\n  double number;", "two members change places"),
    ("column.h", "  double number;\n", "  int64_t number;\n", "another type of the same size"),
    ("cycle.h", "  uint64_t seed; ", "  uint64_t more;\n  uint64_t seed; ", "a member is inserted"),
    ("library.h", "  uint32_t reserved;\n} shunt_plugin;", "  uint32_t reserved;\n  uint64_t more;\n} shunt_plugin;",
     "a member is appended"),
    ("host.h", "(*intern)(shunt_init *init, shunt_str text, uint32_t *symbol)",
     "(*intern)(shunt_init *init, shunt_str text, int32_t *symbol)", "a parameter of a service"),
    ("base.h", "#define SHUNT_INVALID (-2)", "#define SHUNT_INVALID (-9)", "a constant is renumbered"),
    ("scorer.h", '"shunt.scorer/1"', '"shunt.scorer/2"', "an interface id"),
    ("base.h", "#define SHUNT_NONE 0xffffffffu", "#define SHUNT_NONE 0xffffffffu\n#define SHUNT_NEW 7u", "a new constant"),
    ("base.h", "#define SHUNT_SKIP 1 ", "#define SHUNT_PASS 1 ", "a constant has another name"),
    ("filter.h", "typedef struct shunt_filter_table {", "typedef struct shunt_new { uint32_t size; } shunt_new;\n"
     "typedef struct shunt_filter_table {", "a new struct"),
]


def self_test(include, bindings, library, c, rustc, work):
    missed = 0
    for name, old, new, what in MUTATIONS:
        copy = work / "include"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(include, copy)
        header = copy / "shunt/abi" / name
        text = header.read_text()
        if old not in text:
            sys.exit(f"self-test: {name} has no {old!r} any more")
        header.write_text(text.replace(old, new, 1))
        found = compare(copy, bindings, library, c, rustc, work)
        print(f"{what}: {found[0] if found else 'NOT NOTICED'}")
        missed += not found
    return missed


def main(repository, c, rustc, mode=""):
    repository = pathlib.Path(repository)
    include, crate = repository / "sdk/include", repository / "sdk/rust"
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        library = work / "libshunt_sdk.rlib"
        status, _, errors = run([rustc, "--edition", "2021", "--crate-type", "rlib", "--crate-name", "shunt_sdk",
                                 "-D", "warnings", crate / "src/lib.rs", "-o", library])
        if status != 0:
            sys.exit(f"the raw bindings do not compile:\n{errors}")
        if mode == "--self-test":
            return 1 if self_test(include, crate / "src/abi", library, c, rustc, work) else 0
        differences = compare(include, crate / "src/abi", library, c, rustc, work)
    for difference in differences:
        print(difference)
    print(f"{len(differences)} differences between the headers and the Rust bindings")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
