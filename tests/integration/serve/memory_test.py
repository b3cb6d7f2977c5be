# SPDX-License-Identifier: Apache-2.0
"""What a stream that is open costs the host: 4,000 of them, of which each has passed on one event and waits for the next."""
import asyncio
import pathlib
import resource

from door import Door, DoorTest, main

STREAMS = 4000
LIMIT_KIB = 24
EVENT = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
CHUNK = b"%x\r\n%s\r\n" % (len(EVENT), EVENT)


def resident_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


class Memory(DoorTest):
    def test_open_streams(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        streams = min(STREAMS, (hard - 200) // 2) if hard != resource.RLIM_INFINITY else STREAMS
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * streams + 200), hard))
        asyncio.run(self.measure(streams))

    async def measure(self, streams):
        calls = []

        async def serve(reader, writer):
            calls.append(writer)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNK)
            await ended.wait()
            writer.write(b"0\r\n\r\n")

        ended = asyncio.Event()
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096)
        door = Door("endpoint=127.0.0.1:%d" % server.sockets[0].getsockname()[1], "quiet=1", "connectMs=60000")
        body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"' + b"x" * 1000 + b'"}]}'
        request = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        clients = []

        async def open_one():
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(request)
            await reader.readuntil(CHUNK)
            clients.append((reader, writer))

        await open_one()
        before = resident_kib(door.process.pid)
        for first in range(0, streams, 100):
            await asyncio.gather(*(open_one() for _ in range(min(100, streams - first))))
        each = (resident_kib(door.process.pid) - before) / streams
        print("%d streams, %.1f KiB each" % (streams, each))
        self.assertLessEqual(each, LIMIT_KIB)
        ended.set()
        for reader, writer in clients:
            self.assertEqual(await reader.readuntil(b"0\r\n\r\n"), b"0\r\n\r\n")
            writer.close()
        door.close()
        server.close()


if __name__ == "__main__":
    main()
