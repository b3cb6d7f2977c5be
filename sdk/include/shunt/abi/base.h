// SPDX-License-Identifier: Apache-2.0
// base.h: versions, strings, status codes and handles of the shunt C ABI.
//
// Compatibility rules (policy: docs/policy/compatibility.md)
//   1. A library exports one function, shunt_library_entry_v1. The ABI major is in its name.
//   2. Every public struct starts with `uint32_t size` (shunt_str excepted, which is final). Structs grow at the end only.
//      A reader tests SHUNT_HAS(pointer, type, member), then the member for NULL. Arrays of structs come with a stride.
//   3. Nothing released changes meaning, order, ownership, null-ness or thread tag. Enumerations that the host passes are of
//      two sorts. Bit sets (present, flags, traits) gain bits: ignore those you do not know. Enumerations marked open gain
//      values: treat an unknown one as the comment says. All others are closed. A service's unknown negative status is a
//      failure.
//   4. Memory never changes owner. In: borrowed until the call returns. Out: written into arrays that the host provides.
//      The host copies every string that it keeps. Texts that a plugin stores in a struct of the host are literals or
//      call_alloc() memory of this call.
//   5. No exception crosses. The C++ layer catches in the plugin; C and Rust have none to catch.
//
// Thread tags, one on every function: what may overlap on one instance. Calls of two instances may always overlap.
//   [control]          of a plugin: any thread; on an instance one call at a time, none beside [events], [swap] or [queue];
//                      may block and allocate. Beside create() and destroy() runs nothing else of the instance, beside the
//                      others [hot, concurrent] may. Of a library: while it has no instance. Of the host: inside create()
//   [hot, concurrent]  many threads on one instance at once; no blocking, no allocation, no I/O
//   [events]           off the request path
//   [swap]             the one strand of the swap line
//   [queue]            the one strand of the waiting room
//   [any-thread]       services: during a call into the plugin, on that call's thread; functions of the plugin: any thread,
//                      any time
// [events], [swap], [queue] never overlap each other or themselves on one instance; they overlap [hot, concurrent].
//
// Clock: every time that is said to be "on the clock of now_ns" counts nanoseconds since the Unix epoch and never goes back
// within a process. A host that replays recorded requests takes it from them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// By the width of pointers: x32 calls itself x86_64 as well.
#if UINTPTR_MAX != UINT64_MAX
#error "the shunt ABI is laid out for 64-bit platforms"
#endif

// Version that these headers describe. The major changes only with the name of the entry function. A minor of 0x80000000 or
// more marks a release candidate: such a host accepts only libraries built with the very same number.
#define SHUNT_ABI_MAJOR 1
#define SHUNT_ABI_MINOR_CURRENT 2147483650  // 0x80000000 + 2; without suffix, because the manifest prints it

// The minor that the author builds against; define it lower to hide what is newer. Every member added after 1.0 stands
// behind `#if SHUNT_ABI_MINOR >= n`.
#ifndef SHUNT_ABI_MINOR
#define SHUNT_ABI_MINOR SHUNT_ABI_MINOR_CURRENT
#endif

// The least host minor that the library runs on; define it lower when every newer member is tested for before its use.
#ifndef SHUNT_ABI_MIN_MINOR
#define SHUNT_ABI_MIN_MINOR SHUNT_ABI_MINOR
#endif

#ifdef __cplusplus
#define SHUNT_NULL_OF(type) static_cast<type *>(nullptr)
#else
#define SHUNT_NULL_OF(type) ((type *)0)
#endif

// True when the struct behind `pointer` is large enough to hold `member`.
#define SHUNT_HAS(pointer, type, member) \
  ((pointer)->size >= offsetof(type, member) + sizeof(SHUNT_NULL_OF(type)->member))

// Text, not NUL-terminated. data == NULL: absent. data != NULL and len == 0: present and empty. Final: never grows.
// Bytes; UTF-8 where the host or a config made it. Request and page texts come from outside and are unchecked.
typedef struct shunt_str {
  const char *data;
  uint64_t len;  // bytes
} shunt_str;

// Status of a call. 0 is success; positive is benign and belongs to the meaning of the call; negative is a fault, which the
// host answers with the default of the kind or the config's onError. Text goes through shunt_host.set_error. A positive
// status that the function's comment does not name is a fault.
#define SHUNT_OK 0
#define SHUNT_SKIP 1         // nothing to say: a scorer adds nothing, a filter keeps all, a decider abstains
#define SHUNT_UNAVAILABLE 2  // nothing left or nothing known
#define SHUNT_BLOCKED 3      // not now, later perhaps
#define SHUNT_IMPOSSIBLE 4   // not now and not later
#define SHUNT_ERROR (-1)
#define SHUNT_INVALID (-2)        // a parameter or argument is wrong
#define SHUNT_NOT_FOUND (-3)      // a name is unknown
#define SHUNT_UNSUPPORTED (-4)    // this side does not know what was asked
#define SHUNT_OUT_OF_RANGE (-5)   // an index or a capacity is exceeded
#define SHUNT_OUT_OF_MEMORY (-6)  // a bounded arena or the heap is exhausted
#define SHUNT_EXCEPTION (-7)      // an exception reached the boundary and was turned into this

// "No slot": never a valid slot, row, profile or symbol index.
#define SHUNT_NONE 0xffffffffu

// Handles. Opaque, owned by the host, valid as long as the parameter that carries them says.
typedef struct shunt_host shunt_host;      // the host's services, defined in host.h; lives as long as the process
typedef struct shunt_init shunt_init;      // one create() call; valid until it returns
typedef struct shunt_ctx shunt_ctx;        // one call into the plugin; valid until it returns
typedef struct shunt_metric shunt_metric;  // a registered metric; valid as long as the instance

#ifdef __cplusplus
}
#endif
