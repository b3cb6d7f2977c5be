# SPDX-License-Identifier: Apache-2.0
"""TLS towards clients and endpoints, and API keys."""
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile

from door import Client, DoorTest, PATIENCE, main


class Secured(DoorTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.certificate, cls.key = cls.folder / "cert.pem", cls.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", cls.key, "-out",
                        cls.certificate], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def secure_door(self, *words):
        return self.door("certificateFile=%s" % self.certificate, "keyFile=%s" % self.key, *words)

    def secure_client(self, door, protocols=("http/1.1",), version=None, exact=False):
        """`exact`: an end without close_notify is an error."""
        context = ssl.create_default_context(cafile=self.certificate)
        if protocols:
            context.set_alpn_protocols(protocols)
        if version:
            context.maximum_version = version
            context.minimum_version = version
        plain = socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE)
        client = Client(context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=not exact))
        self.addCleanup(client.close)
        return client

    def wrap(self, connection, **more):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context.wrap_socket(connection, server_side=True, **more)

    def test_towards_clients(self):
        endpoint = self.endpoint(lambda call: call.answer(body=call.body_text))
        door = self.secure_door(endpoint)
        client = self.secure_client(door)
        self.assertEqual(client.socket.selected_alpn_protocol(), "http/1.1")
        body = b'{"model":"m","prompt":"' + b"x" * 300000 + b'"}'
        for _ in range(3):
            client.post("/v1/completions", body)
            self.assertTrue(client.response().body == body)
            self.assert_ends(door, "completed", 200)
        self.assertEqual(endpoint.call().headers["x-forwarded-proto"], "https")
        client = self.secure_client(door, (), ssl.TLSVersion.TLSv1_2)
        client.post()
        self.assertEqual(client.response().status, 200)
        self.assert_ends(door, "completed", 200)

    def test_what_is_no_tls(self):
        door = self.secure_door(self.endpoint())
        with self.assertRaises(ssl.SSLError):
            self.secure_client(door, ("h2",))
        client = self.client(door)
        client.get()
        client.rest()

    def test_towards_endpoints(self):
        endpoint = self.endpoint(lambda call: call.answer(body=call.body_text), wrap=self.wrap)
        door = self.door(endpoint, "upstreamTls=1", "upstreamCaFile=%s" % self.certificate)
        client = self.client(door)
        body = b'{"model":"m","prompt":"' + b"x" * 300000 + b'"}'
        for _ in range(3):
            client.post("/v1/completions", body)
            self.assertTrue(client.response().body == body)
            self.assert_ends(door, "completed", 200)
        self.assertEqual(endpoint.connections, 1)

    def test_an_endpoint_nobody_vouches_for(self):
        for words in (["upstreamTls=1"], ["upstreamTls=1", "upstreamCaFile=%s" % self.certificate, "upstreamServerName=other"]):
            door = self.door(self.endpoint(wrap=self.wrap), *words)
            client = self.client(door)
            client.post()
            response = client.response()
            self.assertEqual((response.status, response.error()["code"]), (502, "upstream-tls"))
            self.assert_ends(door, "failed", 502, "upstream-tls")
        door = self.door(self.endpoint(wrap=self.wrap), "upstreamTls=1", "upstreamVerify=0")
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().status, 200)
        self.assert_ends(door, "completed", 200)

    def test_an_endpoint_that_wants_a_certificate(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.certificate)
            context.load_cert_chain(self.certificate, self.key)
            context.verify_mode = ssl.CERT_REQUIRED
            context.minimum_version = context.maximum_version = version
            endpoint = self.endpoint(lambda call: call.answer(body=json.dumps(dict(call.socket.getpeercert()["subject"][0])).encode()),
                                     wrap=lambda connection: context.wrap_socket(connection, server_side=True))
            trust = ["upstreamTls=1", "upstreamCaFile=%s" % self.certificate, "connectMs=%d" % (PATIENCE * 1000)]
            with self.subTest(version):
                door = self.door(endpoint, "upstreamCertificateFile=%s" % self.certificate, "upstreamKeyFile=%s" % self.key, *trust)
                client = self.client(door)
                client.post()
                response = client.response()
                self.assertEqual((response.status, response.json()), (200, {"commonName": "localhost"}))
                self.assert_ends(door, "completed", 200)
                # Without one nothing is ever asked of it. TLS 1.3 says so only after the client's side of the handshake.
                endpoint.call()
                door = self.door(endpoint, *trust)
                client = self.client(door)
                client.post()
                code = client.response().error()["code"]
                self.assertIn(code, ("upstream-tls",) if version == ssl.TLSVersion.TLSv1_2 else ("upstream-tls", "upstream-reset"))
                self.assert_ends(door, "failed", 502, code)
                self.assertTrue(endpoint.calls.empty())

    def test_too_many_connections(self):
        door = self.secure_door(self.endpoint(), "connections=1")
        first = self.secure_client(door)
        first.post()
        self.assertEqual(first.response().status, 200)
        self.assert_ends(door, "completed", 200)
        second = self.secure_client(door, exact=True)
        second.post()  # it may have begun to ask before it could know
        response = second.response()
        self.assertEqual((response.status, response.error()["code"]), (503, "too-many-connections"))
        self.assertEqual((response.headers["connection"], response.headers["retry-after"]), ("close", "1"))
        self.assert_ends(door, "rejected", 503, "too-many-connections")
        self.assertEqual(second.rest(), b"")
        second.close()
        door.until_counts(open=1, closed={"limit": 1}, handshakes={"good": 2})
        first.post()
        self.assertEqual(first.response().status, 200, "the one that is there is served on")
        self.assert_ends(door, "completed", 200)

    def test_telling_has_a_limit_too(self):
        door = self.secure_door(self.endpoint(), "connections=1")
        silent = [self.client(door) for _ in range(200)]
        # Nobody speaks: one is served, 64 may still say hello, one is being looked at, the others are closed at once.
        while (seen := door.counts())["accepted"] < len(silent):
            self.assertLessEqual(seen["open"], 66)
        self.assertLessEqual(seen["open"], 66)
        # Those that were waited for do not stay.
        door.until_counts(open=1, closed={"limit": len(silent) - 1})

    def test_farewells_to_clients(self):
        door = self.secure_door(self.endpoint(), "idleMs=30")
        client = self.secure_client(door, exact=True)
        self.assertEqual(client.rest(), b"", "idle for too long")
        door = self.secure_door(self.endpoint())
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            client = self.secure_client(door, version=version, exact=True)
            client.get(headers=[("Connection", "close")])
            self.assertEqual(client.response().status, 200)
            self.assert_ends(door, "completed", 200)
            self.assertEqual(client.rest(), b"")
        client = self.secure_client(door, exact=True)
        client.send(b"nonsense\r\n\r\n")
        self.assertEqual(client.response().status, 400)
        self.assert_ends(door, "rejected", 400, "malformed-request")
        self.assertEqual(client.rest(), b"", "it lingers")
        client = self.secure_client(door, exact=True)
        client.post()
        self.assertEqual(client.response().status, 200)
        self.assert_ends(door, "completed", 200)
        door.say("drain")
        self.assertEqual(client.rest(), b"")

    def test_no_farewell_where_something_is_missing(self):
        def broken(call):
            call.stream()
            call.piece(b"half")
            return "close"

        door = self.secure_door(self.endpoint(broken))
        client = self.secure_client(door, exact=True)
        client.post()
        with self.assertRaises(ssl.SSLEOFError):
            client.rest()
        self.assert_ends(door, "failed", 200, "upstream-aborted")

    def test_farewells_to_endpoints(self):
        def serve(call):
            call.answer()
            try:
                return "close", call.socket.recv(1)
            except ssl.SSLError as problem:
                return "close", problem

        endpoint = self.endpoint(serve, wrap=lambda connection: self.wrap(connection, suppress_ragged_eofs=False))
        door = self.door(endpoint, "upstreamTls=1", "upstreamCaFile=%s" % self.certificate)
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().status, 200)
        self.assert_ends(door, "completed", 200)
        door.until_counts(idle=1)
        door.say("drain")
        self.assertEqual(endpoint.result(), ("close", b""))

    def test_api_keys(self):
        keys = self.folder / "keys"
        keys.write_text("# ours\nsecret-1\n\n  secret-2  \n")
        upstream = self.folder / "upstream"
        upstream.write_text("theirs\n")
        endpoint = self.endpoint()
        door = self.door(endpoint, "apiKeysFile=%s" % keys, "upstreamApiKeyFile=%s" % upstream)
        client = self.client(door)
        for header in ([], [("Authorization", "Bearer wrong")], [("x-api-key", "secret")], [("Authorization", "Basic secret-1")],
                       [("Authorization", "Bearer # ours")]):
            client.post(headers=header)
            response = client.response()
            self.assertEqual((response.status, response.error()["code"]), (401, "unauthorized"))
            self.assertEqual(response.headers["www-authenticate"], "Bearer")
            self.assert_ends(door, "rejected", 401, "unauthorized")
            client = self.client(door)
        for header in (("Authorization", "Bearer secret-1"), ("x-api-key", "secret-2")):
            client.post(headers=[header])
            self.assertEqual(client.response().status, 200)
            headers = endpoint.call().headers
            self.assertEqual(headers["authorization"], "Bearer theirs")
            self.assertNotIn("x-api-key", headers)
            decided = door.event("decide")["headers"]
            self.assertNotIn("authorization", decided)
            self.assertNotIn("x-api-key", decided)
            self.assert_ends(door, "completed", 200)


if __name__ == "__main__":
    main()
