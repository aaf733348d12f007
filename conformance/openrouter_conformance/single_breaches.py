"""Bodies that are wrong in one place: good ones, with one value of another kind or without one field."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_Place = tuple[str | int, ...]


def broken(bodies: Sequence[Any], is_wrong: Callable[[Any], bool], count: int, *, seed: int) -> list[Any]:
    """Return up to `count` bodies that are wrong in one place, from each of `bodies` in turn.

    Each is a near miss of its value, such as a fraction for an integer, at a place that the seed chooses.

    Args:
        bodies: good ones; what the others have in common with the first is left as it is.
        is_wrong: whether the contract refuses a body.
        count: how many at most.
        seed: chooses the places and the values.

    """
    chooser = random.Random(f"single breaches {seed}")  # noqa: S311
    places = [_own_places(body, bodies[0] if number else {}) for number, body in enumerate(bodies)]
    for found in places:
        chooser.shuffle(found)
    made: list[Any] = []
    while len(made) < count and any(places):
        for body, left in zip(bodies, places, strict=True):
            while left:
                place = left.pop()
                wrong = [one for one in _edits(body, place) if is_wrong(one)]
                if wrong:
                    made.append(chooser.choice(wrong))
                    break
    return made[:count]


def _own_places(body: Any, other: Any) -> list[_Place]:
    """Return the places in a body below the fields that another one has not, or has otherwise."""
    return [place for place in _places(body) if place and other.get(place[0]) != body[place[0]]]


def _places(value: Any, place: _Place = ()) -> Iterator[_Place]:
    """Yield where values stand, the whole first."""
    yield place
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _places(part, (*place, name))


def _edits(body: Any, place: _Place) -> Iterator[Any]:
    """Yield copies of a body with another value at a place, and without the field that stands there."""
    for value in _near_misses(_at(body, place)):
        yield _with(body, place, value)
    if isinstance(place[-1], str):
        holder = _at(body, place[:-1])
        yield _with(body, place[:-1], {name: value for name, value in holder.items() if name != place[-1]})


def _near_misses(value: Any) -> Sequence[Any]:
    """Return values of other kinds that a careless server takes for this one."""
    if isinstance(value, bool):
        return (str(value).lower(), int(value), None, [value])
    if isinstance(value, int | float):
        return (value + 0.5, -1 - value, True, str(value), None, [value])
    if isinstance(value, str):
        return ("", "a-word-of-no-meaning", 7, True, None, [value], {"text": value})
    if isinstance(value, list):
        return ([], None, value[0], {"0": value[0]}, [*value, None], [*value, {}], [*value, []])
    return ({}, [], None, "an object", [value])


def _at(value: Any, place: _Place) -> Any:
    for step in place:
        value = value[step]
    return value


def _with(value: Any, place: _Place, new: Any) -> Any:
    """Return a copy with another value at a place."""
    if not place:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _with(value[place[0]], place[1:], new)
    return copy
