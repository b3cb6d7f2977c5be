# SPDX-License-Identifier: Apache-2.0
"""What the door counts about its connections: every one that was taken is open or has ended for one reason."""
import socket

from door import CHAT, DoorTest, main, refusing_address


class Connections(DoorTest):
    def closed(self, door, **reasons):
        """Waits until these and no others have ended."""
        reasons = {name.replace("_", "-"): count for name, count in reasons.items()}
        seen = door.until_counts(closed=reasons)
        self.assertEqual(seen["accepted"], seen["open"] + sum(reasons.values()))
        return seen

    def test_open_and_closed_by_the_client(self):
        door = self.door(self.endpoint())
        self.assertEqual(door.counts(), {"open": 0, "accepted": 0, "closed": {}, "handshakes": {}, "connects": {}, "reused": 0,
                                         "busy": 0, "idle": 0})
        clients = [self.client(door) for _ in range(3)]
        door.until_counts(open=3, accepted=3)
        clients[0].close()
        self.assertEqual(self.closed(door, client=1)["open"], 2)

    def test_closed_after_an_answer(self):
        door = self.door(self.endpoint())
        client = self.client(door)
        client.get(headers=[("Connection", "close")])
        client.response()
        self.assert_ends(door, "completed", 200)
        self.closed(door, answered=1)

    def test_time_limits(self):
        for words, send, reason, code in ((["idleMs=30"], b"", "idle", None),
                                          (["headerMs=30"], b"GET / HT", "header_timeout", "request-timeout"),
                                          (["bodyMs=30"], b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
                                           "body_timeout", "request-timeout")):
            with self.subTest(reason):
                door = self.door(self.endpoint(), *words)
                client = self.client(door)
                client.send(send)
                client.rest()
                if code:
                    self.assert_ends(door, "rejected", 408, code)
                self.closed(door, **{reason: 1})

    def test_a_client_that_takes_nothing(self):
        block = b"x" * (1 << 20)

        def endless(call):
            call.stream()
            while True:
                call.piece(block)

        door = self.door(self.endpoint(endless), "writeMs=50")
        client = self.client(door)
        client.post()
        self.assert_ends(door, "cancelled", 200, "client-gone")
        self.closed(door, write_timeout=1)

    def test_what_is_not_http(self):
        door = self.door(self.endpoint(), "headerBytes=4096")
        for text, code, status in ((b"nonsense\r\n\r\n", "malformed-request", 400),
                                   (b"GET / HTTP/1.1\r\nA: " + b"x" * 5000 + b"\r\n\r\n", "header-too-large", 431)):
            client = self.client(door)
            client.send(text)
            client.rest()
            self.assert_ends(door, "rejected", status, code)
        self.closed(door, protocol=2)

    def test_a_client_that_leaves(self):
        silent = self.endpoint(lambda call: call.gone() and "close")
        door = self.door(silent)
        client = self.client(door)
        client.post()
        silent.call()
        self.assertEqual(door.until_counts(busy=1)["idle"], 0)
        client.close()
        self.assert_ends(door, "cancelled", 0, "client-gone")
        self.closed(door, client_gone=1)
        door.until_counts(busy=0, idle=0, connects={"good": 1})

    def test_a_response_that_breaks(self):
        def broken(call):
            call.stream()
            call.piece(b"half")
            return "close"

        door = self.door(self.endpoint(broken))
        client = self.client(door)
        client.post()
        self.assertFalse(client.response().clean)
        self.assert_ends(door, "failed", 200, "upstream-aborted")
        self.closed(door, broken_response=1)

    def test_a_tunnel(self):
        def switch(call):
            call.send(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
            return "close"

        door = self.door(self.endpoint(switch))
        client = self.client(door)
        client.get(headers=[("Upgrade", "x"), ("Connection", "upgrade")])
        client.rest()
        self.assert_ends(door, "completed", 101)
        self.closed(door, tunnel=1)

    def test_too_many(self):
        door = self.door(self.endpoint(), "connections=1")
        first = self.client(door)
        first.post()
        first.response()
        self.assert_ends(door, "completed", 200)
        second = self.client(door)
        self.assertEqual(second.response().error()["code"], "too-many-connections")
        self.assert_ends(door, "rejected", 503, "too-many-connections")
        second.close()
        self.assertEqual(self.closed(door, limit=1)["open"], 1)

    def test_a_thread_without_requests_rests(self):
        silent = self.endpoint(lambda call: call.gone() and "close")
        door = self.door(silent, self.endpoint())
        door.event("rest")
        client = self.client(door)
        client.post()
        door.event("rest")  # a request that goes on needs nothing that resting lets go of
        client.close()
        self.assert_ends(door, "cancelled", 0, "client-gone")
        door.event("rest")

    def test_draining_and_stopping(self):
        silent = self.endpoint(lambda call: call.gone() and "close")
        door = self.door(silent)
        idle, busy = self.client(door), self.client(door)
        busy.post()
        silent.call()
        door.until_counts(open=2)
        door.say("drain")
        idle.rest()
        self.assertEqual(self.closed(door, draining=1)["open"], 1)
        door.say("stop")
        self.assert_ends(door, "failed", 0, "stopped")
        busy.rest()

    def test_connections_to_endpoints(self):
        holder, refusing = refusing_address()
        self.addCleanup(holder.close)
        door = self.door("endpoint=" + refusing, self.endpoint())
        client = self.client(door)
        for _ in range(3):
            client.post()
            self.assertEqual(client.response().status, 200)
            self.assert_ends(door, "completed", 200)
        door.until_counts(connects={"refused": 3, "good": 1}, reused=2, idle=1, busy=0)
        door.say("drain")
        door.until_counts(idle=0, busy=0)

    def test_endpoints_that_are_not_there(self):
        door = self.door("endpoint=nowhere.invalid:80", "attempts=1")
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().status, 502)
        self.assert_ends(door, "failed", 502, "upstream-refused")
        door.until_counts(connects={"unresolved": 1}, busy=0)
        # Its backlog is full: a further connection is neither taken nor refused.
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            waiting = []
            for _ in range(4):
                one = socket.socket()
                one.setblocking(False)
                one.connect_ex(full.getsockname())
                waiting.append(one)
            door = self.door("endpoint=127.0.0.1:%d" % full.getsockname()[1], "connectMs=30", "attempts=1")
            client = self.client(door)
            client.post("/v1/completions", CHAT)
            self.assertEqual(client.response().status, 504)
            self.assert_ends(door, "failed", 504, "upstream-connect-timeout")
            door.until_counts(connects={"given-up": 1}, busy=0)
            for one in waiting:
                one.close()


if __name__ == "__main__":
    main()
