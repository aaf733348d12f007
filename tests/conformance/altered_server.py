"""A server whose answers are altered before they are sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs


@attrs.frozen
class Call:
    """A request: method, path and body, and whether it came with a key."""

    method: str
    path: str
    body: bytes
    has_key: bool


Alter = Callable[[Call, int, Any], tuple[int, Any]]
"""Returns the status and the body to send, as JSON, given the request, the status and the body that were answered."""


def altered(application: Any, alter: Alter) -> Any:
    """Return an ASGI application whose answers are altered; the body is None where it is no JSON."""

    async def altering(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        sent: list[Any] = []

        async def received() -> Any:
            return {"type": "http.request", "body": body}

        async def kept(message: Any) -> None:
            sent.append(message)

        await application(scope, received, kept)
        start, content = sent[0], b"".join(message.get("body", b"") for message in sent[1:])
        has_key = any(name == b"authorization" for name, _ in scope["headers"])
        status, made = alter(Call(scope["method"], scope["path"], body, has_key), start["status"], _read(content))
        if made is not None:
            content = json.dumps(made).encode()
        headers = [one for one in start["headers"] if one[0].lower() != b"content-length"]
        length = (b"content-length", str(len(content)).encode())
        await send({**start, "status": status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    return altering


def _read(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
