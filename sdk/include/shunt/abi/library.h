// SPDX-License-Identifier: Apache-2.0
// library.h: what a shared object exports: one function that returns one static table.
#pragma once

#include <shunt/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bits of shunt_plugin.flags; they flow from plugin to host only.
#define SHUNT_PLUGIN_SINGLE_INSTANCE 1u  // at most one instance in a config

// Values of shunt_plugin.stability; they flow from plugin to host only.
#define SHUNT_STABILITY_ALPHA 1u
#define SHUNT_STABILITY_BETA 2u
#define SHUNT_STABILITY_STABLE 3u
#define SHUNT_STABILITY_DEPRECATED 4u

// One plugin type: a type string that offers interfaces. Static, constant, lives as long as the mapping.
typedef struct shunt_plugin {
  uint32_t size;
  uint32_t flags;                   // SHUNT_PLUGIN_*
  shunt_str type;                   // kebab-case, unique over kinds and libraries: "queue-scorer"
  shunt_str version;                // of the plugin, "1.0.0"
  shunt_str summary;                // one sentence
  shunt_str parameters_schema;      // JSON Schema text, the subset in docs/reference/parameters-schema.md
  const shunt_str *interfaces;      // ids of the interfaces that every instance offers
  uint32_t n_interfaces;
  uint32_t stability;               // SHUNT_STABILITY_*

  // Makes an instance and stores it in `*self`, which is never NULL with SHUNT_OK. Anything but SHUNT_OK is a failure;
  // set_error says which parameter is wrong. [control]
  int32_t (*create)(const shunt_create_info *info, void **self);
  // Ends an instance. No other call of it is running or will come. [control]
  void (*destroy)(void *self);
  // The table of an interface that the type lists, NULL for any other. Same answer for as long as the instance lives.
  // [any-thread]
  const void *(*interface_table)(void *self, shunt_str id);

  // Columns and values that the type reads, writes, or is created to write by default, whatever its parameters.
  // NULL when empty.
  const shunt_str *reads;
  const shunt_str *writes;
  const shunt_str *default_producer_of;
  uint32_t n_reads;
  uint32_t n_writes;
  uint32_t n_default_producer_of;
  uint32_t reserved;
} shunt_plugin;

// The library. Static, constant, lives as long as the mapping. Libraries are never unmapped.
typedef struct shunt_library {
  uint32_t size;
  uint32_t abi_major;      // SHUNT_ABI_MAJOR that it was built with
  uint32_t abi_minor;      // SHUNT_ABI_MINOR that it was built with
  uint32_t abi_min_minor;  // least minor of a host that it runs on
  shunt_str name;
  shunt_str version;
  uint32_t plugin_count;
  uint32_t reserved;

  // Description number `index`; NULL from plugin_count on. Runs nothing else. [any-thread]
  const shunt_plugin *(*describe)(uint32_t index);
  // Called once before the first create(); may be NULL. `ctx` is for set_error, log and call_alloc. Anything but SHUNT_OK is a
  // failure. Legal again after deinit(). [control]
  int32_t (*init)(const shunt_host *host, shunt_ctx *ctx);
  // Called after the last destroy(); may be NULL. [control]
  void (*deinit)(void);
} shunt_library;

// The one exported symbol: pure, callable any number of times, from any thread. [any-thread]
typedef const shunt_library *(*shunt_library_entry)(void);
#define SHUNT_LIBRARY_ENTRY_NAME "shunt_library_entry_v1"

// Name of the function that SHUNT_LIBRARY defines; a build that links several libraries into one program renames it.
#ifndef SHUNT_LIBRARY_ENTRY
#define SHUNT_LIBRARY_ENTRY shunt_library_entry_v1
#endif
#define SHUNT_EXPORT __attribute__((visibility("default")))
SHUNT_EXPORT const shunt_library *SHUNT_LIBRARY_ENTRY(void);

#ifdef __cplusplus
}
#endif
