"""The types of an ASGI application, and the one thing that the mock's connection adds to a scope.

Written down here so that the mock needs no framework: see https://asgi.readthedocs.io/en/latest/specs/main.html.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
"""A request, without its body."""
Message: TypeAlias = MutableMapping[str, Any]
"""An event between server and application, such as `http.request` or `http.response.start`."""
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

TRANSPORT = "openrouter_mock.transport"
"""The ASGI extension in which the `asyncio.Transport` of a request's connection is found."""
