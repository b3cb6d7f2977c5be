// SPDX-License-Identifier: Apache-2.0
#include "contain/worker_page.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace shunt::host {

namespace {

Error problem(const char* what) {
  return {ErrorKind::Operation, "E361",
          "the memory that a worker shares with its supervisor: " + std::string(what) + ": " + std::strerror(errno)};
}

WorkerPage* map(int descriptor) {
  void* memory = mmap(nullptr, sizeof(WorkerPage), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<WorkerPage*>(memory);
}

}  // namespace

Result<SharedWorkerPage> SharedWorkerPage::create() {
  const int descriptor = memfd_create("shunt-worker", MFD_CLOEXEC);
  if (descriptor < 0) return problem("memfd_create");
  if (ftruncate(descriptor, sizeof(WorkerPage)) != 0) {
    const Error failed = problem("ftruncate");
    close(descriptor);
    return failed;
  }
  WorkerPage* page = map(descriptor);
  if (page == nullptr) {
    const Error failed = problem("mmap");
    close(descriptor);
    return failed;
  }
  return SharedWorkerPage(page, descriptor);
}

Result<SharedWorkerPage> SharedWorkerPage::open(int descriptor) {
  WorkerPage* page = map(descriptor);
  if (page == nullptr) return problem("mmap");
  return SharedWorkerPage(page, descriptor);
}

SharedWorkerPage::~SharedWorkerPage() {
  if (page_ != nullptr) munmap(page_, sizeof(WorkerPage));
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace shunt::host
