"""HTTP/1.1 spoken by hand on asyncio streams: answers come in chunks, white space first."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import zlib
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts, token_lists
from .gateway import Gateway, listed
from .hosts import Call

SPECIAL = "raw asyncio, chunked answers that begin with white space, 50 per connection; any token id; letters in threes with places; 384"
KEY = "chunked-key"
BASE = "/proxy/api/v1"
_LENGTH, _CONTEXT = 384, 8192
_CHUNK, _PER_CONNECTION = 1000, 50


def _tokens(text: str) -> list[int]:
    """Return a number for each three letters of a text, from every second letter on."""
    return [zlib.crc32(text[start : start + 3].encode()) for start in range(0, len(text), 2)]


def _vector(tokens: list[int], length: int) -> list[float]:
    """Return waves of the tokens, turned a little by the order in which they come."""
    numbers = np.array([token % (2**31) for token in tokens], dtype=np.float64)[:, None] + 0.5
    grid = np.arange(1, _LENGTH + 1, dtype=np.float64)[None, :]
    order = np.arange(len(tokens))[:, None] % 64
    waves = np.sin(numbers * grid * 0.618034) + 0.15 * np.cos(numbers * (grid + order) * 0.7548777)
    total = waves.sum(axis=0)[:length]
    found: list[float] = (3 * total / np.linalg.norm(total)).tolist()
    return found


class Server(Gateway):
    """A gateway that keeps connections alive while it works."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed("stream/threes-384", "0.00000011", context_length=_CONTEXT),
        listed("stream/threes-384:x", "1e-6"),
    ]

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts or token ids of any size."""
        length = dimensions(body, _LENGTH)
        lists = token_lists(body)
        lists = [_tokens(text) for text in texts(body)] if lists is None else lists
        if max(map(len, lists)) > _CONTEXT:
            raise Refusal(400, f"input is longer than {_CONTEXT} tokens.")
        served = providers(body.get("provider"), ("Stream",), model["pricing"]["prompt"])
        found = [_vector(tokens, length) for tokens in lists]
        return self.answer(body, found, sum(map(len, lists)), provider=served[0], id=f"gen-{time.monotonic_ns()}")

    def write(self, document: dict[str, Any]) -> bytes:
        """Return `document` as JSON behind white space."""
        return b"\n         \n" + json.dumps(document).encode()


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "transfer-encoding" not in headers:
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    while length := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(length + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


async def _connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    server = Server()
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        for last in [False] * (_PER_CONNECTION - 1) + [True]:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head[:-4].split("\r\n")
            method, target, _ = first.split(" ")
            headers = {
                name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            body = await _body(reader, headers)
            path, _, query = target.partition("?")
            reply = server(Call(method, path, query, headers, body))
            given = {**reply.headers, "Transfer-Encoding": "chunked", "Connection": "close" if last else "keep-alive"}
            fields = "".join(f"{name}: {value}\r\n" for name, value in given.items())
            writer.write(f"HTTP/1.1 {hosts.status_line(reply.status)}\r\n{fields}\r\n".encode("latin-1"))
            if method != "HEAD":
                for start in range(0, len(reply.body), _CHUNK):
                    part = reply.body[start : start + _CHUNK]
                    writer.write(b"%x\r\n%b\r\n" % (len(part), part))
                writer.write(b"0\r\n\r\n")
            await writer.drain()


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.asyncio_streams(_connected)
