// SPDX-License-Identifier: Apache-2.0
// crash_handler.hpp: what a worker still says when a plugin has crashed it. Everything here is safe in a signal handler: no
// memory is asked for, no lock is taken, because the crash may have come while one was held.
//
//   install_crash_handler(&page);   // before any plugin is loaded
#pragma once

#include "contain/worker_page.hpp"

namespace shunt::host {

// Notes faults and abort() in `page`, on a stack of its own for each thread that calls plugins, and lets the signal have its
// default effect then: the status of the process, and a core file where one is wanted, are what they would be without it.
// nullptr: nobody reads a page, and a line on standard error names the plugin. Once, by the main thread.
void install_crash_handler(WorkerPage* page);

// Notes that a plugin has called exit(), and ends the process at once. Called again it comes before handlers that others
// have registered meanwhile.
void watch_for_exit();

// To be called by whoever sees the end coming: false where somebody has done so before. The note is complete when
// end_note_written() was called.
bool begin_end_note(WorkerPage& page, EndKind kind, const MarkedThread* thread) noexcept;
void end_note_written(WorkerPage& page) noexcept;
// Has the watching thread write down what `thread` was deciding on, and waits for it, but not for long.
void call_witness(WorkerPage& page, const MarkedThread* thread) noexcept;

}  // namespace shunt::host
