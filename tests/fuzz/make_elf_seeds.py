#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes corpus/elf: shared objects of a few hundred bytes, right or wrong in one way each.

    python3 make_elf_seeds.py            into corpus/elf beside this file

A compiler's smallest library has 14 KiB, most of them zeros, in which a fuzzer would lose its way.
"""
import pathlib
import struct

PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_TLS, PT_GNU_STACK = 1, 2, 4, 7, 0x6474E551
SHT_PROGBITS, SHT_STRTAB, SHT_DYNAMIC, SHT_NOTE, SHT_DYNSYM = 1, 3, 6, 7, 11
DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_SONAME = 1, 4, 5, 6, 10, 11, 14
DT_RPATH, DT_BIND_NOW, DT_RUNPATH, DT_FLAGS, DT_GNU_HASH, DT_VERSYM, DT_FLAGS_1 = (
    15, 24, 29, 30, 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFB)
SHUNT_NOTE = 0x53484E54
HEADER, PROGRAM_HEADER, SECTION_HEADER = 64, 56, 64

MANIFEST = (b'{"manifest":1,"library":{"name":"l","version":"1"},"abi":{"major":1,"minor":2147483650,"min_minor":2147483650},'
            b'"plugins":[{"type":"a","version":"1","summary":"s","stability":"beta",'
            b'"interfaces":["shunt.scorer/1"],"parameters":{}}]}')


def note(owner, kind, content):
    def padded(data):
        return data + bytes(-len(data) % 4)
    return struct.pack("<III", len(owner), len(content), kind) + padded(owner) + padded(content)


class Strings:
    def __init__(self):
        self.data = b"\0"

    def add(self, text):
        index = len(self.data)
        self.data += text.encode() + b"\0"
        return index


def library(notes=None, dynamic_extra=(), gnu_hash=False, hash_count=None, sections=True, stack_flags=6,
            symbols=(("shunt_library_entry_v1", 0x12, 1),), segments_extra=(), machine=62, kind=3):
    """One loadable segment that holds the whole file at address 0, so that addresses are offsets."""
    strings = Strings()
    names = Strings()
    symbol_table = bytes(24)
    for name, info, section in symbols:
        symbol_table += struct.pack("<IBBHQQ", strings.add(name), info, 0, section, 0, 0)
    count = len(symbols) + 1
    notes = note(b"shunt\0", SHUNT_NOTE, MANIFEST) + note(b"GNU\0", 3, bytes(range(20))) if notes is None else notes
    if gnu_hash:
        # One bucket whose chain ends at once for each symbol: all of them are exported.
        hash_table = struct.pack("<IIII", 1, 1, 1, 0) + bytes(8) + struct.pack("<I", 1)
        hash_table += b"".join(struct.pack("<I", 1 if i + 1 == count else 2) for i in range(1, count))
    else:
        hash_table = struct.pack("<II", 1, count if hash_count is None else hash_count)
    versions = struct.pack("<H", 1) * count
    extra = [(tag, strings.add(value) if isinstance(value, str) else value) for tag, value in dynamic_extra]

    parts, at = {}, HEADER + PROGRAM_HEADER * (4 + len(segments_extra))
    blob = b""
    for label, data in (("notes", notes), ("symbols", symbol_table), ("strings", strings.data), ("hash", hash_table),
                        ("versions", versions)):
        padding = bytes(-(at + len(blob)) % 8)
        blob += padding
        parts[label] = (at + len(blob), len(data))
        blob += data
    blob += bytes(-(at + len(blob)) % 8)
    entries = [(DT_STRTAB, parts["strings"][0]), (DT_STRSZ, parts["strings"][1]), (DT_SYMTAB, parts["symbols"][0]),
               (DT_SYMENT, 24), (DT_GNU_HASH if gnu_hash else DT_HASH, parts["hash"][0]),
               (DT_VERSYM, parts["versions"][0]), (DT_BIND_NOW, 0), *extra, (0, 0)]
    dynamic = b"".join(struct.pack("<qQ", *entry) for entry in entries)
    parts["dynamic"] = (at + len(blob), len(dynamic))
    blob += dynamic

    section_headers = b""
    if sections:
        kinds = [(".note.shunt", SHT_NOTE, "notes"), (".dynsym", SHT_DYNSYM, "symbols"),
                 (".dynstr", SHT_STRTAB, "strings"), (".dynamic", SHT_DYNAMIC, "dynamic")]
        indices = [names.add(name) for name, _, _ in kinds]
        own = names.add(".shstrtab")
        parts["names"] = (at + len(blob), len(names.data))
        blob += names.data
        blob += bytes(-(at + len(blob)) % 8)
        section_headers = bytes(SECTION_HEADER)
        for (_, section_kind, label), name in zip(kinds, indices):
            offset, size = parts[label]
            section_headers += struct.pack("<IIQQQQIIQQ", name, section_kind, 2, offset, offset, size, 0, 0, 4, 0)
        offset, size = parts["names"]
        section_headers += struct.pack("<IIQQQQIIQQ", own, SHT_STRTAB, 0, 0, offset, size, 0, 0, 1, 0)

    total = at + len(blob)
    segments = [(PT_LOAD, 5, 0, total, 4096), (PT_DYNAMIC, 6, *parts["dynamic"], 8), (PT_NOTE, 4, *parts["notes"], 4),
                (PT_GNU_STACK, stack_flags, 0, 0, 16), *segments_extra]
    programs = b"".join(struct.pack("<IIQQQQQQ", kind_, flags, offset, offset, offset, size, size, align)
                        for kind_, flags, offset, size, align in segments)
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01" + bytes(9), kind, machine, 1, 0, HEADER,
                         total if sections else 0, 0, HEADER, PROGRAM_HEADER, len(segments),
                         SECTION_HEADER if sections else 0, 6 if sections else 0, 5 if sections else 0)
    return header + programs + blob + section_headers


def patched(data, offset, replacement):
    return data[:offset] + replacement + data[offset + len(replacement):]


def seeds():
    whole = library()
    section_start = struct.unpack_from("<Q", whole, 40)[0]
    yield "library", whole
    yield "gnu_hash", library(gnu_hash=True)
    yield "no_sections", library(sections=False, gnu_hash=True)
    yield "many_symbols", library(symbols=(("a", 0x12, 1), ("b", 0xA1, 2), ("c", 0x16, 0), ("d", 0x20, 0)))
    yield "paths", library(dynamic_extra=((DT_NEEDED, "libc.so.6"), (DT_SONAME, "l.so"), (DT_RUNPATH, "$ORIGIN"),
                                          (DT_RPATH, "/opt/x")))
    yield "program", library(dynamic_extra=((DT_FLAGS_1, 0x08000001),))
    yield "text_relocations", library(dynamic_extra=((DT_FLAGS, 4),), stack_flags=7)
    yield "thread_local", library(segments_extra=((PT_TLS, 4, 0, 8, 8),))
    yield "no_manifest", library(notes=note(b"GNU\0", 3, b"\x01\x02"))
    yield "two_manifests", library(notes=note(b"shunt\0", SHUNT_NOTE, MANIFEST) * 2)
    yield "bad_manifest", library(notes=note(b"shunt\0", SHUNT_NOTE, b"{\"manifest\":2}"))
    yield "other_major", library(notes=note(b"shunt\0", SHUNT_NOTE, MANIFEST.replace(b'"major":1', b'"major":9')))
    yield "long_note", library(notes=struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, SHUNT_NOTE))
    yield "many_claimed_symbols", library(hash_count=0x000FFFFF, sections=False)
    yield "sections_counted_in_the_first", patched(patched(whole, 60, b"\0\0"), section_start + 32,
                                                   struct.pack("<Q", 6))
    yield "names_index_in_the_first", patched(patched(whole, 62, b"\xff\xff"), section_start + 40,
                                              struct.pack("<I", 5))
    yield "other_machine", library(machine=183)
    yield "object_file", library(kind=1)
    yield "cut_off", whole[:-1]
    yield "header_only", whole[:HEADER]
    yield "magic_only", whole[:4]
    yield "not_elf", b"#!/bin/sh\n"
    yield "big_endian", patched(whole, 5, b"\x02")


def main():
    folder = pathlib.Path(__file__).resolve().parent / "corpus" / "elf"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
