# SPDX-License-Identifier: Apache-2.0
"""What the tests of the HTTP door share: the door's process, endpoints made to order, and a client that sees every byte.

Nothing sleeps: whoever waits, waits for bytes, for a line of the door, or for the end of a connection.
"""
import json
import queue
import socket
import subprocess
import sys
import threading
import time
import unittest

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "shunt_door_program"
PATIENCE = 60  # seconds until a test gives up; none is ever waited for where the door works
CHAT = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()


class Door:
    """The door's process; what it says about its requests."""

    def __init__(self, *words):
        self.process = subprocess.Popen([PROGRAM, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        address = self.event("listening")["address"]
        self.secure = address.startswith("https")
        self.port = int(address.rsplit(":", 1)[1])

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put({"event": "end"})

    def event(self, *names):
        """The next event with one of these names; those before it are dropped."""
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if line["event"] in names:
                return line
            if line["event"] == "end":
                raise AssertionError("the door ended while %s was waited for" % (names,))

    def ending(self):
        return self.event("complete", "refuse")

    def say(self, word):
        self.process.stdin.write(word.encode() + b"\n")
        self.process.stdin.flush()

    def counts(self):
        """What it has counted about its connections."""
        self.say("counts?")
        line = self.event("counts")
        del line["event"]
        return line

    def until_counts(self, **expected):
        """Asks again and again: it counts an end when it has seen it."""
        end = time.monotonic() + PATIENCE
        while not expected.items() <= (seen := self.counts()).items():
            if time.monotonic() > end:
                raise AssertionError("%s instead of %s" % (seen, expected))
        return seen

    def client(self):
        return Client(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE))

    def close(self):
        """All events that are left."""
        if self.process.poll() is None:
            try:
                self.say("stop")
            except BrokenPipeError:
                pass
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        code = self.process.wait(timeout=PATIENCE)
        left = []
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if line["event"] == "end":
                break
            left.append(line)
        self.process.stdout.close()
        if code != 0:
            raise AssertionError("the door ended with %s" % code)
        return left


class Response:
    def __init__(self, status, headers, body, clean, interim):
        self.status, self.headers, self.body, self.clean, self.interim = status, headers, body, clean, interim

    def json(self):
        return json.loads(self.body)

    def error(self):
        return self.json()["error"]


class Wire:
    """A connection with its bytes."""

    def __init__(self, connection):
        self.socket = connection
        self.data = b""

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        """False at the end, also at a broken one."""
        try:
            got = self.socket.recv(1 << 16)
        except (ConnectionResetError, BrokenPipeError):
            return False
        self.data += got
        return bool(got)

    def until(self, mark):
        while mark not in self.data:
            if not self.more():
                return None
        text, self.data = self.data.split(mark, 1)
        return text

    def exactly(self, count):
        """Fewer only at the end."""
        while len(self.data) < count and self.more():
            pass
        text, self.data = self.data[:count], self.data[count:]
        return text

    def rest(self):
        while self.more():
            pass
        text, self.data = self.data, b""
        return text

    def head(self):
        text = self.until(b"\r\n\r\n")
        if text is None:
            return None, {}
        first, *lines = text.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, value = line.split(":", 1)
            name = name.lower()
            headers[name] = headers[name] + ", " + value.strip() if name in headers else value.strip()
        return first, headers

    def chunk(self):
        """The next chunk; b"" is the last one, None an end without it."""
        line = self.until(b"\r\n")
        if line is None:
            return None
        size = int(line.split(b";")[0], 16)
        if size == 0:
            while self.until(b"\r\n"):
                pass
            return b""
        data = self.exactly(size + 2)
        return data[:-2] if len(data) == size + 2 else None

    def body(self, headers, to_end=False):
        """The body and whether it ended as it should."""
        if "transfer-encoding" in headers:
            body = b""
            while True:
                piece = self.chunk()
                if not piece:
                    return body, piece is not None
                body += piece
        if "content-length" in headers:
            length = int(headers["content-length"])
            body = self.exactly(length)
            return body, len(body) == length
        return (self.rest(), True) if to_end else (b"", True)

    def close(self):
        self.socket.close()


class Client(Wire):
    def response(self, head_only=False):
        interim = []
        while True:
            first, headers = self.head()
            if first is None:
                return None
            status = int(first.split(" ")[1])
            if status >= 200 or status == 101:
                break
            interim.append(status)
        if head_only or status in (101, 204, 304):
            return Response(status, headers, b"", True, interim)
        body, clean = self.body(headers, to_end=True)
        return Response(status, headers, body, clean, interim)

    def post(self, path="/v1/chat/completions", body=CHAT, headers=()):
        lines = ["POST %s HTTP/1.1" % path, "Host: shunt", "Content-Length: %d" % len(body)]
        lines += ["%s: %s" % pair for pair in headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def get(self, path="/anything", headers=(), method="GET"):
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: shunt"]
        lines += ["%s: %s" % pair for pair in headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n")


class Call(Wire):
    """A request as an endpoint sees it."""

    def request(self, with_body=True):
        first, self.headers = self.head()
        if first is None:
            return False
        self.method, self.target, _ = first.split(" ")
        self.first = first
        self.body_text = self.body(self.headers)[0] if with_body else b""
        return True

    def answer(self, status=200, body=b"{}", headers=(), reason="OK"):
        lines = ["HTTP/1.1 %d %s" % (status, reason), "Content-Length: %d" % len(body)]
        lines += ["%s: %s" % pair for pair in headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def stream(self, kind="text/event-stream"):
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % kind.encode())

    def piece(self, data):
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.socket.close()

    def gone(self):
        """Waits until the other side has ended."""
        self.rest()
        return True


class Endpoint:
    """Runs `serve(call)` for every connection; the calls that were seen, in their order."""

    def __init__(self, serve=None, wrap=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port
        self.calls = queue.Queue()
        self.results = queue.Queue()
        self.serve = serve or (lambda call: call.answer())
        self.wrap = wrap
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            connection.settimeout(PATIENCE)
            if self.wrap:
                connection = self.wrap(connection)
            call = Call(connection)
            while call.request(getattr(self.serve, "reads_body", True)):
                self.calls.put(call)
                result = self.serve(call)
                if result is not None:
                    self.results.put(result)
                if call.socket.fileno() < 0:
                    return
                if result == "close":
                    break
            call.close()
        except OSError:
            pass

    def call(self):
        return self.calls.get(timeout=PATIENCE)

    def result(self):
        return self.results.get(timeout=PATIENCE)

    def close(self):
        self.listener.close()


def refusing_address():
    """Where nobody listens: the port is taken, so that nobody else gets it, and never listened on."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder, "127.0.0.1:%d" % holder.getsockname()[1]


class DoorTest(unittest.TestCase):
    maxDiff = None

    def endpoint(self, serve=None, **more):
        endpoint = Endpoint(serve, **more)
        self.addCleanup(endpoint.close)
        return endpoint

    def door(self, *words):
        words = ["endpoint=" + w.address if isinstance(w, Endpoint) else w for w in words]
        door = Door(*words)
        self.addCleanup(self._close, door)
        return door

    def _close(self, door):
        left = [line["event"] for line in door.close()]
        self.assertNotIn("complete", left, "an ending that the test did not expect")
        self.assertNotIn("refuse", left, "an ending that the test did not expect")

    def client(self, door):
        client = door.client()
        self.addCleanup(client.close)
        return client

    def assert_ends(self, door, ending, status, code=""):
        line = door.ending()
        self.assertEqual((line["ending"], line["status"], line["code"]), (ending, status, code))
        return line


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
