// SPDX-License-Identifier: Apache-2.0
// swapper.h: the kind that decides which running models make room for another one.
#pragma once

#include <shunt/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_SWAPPER_ID "shunt.swapper/1"

// States of a model's process. Open; unknown: resident and not a victim.
#define SHUNT_MODEL_STOPPED 1u
#define SHUNT_MODEL_STARTING 2u
#define SHUNT_MODEL_READY 3u
#define SHUNT_MODEL_STOPPING 4u
#define SHUNT_MODEL_SHUTDOWN 5u

// Bits of shunt_model.flags.
#define SHUNT_MODEL_PINNED 1u   // may not be a victim
#define SHUNT_MODEL_LOADING 2u  // target of a committed swap that has not ended
#define SHUNT_MODEL_LEAVING 4u  // victim of a committed swap that has not ended

// Bits of shunt_model.present.
#define SHUNT_MODEL_LAST_USED (1u << 0)
#define SHUNT_MODEL_BYTES (1u << 1)
#define SHUNT_MODEL_LOAD_COST (1u << 2)

// One managed model.
typedef struct shunt_model {
  uint32_t size;
  uint32_t state;           // SHUNT_MODEL_STOPPED and the others
  uint32_t flags;
  uint32_t present;
  shunt_str id;
  shunt_str group;          // as the config names it, absent when none
  int32_t priority;         // within the swap line; higher is more important
  uint32_t in_flight;       // requests being served
  uint32_t waiting;         // requests that wait for it
  uint32_t n_devices;
  int64_t last_used_ns;     // end of the last request, on the clock of now_ns
  uint64_t bytes;           // memory that it needs
  int64_t load_cost_ns;     // what loading it again would take
  // Indices into the query's devices: where it is resident; LOADING: where its swap places it; a stopped target: where its
  // config wants it. Empty when unknown or left to the swapper.
  const uint32_t *devices;
  const uint64_t *device_bytes;  // parallel to devices: its share of `bytes`; NULL: unknown, take bytes / n_devices
} shunt_model;

// One accelerator or memory pool.
typedef struct shunt_device {
  uint32_t size;
  uint32_t reserved;
  shunt_str name;
  uint64_t capacity_bytes;
  // By everything: resident models, LEAVING ones until they stopped, and the bytes that LOADING targets will take.
  uint64_t used_bytes;
} shunt_device;

// "May `target` be loaded now, and at whose expense?" Borrowed until the call returns.
typedef struct shunt_swap_query {
  uint32_t size;
  uint32_t n_running;
  const shunt_model *target;
  const shunt_model *running;   // every process that is not stopped, and targets of committed swaps; sorted by id, unique
  uint64_t running_stride;      // bytes from one model to the next
  const shunt_device *devices;
  uint64_t device_stride;       // bytes from one device to the next
  uint32_t n_devices;
  uint32_t reserved;
  int64_t now_ns;
} shunt_swap_query;

// The answer. The host provides the arrays; counts arrive as 0. Texts: literals or call_alloc() memory of this call.
typedef struct shunt_swap_plan {
  uint32_t size;
  uint32_t n_victims;
  uint32_t *victims;           // indices into query->running; not the target, unique, not pinned; a LEAVING one may be named
  uint32_t victims_capacity;   // = query->n_running
  uint32_t n_placement;
  uint32_t *placement;         // indices into query->devices where the target goes; none: no opinion
  uint32_t placement_capacity; // = query->n_devices
  uint32_t reserved;
  int64_t retry_after_ns;      // with SHUNT_BLOCKED: ask again not before this time from now; 0: when something changes
  shunt_str reason;            // with SHUNT_BLOCKED and SHUNT_IMPOSSIBLE; welcome otherwise
} shunt_swap_plan;

typedef struct shunt_swapper_table {
  uint32_t size;
  uint32_t reserved;
  // Pure and speculative: asked for every request and again whenever something changes, so it keeps no state and does not
  // log. SHUNT_OK: evict the victims (none: load beside the others). SHUNT_BLOCKED: wait. SHUNT_IMPOSSIBLE: refuse, with a
  // reason. A busy victim is legal: the line waits for it. [swap]
  int32_t (*eviction_for)(void *self, shunt_ctx *ctx, const shunt_swap_query *query, shunt_swap_plan *plan);
  // Called once for a committed swap, with the same query; the place to remember and to log. May be NULL. [swap]
  void (*on_swap_start)(void *self, shunt_ctx *ctx, const shunt_swap_query *query, const shunt_swap_plan *plan,
                        uint64_t ticket);
} shunt_swapper_table;

#ifdef __cplusplus
}
#endif
