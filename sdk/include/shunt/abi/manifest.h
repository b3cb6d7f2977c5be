// SPDX-License-Identifier: Apache-2.0
// manifest.h: the static facts of a library as JSON in an ELF note, so that it can be listed, audited and schema-checked
// without executing any of its code; and the C macros that build note and tables from the same literals.
//
// The note: section ".note.shunt", owner "shunt", type SHUNT_MANIFEST_NOTE, contents UTF-8 JSON, padded with NULs:
//   {"manifest":1,"library":{"name":..,"version":..},"abi":{"major":..,"minor":..,"min_minor":..},
//    "plugins":[{"type":..,"version":..,"summary":..,"stability":..,"interfaces":[..],"parameters":{schema},
//                "flags":[..],"reads":[..],"writes":[..],"default_producer_of":[..]}]}
// The last four may be missing. Flags: "single-instance". The others list columns and values that the type reads, writes, or is
// created to write by default whatever its parameters. `stability` is one of "alpha", "beta", "stable", "deprecated".
//
// A C library states the facts of each plugin once, in a macro that hands them to its argument:
//
//   #define SHORT_QUEUE(PLUGIN) PLUGIN(short_queue, "short-queue", "1.0.0", "Prefers short queues", BETA, SCHEMA, SHUNT_SCORER_ID)
//   SHUNT_C_PLUGIN(SHORT_QUEUE, create, destroy, interface_table);
//   SHUNT_C_LIBRARY("short_queue", "1.0.0", SHUNT_C_MANIFEST(SHORT_QUEUE), SHUNT_C_TABLE(SHORT_QUEUE));
//
// A second plugin: SHUNT_C_MANIFEST(A) "," SHUNT_C_MANIFEST(B), and SHUNT_C_TABLE(A), SHUNT_C_TABLE(B).
// The facts that may be missing stand in a second macro, with the same first argument: a flag (NONE or SINGLE_INSTANCE), and
// what the type reads, writes, and produces by default, each a list in parentheses of at most 16 names:
//
//   #define SHORT_QUEUE_MORE(MORE) MORE(short_queue, SINGLE_INSTANCE, ("queue", "running"), (), ())
//   SHUNT_C_PLUGIN_MORE(SHORT_QUEUE, SHORT_QUEUE_MORE, create, destroy, interface_table);
//   SHUNT_C_LIBRARY(.., SHUNT_C_MANIFEST_MORE(SHORT_QUEUE, SHORT_QUEUE_MORE), SHUNT_C_TABLE(SHORT_QUEUE));
#pragma once

#include <shunt/abi/library.h>

#define SHUNT_MANIFEST_NOTE 0x53484e54u
#define SHUNT_MANIFEST_OWNER "shunt"
#define SHUNT_MANIFEST_SECTION ".note.shunt"

// Source text of the arguments after macro expansion. For string literals that is a list of JSON strings. Adjacent literals
// are not joined: "a" "b" stays two strings, which is no JSON. Write type, version, summary and ids as one literal each.
#define SHUNT_TEXT_(...) #__VA_ARGS__
#define SHUNT_TEXT(...) SHUNT_TEXT_(__VA_ARGS__)

// A static initialiser of a shunt_str from a string literal.
#define SHUNT_LITERAL(text) \
  { (text), sizeof(text) - 1 }

// "" makes of an empty list one empty text, which counts as none.
#define SHUNT_LITERALS_1_(a) SHUNT_LITERAL("" a)
#define SHUNT_LITERALS_2_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_1_(__VA_ARGS__)
#define SHUNT_LITERALS_3_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_2_(__VA_ARGS__)
#define SHUNT_LITERALS_4_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_3_(__VA_ARGS__)
#define SHUNT_LITERALS_5_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_4_(__VA_ARGS__)
#define SHUNT_LITERALS_6_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_5_(__VA_ARGS__)
#define SHUNT_LITERALS_7_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_6_(__VA_ARGS__)
#define SHUNT_LITERALS_8_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_7_(__VA_ARGS__)
#define SHUNT_LITERALS_9_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_8_(__VA_ARGS__)
#define SHUNT_LITERALS_10_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_9_(__VA_ARGS__)
#define SHUNT_LITERALS_11_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_10_(__VA_ARGS__)
#define SHUNT_LITERALS_12_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_11_(__VA_ARGS__)
#define SHUNT_LITERALS_13_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_12_(__VA_ARGS__)
#define SHUNT_LITERALS_14_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_13_(__VA_ARGS__)
#define SHUNT_LITERALS_15_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_14_(__VA_ARGS__)
#define SHUNT_LITERALS_16_(a, ...) SHUNT_LITERAL(a), SHUNT_LITERALS_15_(__VA_ARGS__)
#define SHUNT_SELECT_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, name, ...) name
#define SHUNT_LITERALS_(...)                                                                                     \
  SHUNT_SELECT_(__VA_ARGS__, SHUNT_LITERALS_16_, SHUNT_LITERALS_15_, SHUNT_LITERALS_14_, SHUNT_LITERALS_13_,     \
                SHUNT_LITERALS_12_, SHUNT_LITERALS_11_, SHUNT_LITERALS_10_, SHUNT_LITERALS_9_,                   \
                SHUNT_LITERALS_8_, SHUNT_LITERALS_7_, SHUNT_LITERALS_6_, SHUNT_LITERALS_5_, SHUNT_LITERALS_4_,   \
                SHUNT_LITERALS_3_, SHUNT_LITERALS_2_, SHUNT_LITERALS_1_, 0)                                      \
  (__VA_ARGS__)

// A manifest or schema may be longer than the 4095 bytes that C promises of a literal; -Wpedantic complains about that, and
// about nothing else that these macros write.
#define SHUNT_LONG_LITERALS_BEGIN_ \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Woverlength-strings\"")
#define SHUNT_LONG_LITERALS_END_ _Pragma("GCC diagnostic pop")

#define SHUNT_STABILITY_WORD_ALPHA "alpha"
#define SHUNT_STABILITY_WORD_BETA "beta"
#define SHUNT_STABILITY_WORD_STABLE "stable"
#define SHUNT_STABILITY_WORD_DEPRECATED "deprecated"

#define SHUNT_FLAG_WORDS_NONE_ ""
#define SHUNT_FLAG_WORDS_SINGLE_INSTANCE_ "\"single-instance\""
#define SHUNT_FLAG_BITS_NONE_ 0u
#define SHUNT_FLAG_BITS_SINGLE_INSTANCE_ SHUNT_PLUGIN_SINGLE_INSTANCE

// The manifest text of one plugin.
#define SHUNT_C_MANIFEST(FACTS) FACTS(SHUNT_C_MANIFEST_) "}"
#define SHUNT_C_MANIFEST_MORE(FACTS, MORE) FACTS(SHUNT_C_MANIFEST_) MORE(SHUNT_C_MANIFEST_MORE_) "}"
#define SHUNT_C_MANIFEST_(ident, type, version, summary, stability, schema, ...)                                  \
  "{\"type\":" SHUNT_TEXT(type) ",\"version\":" SHUNT_TEXT(version) ",\"summary\":" SHUNT_TEXT(summary)           \
  ",\"stability\":\"" SHUNT_STABILITY_WORD_##stability "\",\"interfaces\":[" SHUNT_TEXT(__VA_ARGS__)              \
  "],\"parameters\":" schema
#define SHUNT_C_MANIFEST_MORE_(ident, flag, reads, writes, default_producer_of)                                   \
  ",\"flags\":[" SHUNT_FLAG_WORDS_##flag##_ "],\"reads\":[" SHUNT_TEXT reads "],\"writes\":[" SHUNT_TEXT writes   \
  "],\"default_producer_of\":[" SHUNT_TEXT default_producer_of "]"

// The address of the table of one plugin.
#define SHUNT_C_TABLE(FACTS) FACTS(SHUNT_C_TABLE_)
#define SHUNT_C_TABLE_(ident, type, version, summary, stability, schema, ...) &shunt_plugin_of_##ident

// Defines the table of one plugin with its three functions; see shunt_plugin in library.h.
#define SHUNT_C_PLUGIN(FACTS, create, destroy, interface_table)                                                   \
  FACTS(SHUNT_C_INTERFACES_)                                                                                      \
  SHUNT_LONG_LITERALS_BEGIN_                                                                                      \
  FACTS(SHUNT_C_PLUGIN_HEAD_) 0u, FACTS(SHUNT_C_PLUGIN_BODY_) create, destroy, interface_table, NULL, NULL, NULL, \
      0u, 0u, 0u, 0u};                                                                                            \
  SHUNT_LONG_LITERALS_END_                                                                                        \
  struct shunt_end_of_library
#define SHUNT_C_PLUGIN_MORE(FACTS, MORE, create, destroy, interface_table)                                        \
  FACTS(SHUNT_C_INTERFACES_)                                                                                      \
  MORE(SHUNT_C_LISTS_)                                                                                            \
  SHUNT_LONG_LITERALS_BEGIN_                                                                                      \
  FACTS(SHUNT_C_PLUGIN_HEAD_) MORE(SHUNT_C_FLAG_), FACTS(SHUNT_C_PLUGIN_BODY_) create, destroy, interface_table,  \
      MORE(SHUNT_C_PLUGIN_TAIL_)};                                                                                \
  SHUNT_LONG_LITERALS_END_                                                                                        \
  struct shunt_end_of_library
#define SHUNT_C_INTERFACES_(ident, type, version, summary, stability, schema, ...)                                \
  static const shunt_str shunt_interfaces_of_##ident[] = {SHUNT_LITERALS_(__VA_ARGS__)};
#define SHUNT_C_LISTS_(ident, flag, reads, writes, default_producer_of)                                           \
  static const shunt_str shunt_reads_of_##ident[] = {SHUNT_LITERALS_ reads};                                      \
  static const shunt_str shunt_writes_of_##ident[] = {SHUNT_LITERALS_ writes};                                    \
  static const shunt_str shunt_defaults_of_##ident[] = {SHUNT_LITERALS_ default_producer_of};

#define SHUNT_C_FLAG_(ident, flag, reads, writes, default_producer_of) SHUNT_FLAG_BITS_##flag##_
#define SHUNT_C_PLUGIN_HEAD_(ident, type, version, summary, stability, schema, ...)                               \
  static const shunt_plugin shunt_plugin_of_##ident = {(uint32_t)sizeof(shunt_plugin),
#define SHUNT_C_PLUGIN_BODY_(ident, type, version, summary, stability, schema, ...)                               \
      SHUNT_LITERAL(type), SHUNT_LITERAL(version), SHUNT_LITERAL(summary), SHUNT_LITERAL(schema),                 \
      shunt_interfaces_of_##ident, (uint32_t)(sizeof(shunt_interfaces_of_##ident) / sizeof(shunt_str)),           \
      SHUNT_STABILITY_##stability,

#define SHUNT_C_COUNT_(list, array) (sizeof(SHUNT_TEXT list) > 1 ? (uint32_t)(sizeof(array) / sizeof(shunt_str)) : 0u)
#define SHUNT_C_PLUGIN_TAIL_(ident, flag, reads, writes, default_producer_of)                                     \
      shunt_reads_of_##ident, shunt_writes_of_##ident, shunt_defaults_of_##ident,                                 \
      SHUNT_C_COUNT_(reads, shunt_reads_of_##ident), SHUNT_C_COUNT_(writes, shunt_writes_of_##ident),             \
      SHUNT_C_COUNT_(default_producer_of, shunt_defaults_of_##ident), 0u

#define SHUNT_MANIFEST_JSON_(name, version, manifests)                                                            \
  "{\"manifest\":1,\"library\":{\"name\":" SHUNT_TEXT(name) ",\"version\":" SHUNT_TEXT(version)                   \
  "},\"abi\":{\"major\":" SHUNT_TEXT(SHUNT_ABI_MAJOR) ",\"minor\":" SHUNT_TEXT(SHUNT_ABI_MINOR)                   \
  ",\"min_minor\":" SHUNT_TEXT(SHUNT_ABI_MIN_MINOR) "},\"plugins\":[" manifests "]}"

// Defines the note, the library table and the exported entry function. `name` and `version` are string literals, `manifests`
// is SHUNT_C_MANIFEST()s joined by "," literals, the rest are SHUNT_C_TABLE()s in the same order. SHUNT_C_LIBRARY_START sets
// shunt_library.init and .deinit besides; either may be NULL.
#define SHUNT_C_LIBRARY(name, version, manifests, ...) \
  SHUNT_C_LIBRARY_START(name, version, NULL, NULL, manifests, __VA_ARGS__)
#define SHUNT_C_LIBRARY_START(name, version, init, deinit, manifests, ...)                                        \
  SHUNT_LONG_LITERALS_BEGIN_                                                                                      \
  __attribute__((section(SHUNT_MANIFEST_SECTION), used, aligned(4))) static const struct {                        \
    uint32_t owner_size, text_size, type;                                                                         \
    char owner[8];                                                                                                \
    char text[(sizeof(SHUNT_MANIFEST_JSON_(name, version, manifests)) + 3u) / 4u * 4u];                           \
  } shunt_manifest_note = {(uint32_t)sizeof(SHUNT_MANIFEST_OWNER),                                                \
                           (uint32_t)((sizeof(SHUNT_MANIFEST_JSON_(name, version, manifests)) + 3u) / 4u * 4u),   \
                           SHUNT_MANIFEST_NOTE, SHUNT_MANIFEST_OWNER,                                             \
                           SHUNT_MANIFEST_JSON_(name, version, manifests)};                                       \
  SHUNT_LONG_LITERALS_END_                                                                                        \
  static const shunt_plugin *shunt_describe(uint32_t index) {                                                     \
    static const shunt_plugin *const plugins[] = {__VA_ARGS__};                                                   \
    return index < sizeof(plugins) / sizeof(plugins[0]) ? plugins[index] : NULL;                                  \
  }                                                                                                               \
  const shunt_library *SHUNT_LIBRARY_ENTRY(void) {                                                                \
    static const shunt_plugin *const plugins[] = {__VA_ARGS__};                                                   \
    static const shunt_library library = {(uint32_t)sizeof(shunt_library), SHUNT_ABI_MAJOR, SHUNT_ABI_MINOR,      \
                                          SHUNT_ABI_MIN_MINOR, SHUNT_LITERAL(name), SHUNT_LITERAL(version),       \
                                          (uint32_t)(sizeof(plugins) / sizeof(plugins[0])), 0u, shunt_describe,   \
                                          init, deinit};                                                          \
    return &library;                                                                                              \
  }                                                                                                               \
  struct shunt_end_of_library
