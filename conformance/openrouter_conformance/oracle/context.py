"""What one input of a request asks for, and everything else about the request: its context, which must not show."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance import answers, contract
from openrouter_conformance.exchange import JSON_HEADERS, Request
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.oracle import spelling

if TYPE_CHECKING:
    from collections.abc import Iterator

BEARER = "Bearer {key}"


@attrs.frozen
class Argument:
    """What the vector of an input is a function of, but for its length.

    Attributes:
        model: the model that was asked for.
        input: one input as canonical JSON: a text, the token ids of a text, or a multimodal input.
        input_type: the kind of input that was named, or None.

    """

    model: str
    input: str
    input_type: str | None = None

    @property
    def value(self) -> Any:
        """The input: a text, a list of token ids, or an object."""
        return json.loads(self.input)

    @property
    def text(self) -> str | None:
        """The input when it is a text, else None."""
        value = self.value
        return value if isinstance(value, str) else None


@attrs.frozen(cache_hash=True)
class Batch:
    """All inputs of a request for several, as canonical JSON, in order; empty for a request for one.

    The contexts of all its inputs share it: a tuple of the others for each would be as large as the batch squared.
    """

    inputs: tuple[str, ...] = ()


@attrs.frozen
class Context:
    """Everything about a request and the place in it that the answer must not depend on.

    Each attribute is a factor, and its default the plainest level. A value that stands for JSON is canonical JSON, ""
    where the field is absent.

    Attributes:
        encoding: `encoding_format`, as JSON.
        listed: whether the input stands in a list of one, where it could stand alone.
        floats: whether token ids are written with a decimal point.
        dimensions: the `dimensions` that are named, 0 when none are.
        input_type: the kind of input that was named to a model which makes nothing of it, else "".
        batch: the inputs beside which it stands, itself among them.
        place: the position of the input in the batch, from 0.
        provider: the provider preferences, as JSON.
        user: the end user, as JSON.
        fields: the fields that the contract does not name, as a JSON object.
        spelling: how the JSON is written, a key of `spelling.SPELLINGS`.
        headers: the headers but for the key.
        key: the `Authorization` header with `{key}` for the key.
        fresh: whether the request had a connection of its own.
        query: the query of the address, "" where there is none.

    """

    encoding: str = ""
    listed: bool = False
    floats: bool = False
    dimensions: int = 0
    input_type: str = ""
    batch: Batch = Batch()
    place: int = 0
    provider: str = ""
    user: str = ""
    fields: str = ""
    spelling: str = "compact"
    headers: tuple[tuple[str, str], ...] = JSON_HEADERS
    key: str | bool | None = True
    fresh: bool = False
    query: str = ""

    @property
    def size(self) -> int:
        """How many inputs the request has."""
        return max(1, len(self.batch.inputs))

    @property
    def others(self) -> tuple[str, ...]:
        """The other inputs of the request as canonical JSON, in order."""
        return self.batch.inputs[: self.place] + self.batch.inputs[self.place + 1 :]


def canonical(value: Any) -> str:
    """Return a value as canonical JSON: sorted keys, no white space, whole numbers without a decimal point."""
    return json.dumps(_whole(value), sort_keys=True, separators=(",", ":"))


def read(request: Request) -> Iterator[tuple[Argument, Context, int | None]]:
    """Yield the argument, the context and the asked `dimensions` of each input of a request, in order.

    Nothing is yielded for a request that asks for no vectors in a way that this reading knows.
    """
    style, body = spelling.read(request.body or b"")
    if not isinstance(body, dict) or not isinstance(body.get("model"), str) or "input" not in body:
        return
    items = answers.inputs_of(body["input"])
    if not items or not all(isinstance(item, str | list | dict) for item in items):
        return
    listed = (
        isinstance(body["input"], list)
        and len(items) == 1
        and body["input"] is items
        and not isinstance(items[0], dict)
    )
    inputs = tuple(canonical(item) for item in items)
    batch = Batch(inputs) if len(inputs) > 1 else Batch()
    dimensions = body.get("dimensions")
    input_type = body.get("input_type")
    shared: dict[str, Any] = {
        "encoding": _shown(body, "encoding_format"),
        "listed": listed,
        "dimensions": _whole_number(dimensions) or 0,
        "provider": _shown(body, "provider"),
        "user": _shown(body, "user"),
        "fields": _undocumented(body),
        "spelling": style,
        "headers": tuple(pair for pair in request.headers if pair[0].lower() != "authorization"),
        "key": request.key,
        "fresh": request.fresh_connection,
        "query": request.path.partition("?")[2],
    }
    for place, item in enumerate(items):
        yield (
            Argument(body["model"], inputs[place], input_type if isinstance(input_type, str) else None),
            Context(
                floats=isinstance(item, list) and any(isinstance(one, float) for one in item),
                batch=batch,
                place=place,
                **shared,
            ),
            _whole_number(dimensions),
        )


def write(argument: Argument, context: Context) -> Request:
    """Return the request that asks for `argument` in `context`: what `read` reads, the other way round."""
    inputs = [json.loads(one) for one in context.others]
    inputs.insert(context.place, argument.value)
    if context.floats:
        inputs = [[float(one) for one in item] if isinstance(item, list) else item for item in inputs]
    alone = len(inputs) == 1 and not context.listed and not isinstance(inputs[0], dict)
    body: dict[str, Any] = {"model": argument.model, "input": inputs[0] if alone else inputs}
    if context.dimensions:
        body["dimensions"] = context.dimensions
    for name, text in (
        ("encoding_format", context.encoding),
        ("provider", context.provider),
        ("user", context.user),
    ):
        if text:
            body[name] = json.loads(text)
    if input_type := argument.input_type or context.input_type:
        body["input_type"] = input_type
    body |= json.loads(context.fields or "{}")
    return Request(
        CREATE_EMBEDDINGS.method,
        CREATE_EMBEDDINGS.path + (f"?{context.query}" if context.query else ""),
        spelling.write(body, context.spelling),
        context.headers,
        context.key,
        CREATE_EMBEDDINGS.operation_id,
        fresh_connection=context.fresh,
    )


def _whole_number(value: Any) -> int | None:
    whole = _whole(value)
    return whole if isinstance(whole, int) and not isinstance(whole, bool) else None


def _shown(body: dict[str, Any], name: str) -> str:
    return canonical(body[name]) if name in body else ""


def _undocumented(body: dict[str, Any]) -> str:
    fields = {name: value for name, value in body.items() if name not in _documented()}
    return canonical(fields) if fields else ""


@functools.cache
def _documented() -> frozenset[str]:
    """Return the fields that the contract names."""
    return frozenset(contract.shipped().request_schema(CREATE_EMBEDDINGS)["properties"])


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    return value
