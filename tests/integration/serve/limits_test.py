# SPDX-License-Identifier: Apache-2.0
"""Limits of size, number and time."""
from door import CHAT, DoorTest, main


class Limits(DoorTest):
    def test_a_header_that_never_ends(self):
        door = self.door(self.endpoint(), "headerMs=50")
        client = self.client(door)
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        response = client.response()
        self.assertEqual((response.status, response.error()["code"]), (408, "request-timeout"))
        self.assertEqual(client.rest(), b"")
        self.assert_ends(door, "rejected", 408, "request-timeout")

    def test_a_header_drop_by_drop(self):
        door = self.door(self.endpoint(), "headerMs=200")
        client = self.client(door)
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        client.socket.settimeout(0.02)
        answered = b""
        while not answered:
            try:
                client.send(b"X-A: b\r\n")
                answered = client.socket.recv(4096)
            except TimeoutError:
                continue
        self.assertIn(b" 408 ", answered)
        self.assert_ends(door, "rejected", 408, "request-timeout")

    def test_a_body_that_never_ends(self):
        door = self.door(self.endpoint(), "bodyMs=50")
        for path in ("/v1/completions", "/other"):
            client = self.client(door)
            client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{" % path.encode())
            response = client.response()
            self.assertEqual((response.status, response.error()["code"]), (408, "request-timeout"))
            self.assert_ends(door, "rejected", 408, "request-timeout")

    def test_an_idle_connection_ends(self):
        door = self.door(self.endpoint(), "idleMs=50")
        client = self.client(door)
        self.assertEqual(client.rest(), b"")
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().status, 200)
        self.assertEqual(client.rest(), b"")
        self.assert_ends(door, "completed", 200)

    def test_an_endpoint_that_hangs(self):
        def serve(call):
            call.gone()
            return "gone"

        endpoint = self.endpoint(serve)
        door = self.door(endpoint, "responseHeaderMs=50")
        client = self.client(door)
        client.post()
        response = client.response()
        self.assertEqual((response.status, response.error()["code"]), (504, "upstream-timeout"))
        self.assertEqual(endpoint.result(), "gone")
        door.event("attempt-failed")
        self.assert_ends(door, "failed", 504, "upstream-timeout")

    def test_an_endpoint_that_stalls(self):
        def serve(call):
            call.stream()
            call.piece(b"data: 1\n\n")
            call.gone()
            return "gone"

        door = self.door(self.endpoint(serve), "responseIdleMs=50")
        client = self.client(door)
        client.post()
        response = client.response()
        self.assertEqual((response.status, response.body, response.clean), (200, b"data: 1\n\n", False))
        self.assert_ends(door, "failed", 200, "upstream-stalled")

    def test_a_client_that_does_not_read(self):
        def serve(call):
            call.stream()
            try:
                while True:
                    call.piece(b"x" * 60000)
            except OSError:
                return "gone"

        endpoint = self.endpoint(serve)
        door = self.door(endpoint, "writeMs=100")
        client = self.client(door)
        client.post()
        self.assert_ends(door, "cancelled", 200, "client-gone")
        self.assertEqual(endpoint.result(), "gone")

    def test_a_header_that_is_too_long(self):
        door = self.door(self.endpoint(), "headerBytes=2048")
        for head in (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"A%d: b\r\n" % i for i in range(2000)) + b"\r\n"):
            client = self.client(door)
            client.send(head)
            response = client.response()
            self.assertEqual((response.status, response.error()["code"]), (431, "header-too-large"))
            self.assert_ends(door, "rejected", 431, "header-too-large")
        client = self.client(door)
        client.get(headers=[("X-Long", "a" * 1500)])
        self.assertEqual(client.response().status, 200)
        self.assert_ends(door, "completed", 200)

    def test_large_headers_within_the_limit(self):
        endpoint = self.endpoint()
        door = self.door(endpoint)
        client = self.client(door)
        client.get(headers=[("X-Long", "a" * 30000)])
        self.assertEqual(client.response().status, 200)
        self.assertEqual(len(endpoint.call().headers["x-long"]), 30000)
        self.assert_ends(door, "completed", 200)

    def test_a_body_that_is_too_long(self):
        door = self.door(self.endpoint(), "bodyBytes=1000")
        for path in ("/v1/completions", "/other"):
            client = self.client(door)
            client.post(path, b"a" * 1001)
            response = client.response()
            self.assertEqual((response.status, response.error()["code"]), (413, "body-too-large"))
            self.assert_ends(door, "rejected", 413, "body-too-large")
            client = self.client(door)
            client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" % path.encode())
            client.send(b"3e9\r\n" + b"a" * 1001 + b"\r\n0\r\n\r\n")
            response = client.response()
            self.assertEqual((response.status, response.error()["code"]), (413, "body-too-large"))
            self.assert_ends(door, "rejected", 413, "body-too-large")

    def test_too_many_connections(self):
        door = self.door(self.endpoint(), "connections=2")
        first = self.client(door)
        second = self.client(door)
        for client in (first, second):
            client.post()
            self.assertEqual(client.response().status, 200)
            self.assert_ends(door, "completed", 200)
        third = self.client(door)
        response = third.response()
        self.assertEqual((response.status, response.error()["code"]), (503, "too-many-connections"))
        self.assert_ends(door, "rejected", 503, "too-many-connections")

    def test_wrong_bodies(self):
        door = self.door(self.endpoint())
        client = self.client(door)
        cases = [(b"", None, "is empty"), (b"{", None, "not valid JSON"), (b"[]", None, "must be a JSON object"),
                 (b"{}", "model", "names no model"), (b'{"model":1}', "model", "must be a string"),
                 (b'{"model":"m","messages":[{"content":7}]}', "messages[0].content", "must be a string or a list"),
                 (b'{"model":"m","max_tokens":-1}', "max_tokens", "0 or more"),
                 (b'{"model":"m","stream":"yes"}', "stream", "true or false")]
        for body, param, words in cases:
            with self.subTest(body=body):
                client.post(body=body)
                response = client.response()
                error = response.error()
                self.assertEqual((response.status, error["code"], error["param"], error["type"]),
                                 (400, "invalid-request", param, "invalid_request_error"))
                self.assertIn(words, error["message"])
                self.assert_ends(door, "rejected", 400, "invalid-request")
        client.post(headers=[("x-slo-ttft-ms", "soon")])
        self.assertEqual(client.response().error()["param"], "x-slo-ttft-ms")
        self.assert_ends(door, "rejected", 400, "invalid-request")
        client.post("/v1/messages", b"{}")
        answer = client.response().json()
        self.assertEqual((answer["type"], answer["error"]["type"]), ("error", "invalid_request_error"))
        self.assert_ends(door, "rejected", 400, "invalid-request")
        client.post(body=CHAT)
        self.assertEqual(client.response().status, 200, "all on one connection")
        self.assert_ends(door, "completed", 200)


if __name__ == "__main__":
    main()
