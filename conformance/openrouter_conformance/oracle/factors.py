"""The factors of a context, the plainest explanation first, and the requirement that says that each must not show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs

from openrouter_conformance.exchange import CHUNKED
from openrouter_conformance.oracle.context import Argument, Context
from openrouter_conformance.samples import SAMPLING


@attrs.frozen
class Factor:
    """One side of a context.

    Attributes:
        name: what it is called in reports.
        fields: the attributes of `Context` that belong to it.
        requirement: the facet and name of what says that it must not show, given an argument and two contexts.

    """

    name: str
    fields: tuple[str, ...]
    requirement: Callable[[Argument, Context, Context], str]


def _always(requirement: str) -> Callable[[Argument, Context, Context], str]:
    def named(argument: Argument, one: Context, other: Context) -> str:  # noqa: ARG001
        return requirement

    return named


def _by_kind(of_texts: str, of_tokens: str) -> Callable[[Argument, Context, Context], str]:
    def named(argument: Argument, one: Context, other: Context) -> str:  # noqa: ARG001
        return of_tokens if argument.input.startswith("[") else of_texts

    return named


def _of_encoding(argument: Argument, one: Context, other: Context) -> str:  # noqa: ARG001
    is_base64 = '"base64"' in (one.encoding, other.encoding)
    return "encoding/base64-equals-float" if is_base64 else "encoding/float-is-default"


def _of_dimensions(argument: Argument, one: Context, other: Context) -> str:  # noqa: ARG001
    is_named_by_both = one.dimensions and other.dimensions
    return f"dimensions/{'prefix-of-native' if is_named_by_both else 'native-dimensions-accepted'}"


def _of_fields(argument: Argument, one: Context, other: Context) -> str:  # noqa: ARG001
    names = set(_names(one.fields)) ^ set(_names(other.fields))
    return "parameters/sampling-ignored" if names and names <= SAMPLING.keys() else "parameters/unknown-fields-ignored"


def _of_headers(argument: Argument, one: Context, other: Context) -> str:  # noqa: ARG001
    is_told = (CHUNKED in one.headers) != (CHUNKED in other.headers)
    return "protocol/chunked-bodies-read" if is_told else "parameters/attribution-accepted"


def _names(fields: str) -> list[str]:
    return list(json.loads(fields or "{}"))


_OF_BATCH = _by_kind("order/batch-equals-singles", "token-ids/batches-keep-order")
_OF_LIST = _by_kind("order/one-element-list-equals-string", "token-ids/one-list-is-one-input")

FACTORS = (
    Factor("encoding_format", ("encoding",), _of_encoding),
    Factor("other inputs of the batch", ("batch", "place"), _OF_BATCH),
    Factor("a list of one", ("listed",), _OF_LIST),
    Factor("token ids with a decimal point", ("floats",), _always("token-ids/whole-floats-are-integers")),
    Factor("dimensions", ("dimensions",), _of_dimensions),
    Factor("input_type", ("input_type",), _always("parameters/input-type-accepted")),
    Factor("provider", ("provider",), _always("routing/preferences-keep-the-vector")),
    Factor("user", ("user",), _always("parameters/user-accepted")),
    Factor("fields of no meaning", ("fields",), _of_fields),
    Factor("the spelling of the JSON", ("spelling",), _always("texts/escapes-equal-characters")),
    Factor("headers", ("headers",), _of_headers),
    Factor("the spelling of the key", ("key",), _always("auth/scheme-in-any-case")),
    Factor("the query of the address", ("query",), _always("parameters/unknown-fields-ignored")),
    Factor("a connection of its own", ("fresh",), _always("determinism/requests-are-independent")),
)
"""In the order in which they are blamed: what is decided by the plainest difference comes first."""


def differing(one: Context, other: Context) -> tuple[Factor, ...]:
    """Return the factors in which two contexts differ."""
    return tuple(
        factor for factor in FACTORS if any(getattr(one, name) != getattr(other, name) for name in factor.fields)
    )


def with_factor(context: Context, factor: Factor, source: Context) -> Context:
    """Return `context` with the level that a factor has in `source`."""
    changes: dict[str, Any] = {name: getattr(source, name) for name in factor.fields}
    return attrs.evolve(context, **changes)


def plainness(context: Context) -> int:
    """Return in how many factors a context differs from the plainest one: 0 for a text alone."""
    return len(differing(context, Context()))
