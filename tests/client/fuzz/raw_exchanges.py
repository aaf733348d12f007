"""A server that breaks HTTP at the level of bytes and sockets, and calls to it over real connections."""

from __future__ import annotations

import asyncio
import gzip
import random
import socket
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple, Self

from client.fuzz.answers import valid_answers
from client.fuzz.secrets_planted import CREDENTIALS, DOCUMENTED, Credentials, problem_with, problem_with_text, spelled
from openrouter_embeddings import EmbeddingsRequest, create_embeddings

DEADLINE = 0.3
"""Seconds for one call."""

_LATE = 10.0
"""Seconds beyond the deadline that count as a call without end; a busy machine takes its time."""

_LONGEST_SEND = 2.0
"""Seconds after which the server gives up a connection that nobody closes."""

Step = tuple[str, Any]


class Exchange(NamedTuple):
    """One exchange: whose secrets it carries, how it is called, and what the server does."""

    credentials: Credentials
    call: str
    kind: str
    asked: EmbeddingsRequest
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        steps = "\n".join(f"  {name} {repr(value)[:1500]}" for name, value in self.steps)
        return f"{self.call}, with {self.credentials.name}, {self.kind}:\n{steps}"


class Server:
    """Takes the steps of an exchange after it has read a whole request; the path of the request names the exchange."""

    def __init__(self) -> None:
        self._steps: dict[str, tuple[Step, ...]] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def expect(self, number: int, steps: tuple[Step, ...]) -> str:
        """Return the base URL of an exchange."""
        self._steps[f"/{number}/"] = steps
        return f"{self.url}/{number}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_LONGEST_SEND)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection:
                while path := _read_request(connection):
                    ends = time.monotonic() + _LONGEST_SEND
                    if not _take(connection, self._steps[path[: path.index("/", 1) + 1]], ends):
                        return
        except OSError:
            return


def _read_request(connection: socket.socket) -> str:
    """Return the path of the next request, read to its end; nothing when there is none."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return ""
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return ""
        body += piece
    return head.split()[1].decode()


def _take(connection: socket.socket, steps: tuple[Step, ...], ends: float) -> bool:
    """Take the steps; return whether the connection stays open."""
    for name, value in steps:
        if name == "send":
            connection.sendall(value)
        elif name == "drip":
            for byte in value:
                connection.sendall(bytes([byte]))
                _wait(0.02, ends)
        elif name == "repeat":
            while time.monotonic() < ends:
                connection.sendall(value)
        elif name == "silence":
            _wait(value, ends)
        elif name == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        elif name == "half-close":
            connection.shutdown(socket.SHUT_WR)
    return bool(steps) and steps[-1][0] == "keep"


def _wait(seconds: float, ends: float) -> None:
    threading.Event().wait(min(seconds, max(0.0, ends - time.monotonic())))


def make_exchange(seed: int, number: int) -> Exchange:
    """Return an exchange, the same for the same numbers."""
    rng = random.Random(f"{seed}:exchanges:{number}")
    credentials = rng.choice(CREDENTIALS)
    answer = rng.choice([answer for answer in valid_answers() if answer.asked])
    secret = spelled(rng, rng.choice(credentials.secrets(secured=True))).encode()
    kind = rng.choice(_KINDS)
    asked = answer.asked
    assert asked is not None
    status = b"200 OK" if answer.status == 200 else b"%d Error" % answer.status
    steps = tuple(kind(rng, status, answer.content, secret))
    if rng.random() < 0.15:
        steps = tuple((name, _damaged(rng, value) if isinstance(value, bytes) else value) for name, value in steps)
    call = rng.choice(["sync", "sync", "sync_detailed", "asyncio"])
    return Exchange(credentials, call, kind.__name__, asked, steps)


def run_exchange(exchange: Exchange, server: Server, number: int, outcomes: Counter[str]) -> str | None:
    """Make the call; return what is wrong with what came of it, or None."""
    started = time.monotonic()
    secrets = exchange.credentials.secrets(secured=True)
    url = server.expect(number, exchange.steps)
    settings: dict[str, Any] = {"timeout": DEADLINE, "deadline": DEADLINE, "max_response_bytes": 200_000}
    problem: str | None = None
    try:
        result: Any = _called(exchange, url, settings)
    except BaseException as error:  # noqa: BLE001 - whatever escapes is what is looked for
        known = (documented.__name__ for documented in DOCUMENTED if isinstance(error, documented))
        outcomes[next(known, type(error).__name__)] += 1
        problem = problem_with(error, secrets)
    else:
        carried = getattr(result, "error", None)
        outcomes["result" if carried is None else next(c.__name__ for c in DOCUMENTED if isinstance(carried, c))] += 1
        if carried is not None:
            shown = repr([result, result.headers.raw, result.content])
            problem = problem_with(carried, secrets) or problem_with_text("the detailed response", shown, secrets)
    took = time.monotonic() - started
    outcomes["slower than twice the deadline"] += took > 2 * DEADLINE
    return problem or (f"took {took:.1f} s with a deadline of {DEADLINE} s" if took > DEADLINE + _LATE else None)


def _called(exchange: Exchange, url: str, settings: dict[str, Any]) -> Any:
    if exchange.call == "asyncio":

        async def call() -> Any:
            async with exchange.credentials.client(url, **settings) as client:
                return await create_embeddings.asyncio(client=client, body=exchange.asked)

        return asyncio.run(call())
    operation = getattr(create_embeddings, exchange.call)
    with exchange.credentials.client(url, **settings) as client:
        first = operation(client=client, body=exchange.asked)
        return operation(client=client, body=exchange.asked) if exchange.kind == "more_than_announced" else first


# Kinds of exchanges. Each gives the steps of the server, from the status and the body of an answer and a secret.

Kind = Callable[[random.Random, bytes, bytes, bytes], list[Step]]


def _response(status: bytes, body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


def _damaged(rng: random.Random, content: bytes) -> bytes:
    """Return bytes with one place changed."""
    place = rng.randrange(len(content) + 1)
    piece = rng.choice([b"", b"\0", b"\r\n", b"\n", b"\xff", b":", b" " * 50, b"HTTP/1.1 ", rng.randbytes(3)])
    return content[:place] + piece + content[place + rng.randrange(3) :]


def as_it_should(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """The whole response, sometimes in pieces."""
    whole = _response(status, body, b"Content-Type: application/json")
    cut = rng.randrange(len(whole))
    return [("send", whole[:cut]), ("send", whole[cut:]), ("keep", None)]


def broken_status_line(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """A first line that is none, or holds the secret."""
    line = rng.choice(
        [
            b"HTTP/1.1 " + secret, secret, b"HTTP/1.1", b"HTTP/9.9 200 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"",
            b"ICY 200 OK", b"HTTP/1.1 200", b"HTTP/1.1 -1 OK", b"\0" * 20, b"HTTP/1.1 200 " + b"x" * 70_000, b"HTTP/2 200",
            b"HTTP/1.0 200 OK", b"HTTP/1.1 999 " + secret, b"HTTP/1.1 \xff\xfe\xfd OK", b"GET / HTTP/1.1", b"HTTP/1.1 000 x",
            b"HTTP/1.1 401 No user for " + secret, b"HTTP/1.1 200 " + secret, b"\x16\x03\x01\x02\x00\x01",
        ]
    )  # fmt: skip
    return [("send", line + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)]


def bad_chunks(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """Chunks with wrong sizes, extensions, trailers, or no end."""
    size = b"%x" % len(body)
    chunks = rng.choice(
        [
            size + b"\r\n" + body + b"\r\n0\r\n\r\n", size + b";x=" + secret + b"\r\n" + body + b"\r\n0\r\n\r\n",
            size + b"\r\n" + body, size + b"\r\n" + body + b"\r\n", b"ffffffffffffffffffff\r\n" + body, b"-1\r\n" + body,
            b"zz\r\n" + body, secret + b"\r\n" + body, b"0\r\n\r\n", b"1\r\n" + body, size + b"\n" + body + b"\n0\n\n",
            b"0" * 70_000, size + b"\r\n" + body + b"\r\n0\r\nX-Trailer: " + secret + b"\r\n\r\n", b" 5 \r\nabcde\r\n",
            size + b"\r\n" + body + b"\r\n0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", b"",
            b"".join(b"1\r\n%c\r\n" % letter for letter in body[:3000]) + b"0\r\n\r\n",
        ]
    )  # fmt: skip
    return [("send", b"HTTP/1.1 " + status + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)]


def truncated(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """A response that ends early, by a close, a reset, a half-close or silence."""
    whole = _response(status, body, b"X-Echo: " + secret)
    end: Step = rng.choice([("close", None), ("reset", None), ("half-close", None)])
    return [("send", whole[: rng.randrange(len(whole))]), end]


def wrong_length(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """A length that is not the body's, or none at all."""
    length = rng.choice(
        [b"%d" % (len(body) + rng.choice([-1, 1, -100, 5000])), b"-1", b"x", b"9" * 40, b"", b"0x10", b"1,1", b"1_0",
         b"5, 5", b"+5", secret, b" 5", b"\xb2", b"%d" % 2**63]
    )  # fmt: skip
    return [("send", b"HTTP/1.1 " + status + b"\r\nContent-Length: " + length + b"\r\n\r\n" + body)]


def more_than_announced(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """A whole response and then more: noise, or a second response that nobody asked for."""
    more = rng.choice([b"\r\n", b"x", _response(b"200 OK", b'{"error":{"message":"' + secret + b'"}}'), b"\0" * 5000])
    return [("send", _response(status, body) + more), ("keep", None)]


def compression_lies(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """A body that is not compressed as its header says."""
    coding = rng.choice(
        [b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"identity", b"GZIP", b"x-gzip", b"", secret]
    )
    packed = gzip.compress(body)
    content = rng.choice(
        [body, packed, zlib.compress(body), packed[: len(packed) // 2], packed + packed, packed[:-8] + bytes(8), b"",
         gzip.compress(bytes(500_000)), gzip.compress(packed), b"\x1f\x8b" + rng.randbytes(50), b"\x28\xb5\x2f\xfd" + body,
         packed[:10] + b"\0\0\0\xff\xff" * 5000, packed + rng.randbytes(30)]
    )  # fmt: skip
    return [("send", _response(status, content, b"Content-Encoding: " + coding)), ("keep", None)]


def odd_headers(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """Headers that are doubled, contradictory, no headers, or hold the secret."""
    headers = rng.choice(
        [
            [b"Content-Length: %d" % (len(body) + 1)], [b"Content-Length: %d" % len(body)], [b"Bad header " + secret],
            [b"Transfer-Encoding: chunked"], [b"Transfer-Encoding: gzip, chunked"], [b": no name"], [b"X-Echo: " + secret],
            [b"X\0: y"], [b"X: \0"], [b"X: \xff\xfe"], [secret + b": 1"], [b" folded: x", b" y"], [b"X : y"], [b"\xe9: 1"],
            [b"Retry-After: 1", b"Retry-After: soon"], [b"Content-Encoding: gzip", b"Content-Encoding: identity"],
            [b"Set-Cookie: a=" + secret], [b"Location: " + secret], [b"Connection: close, keep-alive, " + secret],
            [b"CF-Ray: " + secret, b"CF-Ray: 2"], [b"Upgrade: websocket", b"Connection: upgrade"], [b"X: " + secret + b"\n"],
        ]
    )  # fmt: skip
    return [("send", _response(status, body, *headers)), ("keep", None)]


def header_bomb(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """A head that is far too long."""
    line = rng.choice([b"X-Echo: " + secret + b"\r\n", b"X: " + b"y" * 8000 + b"\r\n", b"X" * 8000])
    start: Step = ("send", b"HTTP/1.1 " + status + b"\r\n")
    return [start, rng.choice([("send", line * rng.choice([10, 200, 3000])), ("repeat", line * 20)])]


def informational_flood(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """Responses that only announce one, some or without end."""
    code = rng.choice([b"100 Continue", b"103 Early Hints", b"102 Processing", b"199 " + secret, b"101 Switching"])
    one = b"HTTP/1.1 " + code + b"\r\nLink: " + secret + b"\r\n\r\n"
    return rng.choice([[("send", one * rng.choice([1, 3, 500]) + _response(status, body))], [("repeat", one * 50)]])


def dripping(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """Byte after byte, in the head or in the body."""
    whole = _response(status, b" " * 200 + body, b"X-Echo: " + secret)
    cut = rng.choice([0, 5, 30, len(whole) - len(body), len(whole) - 3])
    return [("send", whole[:cut]), ("drip", whole[cut:])]


def endless_body(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """A body without end, of white space, chunks, or compressed nothing."""
    head = b"HTTP/1.1 " + status + b"\r\nX-Echo: " + secret + b"\r\n"
    return rng.choice(
        [
            [("send", head + b"\r\n" + body), ("repeat", b" " * 20_000)],
            [("send", head + b"Transfer-Encoding: chunked\r\n\r\n"), ("repeat", b"1000\r\n" + b" " * 4096 + b"\r\n")],
            [("send", head + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10]), ("repeat", b"\0\0\0\xff\xff" * 900)],
            [("send", head + b"Transfer-Encoding: chunked\r\n\r\n1;"), ("repeat", b"x" * 20_000)],
        ]
    )  # fmt: skip


def silence(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """Nothing, or nothing more, for longer than anybody waits."""
    whole = _response(status, body)
    return [("send", whole[: rng.choice([0, 0, 12, len(whole) - 1])]), ("silence", 1.0)]


def early_end(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """No response at all."""
    return [rng.choice([("close", None), ("reset", None), ("half-close", None)])]


def noise(rng: random.Random, status: bytes, body: bytes, secret: bytes) -> list[Step]:
    """Bytes of no meaning, and the secret among them."""
    return [("send", rng.randbytes(rng.choice([1, 10, 1000])) + secret + b"\r\n\r\n" + rng.randbytes(20))]


_SLOW: tuple[Kind, ...] = (dripping, silence, endless_body)
_FAST: tuple[Kind, ...] = (
    as_it_should, broken_status_line, bad_chunks, truncated, wrong_length, more_than_announced, compression_lies,
    odd_headers, header_bomb, informational_flood, early_end, noise,
)  # fmt: skip
_KINDS: tuple[Kind, ...] = (*_FAST, *_FAST, *_FAST, *_SLOW)
"""Those that take as long as the deadline are rarer."""
