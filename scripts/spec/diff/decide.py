"""Whether one schema accepts what another refuses: algebra first, then a search for a witness.

The algebra is that of `jsonschema_rs.canonicalize`. It proves that there is no difference; a difference is believed
only when a value shows it, which both validators have judged. Where neither decides, that is said.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

import attrs
import jsonschema_rs

from spec.canonical import json_text
from spec.diff.instances import instances, numbers_in

_TRIED = 400
LARGE = 20_000
"""Characters of two schemas from which on algebra is slower than a search, and is asked last."""


class Evidence(Enum):
    """How it is known whether one side accepts what the other refuses."""

    WITNESS = "witness"
    PROVEN = "proven"
    UNDECIDED = "undecided"


@attrs.frozen
class Verdict:
    """Whether there is a value that one side accepts and the other refuses.

    Attributes:
        evidence: a witness; proven, that there is none; or undecided.
        value: the witness, at the place of the change.
        whole: the whole message with the witness in it.

    """

    evidence: Evidence
    value: Any = None
    whole: Any = None


PROVEN = Verdict(Evidence.PROVEN)
UNDECIDED = Verdict(Evidence.UNDECIDED)


@attrs.frozen(eq=False)
class Shape:
    """A schema that is asked questions: its validator and canonical form are made when they are needed, once."""

    schema: Any

    @functools.cached_property
    def text(self) -> str:
        """The schema as text: equal texts, equal schemas."""
        return json_text(self.schema)

    def accepts(self, value: Any) -> bool:
        """Tell whether the schema accepts a value; formats count."""
        return _validator(self.text).is_valid(value)

    @property
    def canonical(self) -> jsonschema_rs.CanonicalSchema:
        """The canonical form of the schema."""
        return _canonical(self.text)


def smallest(values: Iterable[Any]) -> list[Any]:
    """Return values from short to long as JSON."""
    return sorted(values, key=lambda value: (len(json_text(value)), json_text(value)))


def covers(outer: Shape, inner: Shape) -> bool:
    """Tell whether algebra proves that one schema accepts all that another accepts."""
    if outer.text == inner.text:
        return True
    try:
        found = outer.canonical.covers(inner.canonical)
    except jsonschema_rs.canonical.CanonicalizationError:
        return False
    return bool(found is jsonschema_rs.canonical.Containment.YES)


def differences(accepting: Shape, refusing: Shape, first: Iterable[Any] = ()) -> Iterator[Any]:
    """Yield values that one schema accepts and another refuses.

    Args:
        accepting: the one that is to accept.
        refusing: the one that is to refuse.
        first: values to try before any other.

    """

    def apart(values: Iterable[Any]) -> Iterator[Any]:
        return (value for value in values if accepting.accepts(value) and not refusing.accepts(value))

    searched = itertools.islice(instances(accepting.schema, numbers_in(refusing.schema)), _TRIED)
    left = itertools.islice(_subtracted(accepting, refusing), _TRIED)
    if len(accepting.text) + len(refusing.text) < LARGE:
        yield from apart(itertools.chain(first, left, searched))
        return
    found = False
    for value in apart(itertools.chain(first, searched)):
        found = True
        yield value
    if not found:
        yield from apart(left)


def without(outer: Shape, inner: Shape) -> Shape | None:
    """Return the schema of what one schema accepts and another refuses, or None where algebra has no answer."""
    try:
        return Shape(outer.canonical.subtract(inner.canonical).to_json_schema())
    except jsonschema_rs.canonical.CanonicalizationError:
        return None


def _subtracted(accepting: Shape, refusing: Shape) -> Iterator[Any]:
    """Yield small values of what algebra leaves of one schema without another."""
    rest = without(accepting, refusing)
    if rest is not None:
        yield from instances(rest.schema)


@functools.lru_cache(maxsize=4096)
def _validator(text: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(text, validate_formats=True)


@functools.lru_cache(maxsize=4096)
def _canonical(text: str) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(json.loads(text), draft=jsonschema_rs.Draft202012, validate_formats=True)
