"""What passes through the mock: a call on its way in, a response or an error on its way out."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, TypeGuard

import attrs

from . import tokens as tokenizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import orjson

    from .catalog import Endpoint, Model


class HTTPError(Exception):
    """Ends the answering of a call: the response is an error body with this status and message."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        metadata: dict[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.metadata = metadata
        self.headers = dict(headers or {})


def unauthorized(message: str) -> HTTPError:
    """Return the error for a call whose key is missing or unknown."""
    return HTTPError(401, f"Authorization: {message}", headers={"WWW-Authenticate": "Bearer"})


@attrs.frozen
class Medium:
    """The bytes of one medium within an input."""

    kind: str
    """`image`, `audio`, `video` or `file`."""
    content: bytes = attrs.field(repr=False)
    """The decoded bytes, or the URL as it was sent: nothing is ever fetched."""

    def __len__(self) -> int:
        return len(self.content)


@attrs.frozen
class Input:
    """One thing to embed."""

    source: str | tuple[int, ...] | tuple[str | Medium, ...]
    """A text, token ids, or the parts of a multimodal input; equal inputs have equal sources."""
    path: str = "input"
    """Its place in the request body, for messages: `input` or `input.3`."""
    position: int = 0
    """Its index in the batch, from 0."""

    @functools.cached_property
    def tokens_by_kind(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Its token ids part by part, each with the kind of the part: `text` or that of a medium."""
        if isinstance(self.source, str):
            return (("text", tokenizer.tokenize(self.source)),)
        if is_token_ids(self.source):
            return (("text", self.source),)
        return tuple(_part_tokens(part) for part in self.source if not isinstance(part, int))

    @property
    def texts(self) -> tuple[str, ...]:
        """Its texts, one per part."""
        if isinstance(self.source, str):
            return (self.source,)
        return tuple(part for part in self.source if isinstance(part, str))

    @property
    def size(self) -> int:
        """The memory that its source takes in bytes, approximately."""
        parts = (self.source,) if isinstance(self.source, str) else self.source
        return sum(len(part) if isinstance(part, Medium) else 8 + sys.getsizeof(part) for part in parts)

    @property
    def tokens(self) -> tuple[int, ...]:
        """All its token ids."""
        return tuple(token for _, some in self.tokens_by_kind for token in some)


def is_token_ids(source: str | tuple[int, ...] | tuple[str | Medium, ...]) -> TypeGuard[tuple[int, ...]]:
    """Return whether the source of an input is a list of token ids."""
    return isinstance(source, tuple) and isinstance(source[0], int)


def _part_tokens(part: str | Medium) -> tuple[str, tuple[int, ...]]:
    if isinstance(part, str):
        return "text", tokenizer.tokenize(part)
    return part.kind, tokenizer.tokenize_bytes(part.kind, part.content)


@attrs.frozen
class Embedded:
    """An input's encoded vector, and its token counts."""

    embedding: orjson.Fragment
    """The JSON value of `embedding`."""
    tokens: Mapping[str, int]
    """Token counts of the input by kind of part: `text`, `image`, …"""


@attrs.define
class Response:
    """A complete HTTP response."""

    status: int
    headers: dict[str, str]
    content: bytes = attrs.field(repr=False)


@attrs.define
class Call:
    """One call: the request, then what each stage of `Service` adds to it, from top to bottom."""

    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Header values by lower-case name."""
    query: str = ""
    body: bytes = attrs.field(default=b"", repr=False)
    number: int = 0
    """The number of calls before this one."""
    key: str | None = attrs.field(default=None, repr=False)
    """The bearer key, once it has been accepted."""
    fields: dict[str, Any] = attrs.field(factory=dict, repr=False)
    """The request body, once it has been parsed; an object once it has been validated."""
    model: Model | None = None
    endpoint: Endpoint | None = None
    inputs: list[Input] = attrs.field(factory=list, repr=False)
    embedded: list[Embedded] = attrs.field(factory=list, repr=False)
    generation_id: str = ""
    """Identifier of the response, `gen-emb-<seconds>-<20 letters or digits>`."""

    scenario: str | None = None
    """The name of the scenario that is applied."""
    transmission: str = "whole"
    """How the response is sent, see `transmission.TRANSMISSIONS`."""
    delay: float = 0.0
    """Seconds to wait before the response is sent."""
    leading_whitespace: bool = False
    """Whether the response body begins with white space."""

    @property
    def chosen_model(self) -> Model:
        """The model, set by the stage `route`; RuntimeError before."""
        if self.model is None:
            raise RuntimeError("the model is not known before the stage route")
        return self.model

    @property
    def chosen_endpoint(self) -> Endpoint:
        """The endpoint, set by the stage `route`; RuntimeError before."""
        if self.endpoint is None:
            raise RuntimeError("the endpoint is not known before the stage route")
        return self.endpoint

    @property
    def dimensions(self) -> int:
        """The number of dimensions of the requested vectors."""
        return int(self.fields.get("dimensions") or self.chosen_model.native_dimensions)

    @property
    def encoding(self) -> str:
        """The encoding of the requested vectors: `float` or `base64`."""
        return str(self.fields.get("encoding_format") or "float")
