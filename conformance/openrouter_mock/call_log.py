"""The calls that a mock has received: what tests look at, and what the log and the status page show."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import attrs
import orjson

if TYPE_CHECKING:
    from .call import Call, Response

MAX_CALLS = 10_000
MAX_BYTES = 64 * 2**20
"""What is kept: so many calls, with so many bytes of headers and bodies; older calls are dropped first."""

_MAX_LENGTH = 200
_KEY_PATTERN = r"sk-[\w.~+/=-]+"
_CREDENTIALS = re.compile(r"(?i)(bearer|basic|token)\s+\S.*", re.DOTALL)

Redact = Callable[[str], str]


@attrs.define(eq=False)
class ReceivedCall:
    """A call as it was sent, without its keys."""

    method: str
    body: bytes = attrs.field(repr=False)
    """The body, byte for byte."""
    status: int
    """The status of the response; of the one held back, when a scenario breaks the connection."""
    scenario: str | None
    """The name of the scenario that was applied."""
    inputs: int
    """The number of inputs; 0 for an invalid call."""
    size: int
    """The bytes of its headers and its body, about."""
    time: float
    """When it was received, in Unix seconds."""
    _sent_path: str = attrs.field(repr=False, alias="sent_path")
    _sent_query: str = attrs.field(repr=False, alias="sent_query")
    _sent_headers: Mapping[str, str] = attrs.field(repr=False, alias="sent_headers")
    _sent_model: str | None = attrs.field(repr=False, alias="sent_model")
    _redact: Redact = attrs.field(repr=False, alias="redact")
    seconds: float = 0.0
    """Seconds until the response was sent."""

    # Keys are redacted when somebody looks: most calls of a mock are never looked at.

    @property
    def path(self) -> str:
        """The path, such as `/api/v1/embeddings`."""
        return self._redact(self._sent_path)

    @property
    def query(self) -> str:
        """The query string, without the question mark."""
        return self._redact(self._sent_query)

    @property
    def headers(self) -> Mapping[str, str]:
        """Header values by lower-case name; keys read `sk-…`."""
        return {name: self._header(name, value) for name, value in self._sent_headers.items()}

    @property
    def model(self) -> str | None:
        """The model: its id in the list, or what was asked for when there is none such."""
        return None if self._sent_model is None else self._redact(self._sent_model)

    def json(self) -> Any:
        """Return the body as a JSON value; raise `ValueError` when it is none."""
        return orjson.loads(self.body)

    def outline(self) -> dict[str, Any]:
        """Return what logs and the status page show: no body, no key, texts of bounded length."""
        headers = self.headers
        texts = {
            "title": headers.get("x-openrouter-title", headers.get("x-title")),
            "referer": headers.get("http-referer"),
            "categories": headers.get("x-openrouter-categories"),
        }
        return {
            "method": self.method,
            "path": self.path[:_MAX_LENGTH],
            "status": self.status,
            "milliseconds": round(self.seconds * 1000, 1),
            "model": self.model and self.model[:_MAX_LENGTH],
            "inputs": self.inputs,
        } | {name: text and text[:_MAX_LENGTH] for name, text in texts.items()}

    def _header(self, name: str, value: str) -> str:
        return _CREDENTIALS.sub(r"\1 sk-…", value) if name.endswith("authorization") else self._redact(value)


class CallLog(Sequence[ReceivedCall]):
    """The calls that a mock has received, the oldest first; those that were no valid HTTP are not among them."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        """Redact whatever looks like a key, and *keys*, wherever a caller may have put them."""
        self.total = 0
        """The number of calls received, also of those that are no longer kept."""
        self._calls: deque[ReceivedCall] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        longest_first = sorted(filter(None, keys), key=len, reverse=True)
        self._key = re.compile("|".join([*map(re.escape, longest_first), _KEY_PATTERN]))

    def add(self, call: Call, response: Response) -> ReceivedCall:
        """Add *call* with its *response*, and return what is kept of it."""
        received = ReceivedCall(
            method=call.method,
            body=call.body,
            status=response.status,
            scenario=call.scenario,
            inputs=len(call.inputs),
            size=len(call.body) + sum(len(name) + len(value) for name, value in call.headers.items()),
            time=time.time(),
            sent_path=call.path,
            sent_query=call.query,
            sent_headers=call.headers,
            sent_model=call.model.id if call.model else _requested_model(call),
            redact=self._redact,
        )
        with self._lock:
            self.total += 1
            self._calls.append(received)
            self._bytes += received.size
            while len(self._calls) > MAX_CALLS or (self._bytes > MAX_BYTES and len(self._calls) > 1):
                self._bytes -= self._calls.popleft().size
        return received

    def reset(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()
            self._bytes = self.total = 0

    @overload
    def __getitem__(self, index: int) -> ReceivedCall: ...
    @overload
    def __getitem__(self, index: slice) -> list[ReceivedCall]: ...
    def __getitem__(self, index: int | slice) -> ReceivedCall | list[ReceivedCall]:
        with self._lock:
            return self._calls[index] if isinstance(index, int) else list(self._calls)[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __repr__(self) -> str:
        return f"<{len(self)} calls: {', '.join(f'{each.method} {each.path} {each.status}' for each in self[-5:])}>"

    def _redact(self, text: str) -> str:
        return self._key.sub("sk-…", text)


def _requested_model(call: Call) -> str | None:
    """Return the requested model that was not found; an invalid body may have any value there."""
    requested = call.fields.get("model") if isinstance(call.fields, dict) else None
    return requested if isinstance(requested, str) else None
