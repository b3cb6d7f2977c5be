# SPDX-License-Identifier: Apache-2.0
"""Requests that two readers could read differently: none gets past the door."""
from door import DoorTest, main

BAD = [
    (b"GET / HTTP/1.1\r\n\r\n", "no Host"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "two Hosts"),
    (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "no host name"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\n 2\r\n\r\n", "folded line"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nA : 1\r\n\r\n", "space before the colon"),
    (b"GET / HTTP/1.1\r\nHost: a\r\n A: 1\r\n\r\n", "space before the name"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nA\r\n\r\n", "no colon"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n", "a zero byte"),
    (b"GET / HTTP/1.1\nHost: a\n\n", "bare line feeds"),
    (b"GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n", "a bare line feed"),
    (b"GET / HTTP/1.1\r\nHost: a\rA: b\r\n\r\n", "a bare carriage return"),
    (b"GET /\r\nHost: a\r\n\r\n", "HTTP/0.9"),
    (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "HTTP/2.0"),
    (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "two spaces"),
    (b"GET path HTTP/1.1\r\nHost: a\r\n\r\n", "no path"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length and chunks"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", "chunks and length"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "two lengths"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na", "a list of lengths"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", "a sign"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na", "not decimal"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "negative"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "beyond 64 bits"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", "empty length"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "another coding"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", "a coding nobody knows"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", "identity"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "chunked twice"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", "vertical tab"),
    (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "chunks in HTTP/1.0"),
]
BAD_CHUNKS = [b"z\r\n", b"-1\r\na\r\n", b"1\r\nab\r\n", b"1\na\n0\n\n", b"11111111111111111\r\n", b"1 \x00\r\na\r\n", b"\r\n"]


class Malformed(DoorTest):
    def refused(self, door, data, code="malformed-request", status=400):
        client = self.client(door)
        client.send(data + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        response = client.response()
        self.assertEqual((response.status, response.error()["code"]), (status, code))
        self.assertEqual(client.rest(), b"", "nothing behind it is answered")
        self.assert_ends(door, "rejected", status, code)

    def test_table(self):
        endpoint = self.endpoint()
        door = self.door(endpoint)
        for data, why in BAD:
            with self.subTest(why):
                self.refused(door, data)
        self.assertTrue(endpoint.calls.empty(), "an endpoint saw something")

    def test_bad_chunks(self):
        for path in (b"/v1/completions", b"/other"):
            endpoint = self.endpoint()
            door = self.door(endpoint)
            for chunk in BAD_CHUNKS:
                with self.subTest(path=path, chunk=chunk):
                    self.refused(door, b"POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%s" % (path, chunk))

    def test_methods_and_expectations(self):
        door = self.door(self.endpoint())
        self.refused(door, b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "malformed-request")
        self.refused(door, b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "method-not-allowed", 405)
        client = self.client(door)
        client.get(headers=[("Expect", "the worst")])
        self.assertEqual(client.response().status, 417)
        self.assert_ends(door, "rejected", 417, "expectation-failed")

    def test_what_is_good(self):
        endpoint = self.endpoint()
        door = self.door(endpoint)
        for data, target in ((b"GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n", "/b?c"), (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "*"),
                             (b"\r\n\r\nGET /a HTTP/1.1\r\nHost:\r\n\r\n", "/a"), (b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "/a")):
            client = self.client(door)
            client.send(data)
            self.assertEqual(client.response().status, 200)
            self.assertEqual(endpoint.call().target, target)
            self.assert_ends(door, "completed", 200)

    def test_every_way_to_cut_a_request(self):
        """Wherever the network cuts it, it is the same request."""
        endpoint = self.endpoint(lambda call: call.answer(body=call.body_text))
        door = self.door(endpoint)
        body = b'{"model":"m","prompt":"x"}'
        text = (b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
                + b"5\r\n" + body[:5] + b"\r\n%x\r\n" % len(body[5:]) + body[5:] + b"\r\n0\r\n\r\n")
        client = self.client(door)
        for cut in range(1, len(text), 3):
            client.send(text[:cut])
            client.send(text[cut:])
            self.assertEqual(client.response().body, body)
            self.assert_ends(door, "completed", 200)
        for byte in text:
            client.send(bytes([byte]))
        self.assertEqual(client.response().body, body)
        self.assert_ends(door, "completed", 200)


if __name__ == "__main__":
    main()
