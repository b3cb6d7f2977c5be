# SPDX-License-Identifier: Apache-2.0
"""Streams of events: passed on as they come, watched for their first token and their usage."""
import threading

from door import DoorTest, main

ROLE = b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
TOKEN = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
USAGE = (b'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":2,"total_tokens":13,'
         b'"prompt_tokens_details":{"cached_tokens":8}}}\n\n')
DONE = b"data: [DONE]\n\n"


class Streams(DoorTest):
    def test_every_event_is_passed_on_at_once(self):
        def serve(call):
            call.stream()
            for event in (ROLE, TOKEN, USAGE, DONE):
                call.piece(event)
                seen.acquire(timeout=60)
            call.send(b"0\r\n\r\n")

        seen = threading.Semaphore(0)
        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.post()
        first, headers = client.head()
        self.assertEqual(headers["content-type"], "text/event-stream")
        for event in (ROLE, TOKEN, USAGE, DONE):
            self.assertEqual(client.chunk(), event)
            if event == ROLE:
                self.assertEqual(door.event("started", "first-token")["event"], "started")
            if event == TOKEN:
                door.event("first-token")
            seen.release()
        self.assertEqual(client.chunk(), b"")
        line = self.assert_ends(door, "completed", 200)
        self.assertEqual((line["prompt_tokens"], line["output_tokens"], line["cached_tokens"]), (11, 2, 8))

    def test_events_in_pieces_of_any_size(self):
        text = ROLE + TOKEN * 200 + USAGE + DONE
        for size in (1, 7, 100, 5000, len(text)):
            with self.subTest(size=size):
                def serve(call):
                    call.stream()
                    for i in range(0, len(text), size):
                        call.piece(text[i:i + size])
                    call.send(b"0\r\nX-Trailer: 1\r\n\r\n")

                door = self.door(self.endpoint(serve))
                client = self.client(door)
                client.post()
                response = client.response()
                self.assertEqual((response.body, response.clean), (text, True))
                door.event("first-token")
                self.assertEqual(self.assert_ends(door, "completed", 200)["prompt_tokens"], 11)

    def test_anthropic(self):
        events = [b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":25,'
                  b'"cache_read_input_tokens":5,"output_tokens":1}}}\n\n',
                  b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hello"}}\n\n',
                  b'event: x\ndata: {"pad":"' + b"x" * 3000 + b'"}\n\n',
                  b'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":15}}\n\n']

        def serve(call):
            call.stream("text/event-stream; charset=utf-8")
            for event in events:
                call.piece(event)
            call.send(b"0\r\n\r\n")

        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.post("/v1/messages")
        self.assertEqual(client.response().body, b"".join(events))
        door.event("first-token")
        line = self.assert_ends(door, "completed", 200)
        self.assertEqual((line["prompt_tokens"], line["output_tokens"], line["cached_tokens"]), (25, 15, 5))

    def streamed_tokens(self, pieces):
        """What the door says of a stream that begins with a token, which the client has before these follow."""
        def serve(call):
            call.stream()
            call.piece(ROLE)
            call.piece(TOKEN)
            go.acquire(timeout=60)
            for piece in pieces:
                call.piece(piece)
            call.send(b"0\r\n\r\n")

        go = threading.Semaphore(0)
        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.post()
        door.event("first-token")
        go.release()
        client.response()
        return self.assert_ends(door, "completed", 200).get("streamed_tokens")

    def test_tokens_of_a_stream_that_does_not_state_them(self):
        finish = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
        halves = [TOKEN[:20], TOKEN[20:]]
        crlf = TOKEN.replace(b"\n\n", b"\r\n\r\n")
        self.assertEqual(self.streamed_tokens([TOKEN] * 9 + [finish, DONE]), 10)
        self.assertEqual(self.streamed_tokens([TOKEN] * 999 + [finish + DONE]), 999, "the end is taken for two events")
        self.assertEqual(self.streamed_tokens([crlf] * 9 + [finish, DONE]), 10)
        self.assertEqual(self.streamed_tokens(halves * 9 + [DONE]), 10, "an event in two pieces")
        self.assertIsNone(self.streamed_tokens([TOKEN * 5] * 20 + [finish, DONE]), "many events in one piece")
        self.assertIsNone(self.streamed_tokens([TOKEN] * 9 + [USAGE, DONE]), "usage says it")

    def test_many_streams_at_once(self):
        def serve(call):
            call.stream()
            call.piece(TOKEN)
            go.wait(60)
            call.piece(USAGE)
            call.send(b"0\r\n\r\n")

        go = threading.Event()
        door = self.door(self.endpoint(serve), "threads=2")
        clients = [self.client(door) for _ in range(100)]
        for client in clients:
            client.post()
        for client in clients:
            client.head()
            self.assertEqual(client.chunk(), TOKEN)
        go.set()
        for client in clients:
            self.assertEqual(client.chunk(), USAGE)
            self.assertEqual(client.chunk(), b"")
        for _ in clients:
            self.assertEqual(self.assert_ends(door, "completed", 200)["prompt_tokens"], 11)


if __name__ == "__main__":
    main()
