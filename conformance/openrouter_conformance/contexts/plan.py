"""The requests in which a run sees the service: rows of a covering array, filled with inputs."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance.contexts import factors, texts
from openrouter_conformance.default_model import modalities
from openrouter_conformance.errors import Blocked
from openrouter_conformance.exchange import READS_CHUNKS, Request
from openrouter_conformance.features import base64_refusal, refusal_to_shorten, token_refusal
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.oracle import spelling
from openrouter_conformance.prices import price_per_token
from openrouter_conformance.samples import PAIR, PREFERENCES, SAMPLING, TEXT

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_LEAST_UNION = 64
_LONGEST_UNION = 60_000
"""Inputs that batches together may have in any profile, and characters."""

_MANY = 521
"""Inputs of the largest batch of plain requests: more than servers divide batches into, which differ in one thing."""

_VERY_LARGE = 256
"""Inputs from which on a batch is asked for few numbers each."""

_WIDE = 129
"""Inputs beyond which a batch of texts holds few words each: so many cost as much as the rest of a run otherwise."""

_LARGE, _MOST_LONG, _LEAST_LONG = 9, 3, 60
"""Inputs from which on a batch holds few long texts: how many of the longest, and the words of the others."""

_BYTES_OF_WORD = 8
"""Bytes of a word, about: no text has more tokens than bytes."""

_DOUBLED = 0.7
"""How many of the batches have an input twice."""

_AS_IT_IS = 0.4
"""How many of the batches have the very size of their level; others have a smaller one, best one that none has yet."""

_ROUND = (8, 10, 16, 20, 24, 32, 48, 50, 64, 96, 100, 128, 200, 256, 512, 1000, 1024, 2048)
"""Sizes at which servers divide batches, or end them."""

_MOST_FOR_ANOTHER, _SHARE_FOR_OTHERS = 9, 0.1
"""Inputs at once for models that are asked once, and how much of the money they may cost together."""

_SPARE = 8
"""How many more texts there are of a kind than the inputs of a request that are chosen from them."""

_SHARES = (0.2, 0.5, 1.0)
"""How much of a batch is of one kind; the rest is mixed."""


def sentinel(session: Session, *, fresh: bool = False) -> Request:
    """Return the plainest request, which is sent again and again: nothing that comes between may change its answer."""
    body = {"model": session.model, "input": TEXT, **session.target.request_defaults}
    return _request(body, fresh=fresh)


def anchors(session: Session) -> list[Request]:
    """Return plain requests that differ in one factor each, and texts alone and together."""
    inputs: list[Any] = [[TEXT], "\n".join([TEXT] * 5), PAIR, *PAIR]
    bodies: list[dict[str, Any]] = [{"model": session.model, "input": one} for one in inputs]
    bodies.append({"model": session.model, "input": TEXT, "encoding_format": "float"})
    bodies += [
        {"model": session.model, "input": [*texts.alike(words), *texts.look_alikes()]} for words in _lengths(session)
    ]
    if max(session.profile.sizes) > _VERY_LARGE:
        few = {} if "dimensions" in _supported(session)[1] else {"dimensions": _dimensions(session, "few")}
        bodies.append({"model": session.model, "input": texts.many(_MANY), **few})
    defaults = session.target.request_defaults
    return [_request({**body, **defaults}) for body in bodies]


def _lengths(session: Session) -> list[int]:
    """Return the words of long texts that are compared with each other: as few lengths as the profile has pages."""
    longest = _longest(session)
    return [max(30, longest // divisor) for divisor in (1, 3, 10)][: session.profile.pages]


@attrs.frozen
class Planned:
    """A request of the covering array, and the level of each factor in it."""

    levels: factors.Row = attrs.field(hash=False)
    request: Request


def requests(session: Session) -> list[Planned]:
    """Return the requests of the covering array, the same for the same seed and features of the target."""
    return session.once("planned requests", lambda: _requests(session))


def _requests(session: Session) -> list[Planned]:
    kinds, without = _supported(session)
    found = factors.rows(session.profile, factors.levels(session.profile, kinds, without), session.seed)
    chooser = random.Random(session.seed)  # noqa: S311
    others = itertools.cycle(other_models(session))
    made: list[Planned] = []
    sizes: set[int] = set()
    for row in found[1:]:  # the plainest row is the sentinel
        size = 1 if row["size"] == factors.ALONE else _near(session, row["size"], sizes, chooser)
        if row["model"] == "another":
            made.append(Planned(row, _of_another(session, row, next(others), min(size, _MOST_FOR_ANOTHER), chooser)))
        else:
            made.append(Planned(row, _filled(session, row, size, without, chooser)))
            sizes.add(size)
    return made


def unions(session: Session, planned: Sequence[Planned]) -> list[Request]:
    """Return plain requests that hold all inputs of several planned batches, as many as the profile has.

    Each shows hundreds of inputs beside other neighbors, and its tokens are those of the batches together.
    """
    most = max(_LEAST_UNION, *(one for one in session.profile.sizes if one < _VERY_LARGE))
    groups: dict[Any, list[list[Any]]] = {}
    for one in sorted(planned, key=lambda each: len(each.request.body or b"")):
        body = json.loads(one.request.body or b"")
        batch = [body["input"]] if one.levels["size"] == factors.ALONE else body["input"]
        shared = body["model"], body.get("input_type"), isinstance(batch[0], list)
        groups.setdefault(shared, []).append(batch)
    made: list[tuple[int, Request]] = []
    for (model, input_type, _), batches in groups.items():
        body = {"model": model, **({"input_type": input_type} if input_type else {}), **session.target.request_defaults}
        for rank, together in enumerate(_binned(batches, most)):
            made.append((rank, _request({**body, "input": together})))
    made.sort(key=lambda pair: (pair[0], -len(pair[1].body or b"")))
    return [request for _, request in made[: session.profile.unions]]


def _binned(batches: Sequence[list[Any]], most: int) -> Iterator[list[Any]]:
    """Yield lists of at most `most` inputs, each made of several batches, which come in the order of their size."""
    together: list[Any] = []
    count = 0
    for batch in batches:
        if together and (len(together) + len(batch) > most or len(str([*together, *batch])) > _LONGEST_UNION):
            if count > 1:
                yield together
            together, count = [], 0
        together, count = [*together, *batch], count + 1
    if count > 1:
        yield together


def surroundings(session: Session, name: str) -> Iterator[dict[str, Any]]:
    """Yield, without end, what stands beside a field that is to be refused: nothing first, then other contexts.

    Which those are follows from the seed and the field's *name*; `input` and `dimensions` are among them.
    """
    _, without = _supported(session)
    chooser = random.Random(f"{session.seed}/{name}")  # noqa: S311
    texts_at_once: list[Any] = [TEXT, [TEXT], PAIR, [*PAIR, TEXT], texts.long(0, 60), [TEXT, texts.long(1, 60)]]
    choices: dict[str, list[Any]] = {
        "input": texts_at_once,
        "encoding_format": [one for one in factors.ENCODINGS if one is not None and one not in without],
        "dimensions": [] if "dimensions" in without else [_dimensions(session, "few")],
        "input_type": [one for one in factors.INPUT_TYPES if one is not None],
        "user": [factors.FIELDS["user"]["user"]],
        "seed": [SAMPLING["seed"]],
    }
    plain = chooser.random() < 0.5
    while True:
        yield (
            {}
            if plain
            else {
                field: chooser.choice(levels)
                for field, levels in choices.items()
                if levels and field != name and (field == "input" or chooser.random() < 0.5)
            }
        )
        plain = not plain


def burst(session: Session, planned: Sequence[Planned]) -> list[Request]:
    """Return requests that are sent at the same time: the sentinel, and the last of the planned ones."""
    return [sentinel(session), *(one.request for one in planned[len(planned) - _at_once(session) :])]


def before_burst(session: Session, planned: Sequence[Planned]) -> Sequence[Planned]:
    """Return the planned requests that are not left for the burst."""
    return planned[: len(planned) - _at_once(session)]


def _at_once(session: Session) -> int:
    return session.profile.burst - 1


def _supported(session: Session) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the kinds of input that the target reads, and what it does not have; both by asking it."""
    kinds = tuple(texts.KINDS)
    without: set[str] = set()
    if session.feature("token-ids", token_refusal) is not None:
        kinds = tuple(kind for kind in kinds if kind != "tokens")
    if session.feature("dimensions", refusal_to_shorten) is not None or session.target.request_defaults:
        without.add("dimensions")
    if session.feature("base64", base64_refusal) is not None:
        without.add("base64")
    if second_model(session) is None:
        without.add("second")
    if not other_models(session):
        without.add("another")
    if session.target.key is None:
        without.add("key")
    if session.ask(TEXT).http_version != READS_CHUNKS:
        without.add("chunked")
    return kinds, frozenset(without)


def second_model(session: Session) -> str | None:
    """Return another listed model that reads text, the cheapest; None when there is none."""
    return session.once("second model", lambda: _second_model(session))


def _second_model(session: Session) -> str | None:
    slug = (session.listed_model or {}).get("canonical_slug")
    priced = [
        (price, str(model["id"]))
        for model in session.models
        if model.get("id") not in (session.model, None)
        and "text" in modalities(model, "input_modalities")
        and session.target.may_ask(str(model["id"]))
        and (price := price_per_token(model))
        and model.get("canonical_slug") != slug
    ]
    return min(priced)[1] if priced else None


def other_models(session: Session) -> list[str]:
    """Return further listed models that read text and cost little, those at the ends of the list first.

    Free ones are left out where others have a price, since they are often rationed.
    """
    return session.once("other models", lambda: _other_models(session))


def _other_models(session: Session) -> list[str]:
    asked = session.model, second_model(session)
    listed = [
        model
        for model in session.models
        if isinstance(model.get("id"), str)
        and model["id"] not in asked
        and "text" in modalities(model, "input_modalities")
        and session.target.may_ask(model["id"])
    ]
    priced = [model for model in listed if price_per_token(model)]
    names = [str(model["id"]) for model in priced or listed if _is_cheap(session, str(model["id"]), len(listed))]
    inner = names[1:-1]
    random.Random(session.seed).shuffle(inner)  # noqa: S311
    return [*names[-1:], *names[:-1][:1], *inner]


def _is_cheap(session: Session, model: str, others: int) -> bool:
    """Return whether a request to each of so many other models costs little of what the run may cost."""
    most = session.target.ceilings.dollars
    price = session.recorder.spending.prices.of(model).of(_MOST_FOR_ANOTHER * _LEAST_LONG * _BYTES_OF_WORD)
    return most is None or price * min(others, session.profile.contexts) <= _SHARE_FOR_OTHERS * most


def _of_another(session: Session, row: factors.Row, model: str, size: int, chooser: random.Random) -> Request:
    """Return a request for a model of which nothing is known: with no field that it may refuse."""
    kind = "words" if row["kind"] in ("tokens", "long") else row["kind"]
    inputs = [TEXT, *(_text(kind, place, _LEAST_LONG) for place in chooser.sample(range(_SPARE + size), size - 1))]
    body = {
        "model": model,
        "input": inputs[0] if row["size"] == factors.ALONE else inputs,
        **session.target.request_defaults,
        **factors.FIELDS[row["fields"]],
    }
    headers = factors.HEADERS[row["headers"]]
    request = _request(body, style=row["spelling"], headers=headers, key=row["key"], fresh=row["fresh"])
    return attrs.evolve(request, may_be_unavailable=True)


def _filled(session: Session, row: factors.Row, size: int, without: frozenset[str], chooser: random.Random) -> Request:
    inputs = _inputs(session, row["kind"], size, chooser)
    if isinstance(inputs[0], str) and (row["model"] == "second" or row["dimensions"] == "few"):
        inputs[0] = TEXT  # which both models are asked for, in vectors of one length, too
    body: dict[str, Any] = {
        "model": session.model if row["model"] == "first" else second_model(session),
        "input": inputs[0] if row["size"] == factors.ALONE else inputs,
        **session.target.request_defaults,
        **factors.FIELDS[row["fields"]],
        **PREFERENCES[row["provider"]],
    }
    for name in ("encoding", "input_type"):
        if row[name] is not None:
            body["encoding_format" if name == "encoding" else name] = row[name]
    level = row["dimensions"] if row["model"] == "first" or row["dimensions"] is None else "few"
    if size > _VERY_LARGE and "dimensions" not in without:
        level = "few"  # thousands of whole vectors take gigabytes
    dimensions = _dimensions(session, level)
    if dimensions is not None:
        body["dimensions"] = dimensions
    return _request(
        body, style=row["spelling"], headers=factors.HEADERS[row["headers"]], key=row["key"], fresh=row["fresh"]
    )


def _near(session: Session, size: int, before: Collection[int], chooser: random.Random) -> int:
    """Return a batch size as it is, or one between it and the next smaller one of the profile.

    Of those it is a round one that no batch had *before*, or any that none had.
    """
    if chooser.random() < _AS_IT_IS:
        return size
    least = max((one for one in session.profile.sizes if one < size), default=0) + 1
    smaller = range(min(size, max(2, least)), size + 1)
    fresh = [one for one in smaller if one not in before]
    return chooser.choice([one for one in fresh if one in _ROUND] or fresh or smaller)


def _inputs(session: Session, kind: str, size: int, chooser: random.Random) -> list[Any]:
    """Return inputs that other requests have, too, in an order of chance; one of several twice.

    A batch of texts holds about half of the named kind and half of all others: so most batches have some of each class,
    at any place. There are more texts to choose from than a batch has, so each stands beside others every time.
    """
    if kind == "tokens" or size > _WIDE:
        of_kind = texts.tokens if kind == "tokens" else texts.words
        made: list[Any] = [of_kind(place) for place in chooser.sample(range(size + _SPARE), size)]
    else:
        places = chooser.sample(range(max(session.profile.contexts, size + _SPARE)), size)
        share = 1.0 if size == 1 else chooser.choice(_SHARES)
        most = [_longest(session) if rank < _MOST_LONG or size < _LARGE else _LEAST_LONG for rank in range(size)]
        made = [
            _text(kind if chooser.random() < share else "mixed", place, longest)
            for place, longest in zip(places, most, strict=True)
        ]
    if size > 2 and chooser.random() < _DOUBLED:
        made[-1] = made[0]
    chooser.shuffle(made)
    return made


def _text(kind: str, place: int, longest: int) -> Any:
    """Return the text of a kind at a place; one of many words has at most `longest`."""
    if kind == "mixed":
        kind, place = texts.of_mixed(place)
    return texts.long(place, longest) if kind == "long" else texts.KINDS[kind](place)


def _longest(session: Session) -> int:
    """Return how many words the longest text may have: the profile's, and well below what the model reads."""
    context = (session.listed_model or {}).get("context_length")
    read = context if type(context) is int and context > 0 else 512
    return max(30, min(session.profile.words, read // 3))


def _dimensions(session: Session, level: str | None) -> int | None:
    if level is None:
        return None
    try:
        native = session.native_dimensions
    except Blocked:
        return None
    lengths = {
        "native": native,
        "half": native // 2,
        "third": native // 3,
        "odd": native // 5 | 1,
        "few": 8,
        "fewest": 3,
    }
    return min(native, max(1, lengths[level]))


def _request(
    body: dict[str, Any],
    *,
    style: str = "compact",
    headers: tuple[tuple[str, str], ...] = factors.HEADERS["plain"],
    key: bool | str = True,
    fresh: bool = False,
) -> Request:
    operation = CREATE_EMBEDDINGS
    content = spelling.write(body, style)
    return Request(
        operation.method, operation.path, content, headers, key, operation.operation_id, fresh_connection=fresh
    )
