"""What passes through the mock: a call on its way in, an answer or a refusal on its way out."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeGuard

import attrs

from . import tokens as tokenizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import orjson

    from .catalogue import Endpoint, Model


class Refusal(Exception):  # noqa: N818 - it is the server's answer, not an error of the server
    """A call that is answered with an error body instead of a result."""

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


def unauthorized(message: str) -> Refusal:
    """Return the refusal of a call whose key is missing or unknown."""
    return Refusal(401, f"Authorization: {message}", headers={"WWW-Authenticate": "Bearer"})


@attrs.frozen
class Medium:
    """The bytes of one medium within an input."""

    kind: str
    """`image`, `audio`, `video` or `file`."""
    content: bytes = attrs.field(repr=False)
    """The decoded bytes, or the address as it was given: nothing is ever fetched."""

    def __len__(self) -> int:
        return len(self.content)


@attrs.frozen
class Input:
    """One thing to embed."""

    source: str | tuple[int, ...] | tuple[str | Medium, ...]
    """A text, token ids, or the parts of a multimodal input; tells it apart from every other input."""
    where: str = "input"
    """Its place in the request, for messages."""
    position: int = 0
    """Its place in the batch, from 0."""

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
        """About how many bytes its source takes."""
        parts = (self.source,) if isinstance(self.source, str) else self.source
        return sum(8 if isinstance(part, int) else len(part) for part in parts)

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
    """An input's vector as it is sent, and what it took."""

    embedding: orjson.Fragment
    """The value of `embedding`, written in JSON."""
    tokens: Mapping[str, int]
    """How many tokens the input had, by kind of part."""


@attrs.define
class Answer:
    """A complete answer."""

    status: int
    headers: dict[str, str]
    content: bytes = attrs.field(repr=False)


@attrs.define
class Call:
    """One call; the stages of answering fill it from top to bottom."""

    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Header values by lower-case name."""
    query: str = ""
    body: bytes = attrs.field(default=b"", repr=False)
    number: int = 0
    """How many calls came before this one."""
    key: str | None = attrs.field(default=None, repr=False)
    """The bearer key, once it has been let in."""
    fields: dict[str, Any] = attrs.field(factory=dict, repr=False)
    """The request body, once it has been read."""
    model: Model | None = None
    endpoint: Endpoint | None = None
    inputs: list[Input] = attrs.field(factory=list, repr=False)
    embedded: list[Embedded] = attrs.field(factory=list, repr=False)
    generation: str = ""
    """Identifier of the answer, `gen-emb-<seconds>-<20 letters or digits>`."""

    delay: float = 0.0
    """Seconds to wait before the answer is sent."""
    leading_whitespace: bool = False
    """Whether the answer begins with white space."""

    @property
    def chosen_model(self) -> Model:
        """The model, which every stage after routing may rely on."""
        if self.model is None:
            raise RuntimeError("the model is asked for before the call was routed")
        return self.model

    @property
    def chosen_endpoint(self) -> Endpoint:
        """The endpoint, which every stage after routing may rely on."""
        if self.endpoint is None:
            raise RuntimeError("the endpoint is asked for before the call was routed")
        return self.endpoint

    @property
    def length(self) -> int:
        """Length of the vectors asked for."""
        return int(self.fields.get("dimensions") or self.chosen_model.native_length)

    @property
    def encoding(self) -> str:
        """How vectors are written: `float` or `base64`."""
        return str(self.fields.get("encoding_format") or "float")
