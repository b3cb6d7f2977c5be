#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Thousands of event streams through the running host for minutes: what each one costs in memory, and whether it grows.

    streams_soak.py --shunt build/release/host/shunt --sim build/release/host/shunt-sim --streams 4000 --seconds 600 --results FILE

Every stream gets tokens for as long as it lasts; one that ends is replaced. Ends with 1 where a stream costs more than --most-kib, where
memory grows by more than a tenth after the first minute, or where a request fails.
"""
import argparse
import asyncio
import json
import pathlib
import resource
import sys
import time

from stack import Host, Sim

TOKENS = 600
BODY = json.dumps({"model": "base", "stream": True, "max_tokens": TOKENS,
                   "messages": [{"role": "user", "content": "x" * 1000}]}).encode()
REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: soak\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


def resident_kib(process):
    """Of the worker: the process that was started only keeps its sockets."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    pid = children[-1] if children else process.pid
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0])


class Load:
    def __init__(self, host, streams):
        self.host, self.streams = host, streams
        self.open = self.ended = self.failed = 0
        self.stopping = False
        self.gate = asyncio.Semaphore(64)

    async def stream(self):
        while not self.stopping:
            async with self.gate:
                reader, writer = await asyncio.open_connection(*self.host.door.at)
                writer.write(REQUEST)
                head = await reader.readuntil(b"\r\n\r\n")
            good = b" 200 " in head.split(b"\r\n")[0]
            self.open += 1
            tail = b""
            while part := await reader.read(4096):
                tail = (tail + part)[-64:]
                if tail.endswith(b"0\r\n\r\n") or self.stopping:
                    break
            self.open -= 1
            self.ended += 1
            self.failed += not self.stopping and not (good and tail.endswith(b"0\r\n\r\n"))
            writer.close()


async def measure(host, arguments):
    load = Load(host, arguments.streams)
    before = resident_kib(host.process)
    tasks = [asyncio.create_task(load.stream()) for _ in range(arguments.streams)]
    while load.open < arguments.streams * 0.98:
        await asyncio.sleep(0.2)
    samples, begun = [], time.monotonic()
    while time.monotonic() - begun < arguments.seconds:
        await asyncio.sleep(min(5, arguments.seconds / 10))
        samples.append((time.monotonic() - begun, load.open, resident_kib(host.process)))
    load.stopping = True
    await asyncio.gather(*tasks, return_exceptions=True)
    return before, samples, load


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shunt", required=True)
    parser.add_argument("--sim", required=True)
    parser.add_argument("--streams", type=int, default=4000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--most-kib", type=float, default=24)
    parser.add_argument("--results", type=pathlib.Path)
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # Few decisions are remembered, so that what is measured is streams and not the ring of decisions.
    config = {"admin": {"decisions": {"keep": 10}}, "dataLayer": {"healthCheck": {"intervalMs": 1000}}, "plugins": [
        {"type": "prometheus-extractor", "parameters": {"intervalMs": 1000}}, {"type": "queue-scorer"}, {"type": "running-requests-size-scorer"}]}
    # A token each second: as slow as many readers are, and affordable for the load.
    with Sim(arguments.sim, "--servers", 8, "--decode-ms", 1000, "--decode-ms-per-sequence", 0, "--prefill-ms", 1,
             "--max-num-seqs", 8192, "--num-gpu-blocks", 2_000_000) as sim:
        with Host(arguments.shunt, sim, config) as host:
            host.until_ready()
            for _ in range(20):
                host.chat(max_tokens=1)  # what the first requests of all cost is nobody's share
            before, samples, load = asyncio.run(measure(host, arguments))
            failed = host.total("shunt_requests_total", outcome="failed") + host.total("shunt_requests_total", outcome="rejected")
    first = [sample for sample in samples if sample[0] <= max(60, arguments.seconds / 10)][-1]
    last = samples[-1]
    # Where streams end together and are replaced, few are open for a moment: that says nothing about one of them.
    full = [sample for sample in samples if sample[1] >= 0.98 * arguments.streams]
    each = max((kib - before) / count for _, count, kib in full)
    growth = last[2] / first[2] - 1
    line = (f"| {arguments.streams} | {arguments.seconds:.0f} | {each:.1f} | {first[2]} | {last[2]} | {growth * 100:+.1f} % | "
            f"{load.ended} | {load.failed + failed:.0f} |")
    print("| streams | seconds | KiB each, at most | KiB after a minute | KiB at the end | growth | ended | failed |")
    print(line)
    if arguments.results:
        arguments.results.write_text(line + "\n")
    good = each <= arguments.most_kib and growth <= 0.1 and load.failed + failed == 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
