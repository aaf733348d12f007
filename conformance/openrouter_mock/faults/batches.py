"""Faults in the number, order and index of the vectors of a batch."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from openrouter_mock.call import Input
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from openrouter_mock.call import Call

Items = list[dict[str, Any]]


def _with_embeddings_of(items: Items, order: list[int]) -> Items:
    """Return *items* with the vectors permuted by *order* and the indices unchanged."""
    return [{**item, "embedding": items[source]["embedding"]} for item, source in zip(items, order, strict=True)]


@fault("items")
def drops_last_vector(items: Stage, call: Call) -> Items:
    """The last vector of a batch is missing."""
    given: Items = items(call)
    return given[:-1] if len(given) > 1 else given


@fault("items")
def drops_first_vector(items: Stage, call: Call) -> Items:
    """The first vector of a batch is missing, and the others are renumbered from 0."""
    given: Items = items(call)
    return [{**item, "index": index} for index, item in enumerate(given[1:])] if len(given) > 1 else given


@fault("items")
def drops_repeated_inputs(items: Stage, call: Call) -> Items:
    """An input that occurs twice in a batch gets one vector."""
    seen = {given.source: item for given, item in reversed(list(zip(call.inputs, items(call), strict=True)))}
    return [{**item, "index": index} for index, item in enumerate(reversed(seen.values()))]


@fault("items")
def answers_one_vector_for_any_batch(items: Stage, call: Call) -> Items:
    """Only the first input of a batch is answered."""
    given: Items = items(call)
    return given[:1]


@fault("items")
def adds_a_vector(items: Stage, call: Call) -> Items:
    """There is one vector more than there are inputs."""
    given: Items = items(call)
    return [*given, {**given[-1], "index": len(given)}]


@fault("items")
def answers_no_vectors(items: Stage, call: Call) -> Items:  # noqa: ARG001
    """A success has no vectors."""
    return []


@fault("items")
def drops_vectors_of_large_batches(items: Stage, call: Call) -> Items:
    """Only the first eight inputs of a batch are answered."""
    given: Items = items(call)
    return given[:8]


@fault("items")
def reverses_batch_order(items: Stage, call: Call) -> Items:
    """The vectors of a batch are reversed, with the indices counting up."""
    given: Items = items(call)
    return _with_embeddings_of(given, list(reversed(range(len(given)))))


@fault("items")
def reverses_items_with_their_index(items: Stage, call: Call) -> Items:
    """The items of a batch are reversed, each with the index of its input."""
    given: Items = items(call)
    return given[::-1]


@fault("items")
def swaps_first_two_vectors(items: Stage, call: Call) -> Items:
    """The first two vectors of a batch are swapped."""
    given: Items = items(call)
    order = list(range(len(given)))
    order[:2] = reversed(order[:2])
    return _with_embeddings_of(given, order)


@fault("items")
def sorts_batch_by_text(items: Stage, call: Call) -> Items:
    """The vectors of a batch are in the alphabetical order of the texts."""
    given: Items = items(call)
    order = sorted(range(len(given)), key=lambda position: str(call.inputs[position].source))
    return _with_embeddings_of(given, order)


@fault("items")
def sorts_batch_by_length(items: Stage, call: Call) -> Items:
    """The vectors of a batch are in the order of length, the longest input first, as servers sort for padding."""
    given: Items = items(call)
    order = sorted(range(len(given)), key=lambda position: -len(call.inputs[position].source))
    return _with_embeddings_of(given, order)


@fault("items")
def repeats_first_vector(items: Stage, call: Call) -> Items:
    """Every input of a batch gets the vector of the first."""
    given: Items = items(call)
    return _with_embeddings_of(given, [0] * len(given))


@fault("items")
def index_from_one(items: Stage, call: Call) -> Items:
    """Indices count from one."""
    return [{**item, "index": item["index"] + 1} for item in items(call)]


@fault("items")
def index_always_zero(items: Stage, call: Call) -> Items:
    """Every item of a batch has the index 0."""
    return [{**item, "index": 0} for item in items(call)]


@fault("items")
def index_counts_down(items: Stage, call: Call) -> Items:
    """Indices count down while the vectors are in order."""
    given: Items = items(call)
    return [{**item, "index": len(given) - 1 - item["index"]} for item in given]


@fault("items")
def index_missing(items: Stage, call: Call) -> Items:
    """Items have no index."""
    return [{name: value for name, value in item.items() if name != "index"} for item in items(call)]


@fault("items")
def index_as_text(items: Stage, call: Call) -> Items:
    """Indices are strings."""
    return [{**item, "index": str(item["index"])} for item in items(call)]


@fault("items")
def index_restarts_every_eight(items: Stage, call: Call) -> Items:
    """Indices restart with every inner batch of eight."""
    return [{**item, "index": item["index"] % 8} for item in items(call)]


@fault("inputs")
def embeds_batch_as_one_text(inputs: Stage, call: Call) -> list[Input]:
    """A batch of texts is joined and embedded as one."""
    given: list[Input] = inputs(call)
    texts = [each.source for each in given if isinstance(each.source, str)]
    return [Input(" ".join(texts))] if len(texts) == len(given) else given


@fault("inputs")
def merges_token_lists(inputs: Stage, call: Call) -> list[Input]:
    """A batch of token lists is embedded as one list."""
    given: list[Input] = inputs(call)
    field = call.fields["input"]
    if not (isinstance(field, list) and isinstance(field[0], list)):
        return given
    return [Input(tuple(token for tokens in field for token in map(int, tokens)))]


@fault("inputs")
def splits_token_list(inputs: Stage, call: Call) -> list[Input]:
    """The token ids of one text are embedded one by one."""
    given: list[Input] = inputs(call)
    field = call.fields["input"]
    if not (isinstance(field, list) and isinstance(field[0], int | float)):
        return given
    return [attrs.evolve(given[0], source=(int(token),)) for token in field]


@fault("inputs")
def splits_text_into_lines(inputs: Stage, call: Call) -> list[Input]:
    """A text of several lines is embedded line by line."""
    given: list[Input] = inputs(call)
    if len(given) != 1 or not isinstance(given[0].source, str):
        return given
    return [Input(line) for line in given[0].source.splitlines() if line] or given


MIXED_UP_EVERY = 5_000
"""Calls between two answers that are mixed up."""

_latest: dict[tuple[str | None, int], Items] = {}
"""The items of the latest answer, by the key of its caller and their number."""


@fault("items")
def mixes_up_two_answers_under_load(items: Stage, call: Call) -> Items:
    """Once in 5,000 calls, the vectors of an earlier answer are sent once more, as a race would do it."""
    made: Items = items(call)
    place = call.key, len(made)
    before, _latest[place] = _latest.get(place), made
    return before if before is not None and call.number % MIXED_UP_EVERY == MIXED_UP_EVERY - 1 else made
