"""Requests that break the contract in one place each, alone and beside other fields."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers, excerpts, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.contexts import plan
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.features import image_model
from openrouter_conformance.samples import IMAGE_PART, PAIR, TEXT, TEXT_PART, UNKNOWN_PROVIDER
from openrouter_conformance.session import OMIT

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session


def _refused(exchange: Exchange, what: str, *also: int) -> None:
    if exchange.status not in (400, 422, *also):
        allowed = ", ".join(map(str, (400, 422, *also)))
        raise CheckFailure(exchange.outline(), f"one of {allowed} for {what}", exchange)


def _each_refused(session: Session, field: str, values: tuple[Any, ...]) -> None:
    around = plan.surroundings(session, field)
    for value in session.choose(values, field):
        what = f"{json.dumps(field)}: {excerpts.of_value(value)}"
        reader = {"model": image_model(session), "dimensions": OMIT} if "image_url" in str(value) else {}
        _refused(session.ask(TEXT, **{**next(around), **reader, field: value}), what)


@check("create-embeddings/validation/input-required")
def input_required(session: Session) -> None:
    """No `input`."""
    _refused(session.ask(OMIT), "no input")


@check("create-embeddings/validation/model-required")
def model_required(session: Session) -> None:
    """No `model`."""
    _refused(session.ask(TEXT, model=OMIT), "no model")


@check("create-embeddings/validation/empty-input-refused")
def empty_input_refused(session: Session) -> None:
    """Inputs with nothing in them."""
    _each_refused(session, "input", ("", [], [""], [TEXT, ""], [[]], [[1], []], [{"content": []}]))


@check("create-embeddings/validation/input-type-checked")
def input_type_checked(session: Session) -> None:
    """Inputs that are no input."""
    chooser = random.Random(f"{session.seed}/input type")  # noqa: S311
    item = {"content": [{"type": "text", "text": TEXT}]}
    wrong: tuple[Any, ...] = (
        None, 7, True, item, *(_somewhere(one, chooser) for one in (None, True)),
        *(ids for one in (1.5, -1) for ids in _among_token_ids(one, chooser)),
        [TEXT, 7], [[TEXT]], [[[1]]], [TEXT] * 40 + [7], [item, {"content": [*item["content"], {"type": "text"}]}],
    )  # fmt: skip
    media = [] if image_model(session) is None else [[{"content": [TEXT_PART, _MISPLACED_MEDIUM]}]]
    _each_refused(session, "input", (*wrong, *media))


_MISPLACED_MEDIUM = {"type": "image_url", "image_url": IMAGE_PART["image_url"]["url"]}
"""A part whose address is no object, as other servers have it."""


def _somewhere(wrong: Any, chooser: random.Random) -> list[Any]:
    """Return inputs of which one is wrong: the only one, or one behind others."""
    return chooser.choice(([wrong], [TEXT, wrong], [TEXT, wrong, TEXT]))


def _among_token_ids(wrong: Any, chooser: random.Random) -> tuple[Any, Any]:
    """Return token ids of which one is wrong: in one list, and in a later one of several."""
    return chooser.choice(([wrong], [1, wrong])), chooser.choice(([[1], [wrong]], [[1], [1, wrong]]))


@check("create-embeddings/validation/model-type-checked")
def model_type_checked(session: Session) -> None:
    """Models that are no name."""
    _each_refused(session, "model", (None, 7, [session.model], {}))


@check("create-embeddings/validation/dimensions-bounded")
def dimensions_bounded(session: Session) -> None:
    """Numbers that are no length."""
    _each_refused(session, "dimensions", (0, -1, -(2**40)))


@check("create-embeddings/validation/dimensions-type-checked")
def dimensions_type_checked(session: Session) -> None:
    """Lengths that are no integer."""
    _each_refused(session, "dimensions", (1.5, "8", True, [8], {}))


@check("create-embeddings/validation/encoding-format-checked")
def encoding_format_checked(session: Session) -> None:
    """Encodings that do not exist."""
    _each_refused(session, "encoding_format", ("hex", "", "FLOAT", None, 7, ["float"]))


@check("create-embeddings/validation/text-fields-type-checked")
def text_fields_type_checked(session: Session) -> None:
    """Numbers and objects where a text belongs."""
    for field in session.choose(("user", "input_type"), "text fields"):
        _each_refused(session, field, (7, ["a"], {}))


@check("create-embeddings/validation/provider-type-checked")
def provider_type_checked(session: Session) -> None:
    """Preferences of the wrong kind."""
    wrong: tuple[Any, ...] = (
        "OpenAI",
        ["OpenAI"],
        {"allow_fallbacks": "yes"},
        {"order": "OpenAI"},
        {"only": [7]},
        {"ignore": [UNKNOWN_PROVIDER] * 40 + [7]},
        {"sort": "cheapest"},
        {"data_collection": "maybe"},
        {"quantizations": ["fp16", "int3"]},
        {"max_price": 1},
    )
    _each_refused(session, "provider", wrong)


@check("create-embeddings/validation/unknown-preferences-refused")
def unknown_preferences_refused(session: Session) -> None:
    """A preference that does not exist: refused, for ignoring it could cost money."""
    _each_refused(session, "provider", ({"allow_fallback": True},))


@check("create-embeddings/validation/malformed-json-refused")
def malformed_json_refused(session: Session) -> None:
    """Bodies that are no JSON, or more than one."""
    good = json.dumps(session.request(TEXT)).encode()
    bodies = (
        good + b"{}",
        good + b" x",
        good[:-1],
        b"{",
        b'{"input":"a",}',
        b"input=a&model=b",
        b'{"input":"a"',
        b"\xff\xfe\x00",
        b"\x00" * 16,
    )
    for raw in session.choose(bodies, "malformed"):
        _refused(session.post(raw=raw), f"the body {excerpts.of_body(raw)}")


@check("create-embeddings/validation/not-a-number-refused")
def not_a_number_refused(session: Session) -> None:
    """`NaN`, which is no JSON, where a number belongs."""
    good = json.dumps(session.request(TEXT)).encode()
    fields = (b'"dimensions":NaN', b'"a_field_of_next_year":NaN', b'"user":-Infinity')
    for field in session.choose(fields, "not a number"):
        body = good[:-1] + b"," + field + b"}"
        _refused(session.post(raw=body), f"a body with {field.decode()}")


@check("create-embeddings/validation/broken-utf-8-refused")
def broken_utf_8_refused(session: Session) -> None:
    """Bytes in a text that are not UTF-8."""
    good = json.dumps(session.request("MARK")).encode()
    for octets in session.choose((b"\xff", b"caf\xe9", b"\xc0\x80", b"\xed\xa0\x80"), "broken UTF-8"):
        _refused(session.post(raw=good.replace(b"MARK", octets)), f"a text of the bytes {octets.hex(' ')}")


@check("create-embeddings/validation/byte-order-mark-survived")
def byte_order_mark_survived(session: Session) -> None:
    """A byte order mark before the body: taken or refused."""
    exchange = session.post(raw=b"\xef\xbb\xbf" + json.dumps(session.request(TEXT)).encode())
    if exchange.status != 200:
        _refused(exchange, "a body behind a byte order mark")


@check("create-embeddings/validation/doubled-fields-survived")
def doubled_fields_survived(session: Session) -> None:
    """A body with two inputs under one name: refused, or answered for one of them."""
    known = session.embed(PAIR, 2)
    first, second = (json.dumps(text) for text in PAIR)
    raw = f'{json.dumps(session.request(OMIT))[:-1]}, "input": {first}, "input": {second}}}'
    exchange = session.post(raw=raw.encode())
    if exchange.status != 200:
        _refused(exchange, "a body with two inputs")
        return
    found = session.usable(exchange, lambda: answers.embedded(exchange, 1))
    if max(vectors.cosine(found.vectors[0], one) for one in known.vectors) < vectors.ALIKE:
        if found.provider != known.provider:
            raise NotApplicable("another provider answered, whose vectors are others")
        raise CheckFailure("a vector of neither input", "the vector of one of them, or 400", exchange)


@check("create-embeddings/validation/empty-body-refused")
def empty_body_refused(session: Session) -> None:
    """No body, and blank ones."""
    for raw in session.choose((b"", b"  \n"), "empty bodies"):
        _refused(session.post(raw=raw), f"the body {excerpts.of_value(raw.decode())}")


@check("create-embeddings/validation/other-json-refused")
def other_json_refused(session: Session) -> None:
    """Bodies that are JSON but no object."""
    for raw in session.choose((b"null", b"[]", b'"text"', b"7", b'[{"input":"a"}]'), "other JSON"):
        _refused(session.post(raw=raw), f"the body {raw.decode()}")


@check("create-embeddings/validation/other-content-type-refused")
def other_content_type_refused(session: Session) -> None:
    """Bodies that are not JSON, and say so."""
    form = f"input=a&model={session.model}".encode()
    others = (("application/x-www-form-urlencoded", form, "a form"), ("application/xml", b"<input/>", "XML"))
    for kind, raw, what in session.choose(others, "other kinds"):
        _refused(session.post(raw=raw, headers=(("Content-Type", kind),)), what, 415)


@check("create-embeddings/validation/mislabelled-json-refused")
def mislabelled_json_refused(session: Session) -> None:
    """JSON that is said to be something else."""
    body = json.dumps(session.request(TEXT)).encode()
    for kind in session.choose(("text/plain", "application/xml", "application/x-www-form-urlencoded"), "kinds"):
        _refused(session.post(raw=body, headers=(("Content-Type", kind),)), f"JSON under {kind}", 415)


@check("create-embeddings/validation/deep-nesting-survived")
def deep_nesting_survived(session: Session) -> None:
    """Bodies nested deeper than any parser likes."""
    depth = 20_000
    for raw in session.choose((b"[" * depth + b"]" * depth, b'{"input":' * depth + b"1" + b"}" * depth), "nesting"):
        _refused(session.post(raw=raw), f"{depth} levels of nesting", 413)
