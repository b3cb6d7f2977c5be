// SPDX-License-Identifier: Apache-2.0
// Replaces malloc and its relatives, and counts those calls that a thread makes while it is armed. Preloaded by the
// validator into the process of one case; see allocation_probe.hpp.
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

extern void* __libc_malloc(size_t bytes);
extern void* __libc_calloc(size_t count, size_t bytes);
extern void* __libc_realloc(void* old, size_t bytes);
extern void* __libc_memalign(size_t alignment, size_t bytes);

#define EXPORT __attribute__((visibility("default")))

static __thread __attribute__((tls_model("initial-exec"))) int armed;
static __thread __attribute__((tls_model("initial-exec"))) uint64_t counted;

EXPORT void shunt_allocation_counter_arm(int on);
EXPORT uint64_t shunt_allocation_counter_read(void);
EXPORT void* malloc(size_t bytes);
EXPORT void* calloc(size_t count, size_t bytes);
EXPORT void* realloc(void* old, size_t bytes);
EXPORT void* memalign(size_t alignment, size_t bytes);
EXPORT void* aligned_alloc(size_t alignment, size_t bytes);
EXPORT int posix_memalign(void** out, size_t alignment, size_t bytes);

void shunt_allocation_counter_arm(int on) { armed = on; }
uint64_t shunt_allocation_counter_read(void) { return counted; }

static void count(void) {
  if (armed) ++counted;
}

void* malloc(size_t bytes) {
  count();
  return __libc_malloc(bytes);
}
void* calloc(size_t n, size_t bytes) {
  count();
  return __libc_calloc(n, bytes);
}
void* realloc(void* old, size_t bytes) {
  count();
  return __libc_realloc(old, bytes);
}
void* memalign(size_t alignment, size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  count();
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** out, size_t alignment, size_t bytes) {
  count();
  void* made = __libc_memalign(alignment, bytes);
  if (made == NULL) return ENOMEM;
  *out = made;
  return 0;
}
