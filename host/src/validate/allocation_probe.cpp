// SPDX-License-Identifier: Apache-2.0
#include "allocation_probe.hpp"

#include <dlfcn.h>

#include <cstdlib>

// A sanitizer brings an allocator of its own and must be the first library of its process.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHUNT_OWN_ALLOCATOR 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SHUNT_OWN_ALLOCATOR 1
#endif
#endif

// The built library, as bytes of this program.
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    "shunt_allocation_counter_begin:\n"
    ".incbin \"" SHUNT_ALLOCATION_COUNTER
    "\"\n"
    "shunt_allocation_counter_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" {
extern const unsigned char shunt_allocation_counter_begin[] __attribute__((visibility("hidden")));
extern const unsigned char shunt_allocation_counter_end[] __attribute__((visibility("hidden")));
}

namespace shunt::validate {

namespace {

struct Probe {
  void (*arm)(int);
  std::uint64_t (*read)();
};

// Looked up once, and not on a path that is counted.
const Probe& probe() {
  static const Probe kProbe{
      reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "shunt_allocation_counter_arm")),
      reinterpret_cast<std::uint64_t (*)()>(dlsym(RTLD_DEFAULT, "shunt_allocation_counter_read"))};
  return kProbe;
}

}  // namespace

std::span<const unsigned char> allocation_probe_image() {
#ifdef SHUNT_OWN_ALLOCATOR
  return {};
#else
  return {shunt_allocation_counter_begin,
          static_cast<std::size_t>(shunt_allocation_counter_end - shunt_allocation_counter_begin)};
#endif
}

bool has_allocation_probe() {
  // It counts nothing where yet another allocator was preloaded before it.
  static const bool kWorks = [] {
    if (probe().arm == nullptr || probe().read == nullptr) return false;
    const std::uint64_t before = probe().read();
    probe().arm(1);
    void* volatile tried = std::malloc(1);
    probe().arm(0);
    std::free(tried);
    return probe().read() > before;
  }();
  return kWorks;
}

void arm_allocation_probe(bool armed) {
  if (has_allocation_probe()) probe().arm(armed ? 1 : 0);
}

std::uint64_t counted_allocations() { return has_allocation_probe() ? probe().read() : 0; }

}  // namespace shunt::validate
