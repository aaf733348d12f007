"""The oracle: requests read and written, differences blamed on the fewest factors, and what each relation accuses."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_conformance import answers, contract
from openrouter_conformance.exchange import JSON_HEADERS, Exchange, Request
from openrouter_conformance.oracle import context as contexts
from openrouter_conformance.oracle import relations, spelling
from openrouter_conformance.oracle.context import Argument, Batch, Context
from openrouter_conformance.oracle.contradictions import compare
from openrouter_conformance.oracle.factors import FACTORS, differing, with_factor
from openrouter_conformance.oracle.linear_system import LinearSystem
from openrouter_conformance.oracle.minimal_pairs import narrow
from openrouter_conformance.oracle.table import Sighting, Table

_MODEL = "acme/tiny"
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
_INPUTS = st.one_of(
    st.lists(_TEXT, min_size=1, max_size=4),
    st.lists(st.lists(st.integers(0, 9999), min_size=1, max_size=4), min_size=1, max_size=3),
)


class Service:
    """A service in this process: a function of model and input, with one fault that the context brings out."""

    def __init__(
        self,
        fault: Callable[[dict[str, Any], int, list[float]], list[float]] | None = None,
        refused: Callable[[dict[str, Any]], bool] = lambda _: False,
        status: int = 400,
    ) -> None:
        self._status = status
        self.is_escaped = False
        self._fault = fault
        self._refused = refused
        self.table = Table(contract.shipped())
        self._count = 0

    def ask(self, request: Request) -> Exchange:
        """Answer a request, and enter the answer."""
        self._count += 1
        body = json.loads(request.body or b"")
        self.is_escaped = (request.body or b"").startswith(b'{"\\u')
        inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
        if inputs and all(isinstance(one, int | float) for one in inputs):
            inputs = [inputs]
        if self._refused(body):
            return self._exchange(request, self._status, {"error": {"message": "input is not taken"}})
        data = [
            {"object": "embedding", "index": at, "embedding": self._vector(body, at, x)} for at, x in enumerate(inputs)
        ]
        tokens = sum(len(str(one).split()) for one in inputs)
        answer = {
            "object": "list",
            "model": body["model"],
            "id": f"gen-{self._count}",
            "provider": "Acme",
            "data": data,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens, "cost": tokens * 1e-6},
        }
        return self._exchange(request, 200, answer)

    def _exchange(self, request: Request, status: int, answer: dict[str, Any]) -> Exchange:
        exchange = Exchange(
            "createEmbeddings", "POST", "http://h/embeddings", (), request.body, status, (),
            json.dumps(answer).encode(), request=request, number=self._count,
        )  # fmt: skip
        self.table.add(exchange)
        return exchange

    def send(self, *inputs: Any, **fields: Any) -> None:
        """Ask for some inputs, a request each."""
        for one in inputs:
            content = json.dumps({"model": _MODEL, "input": one, **fields}, separators=(",", ":")).encode()
            self.ask(Request("POST", "/embeddings", content, JSON_HEADERS, operation="createEmbeddings"))

    def _vector(self, body: dict[str, Any], place: int, value: Any) -> list[float]:
        seed = [ord(letter) for letter in f"{body['model']} {contexts.canonical(value)}"]
        vector: list[float] = np.random.default_rng(seed).normal(size=8).tolist()
        vector = vector[: body.get("dimensions")]
        return vector if self._fault is None else self._fault(body, place, vector)


def _failures(service: Service, *, asking: bool = True) -> dict[str, str]:
    found = relations.judge(service.table, service.ask if asking else None)
    return {name.partition("/")[2]: failure.received for name, failure in found.failures.items()}


# Requests


@given(value=_JSON, style=st.sampled_from(list(spelling.SPELLINGS)))
def test_every_spelling_is_the_same_value(value: Any, style: str) -> None:
    """However JSON is written, it reads as the value that it was written from."""
    assert spelling.read(spelling.write(value, style))[1] == value


@given(
    inputs=_INPUTS,
    place=st.integers(0, 3),
    encoding=st.sampled_from(["", '"float"', '"base64"']),
    style=st.sampled_from(["compact", "spaced", "escaped"]),
    fields=st.sampled_from(["", '{"x":1}']),
    fresh=st.booleans(),
)
def test_a_request_is_read_as_it_was_written(
    inputs: list[Any], place: int, encoding: str, style: str, fields: str, *, fresh: bool
) -> None:
    """Argument and context, written as a request, are read back from it."""
    forms = [contexts.canonical(one) for one in inputs]
    place %= len(forms)
    argument = Argument(_MODEL, forms[place])
    is_one = len(forms) == 1
    context = Context(
        encoding,
        batch=Batch() if is_one else Batch(tuple(forms)),
        place=place,
        spelling=style,
        fields=fields,
        fresh=fresh,
        listed=is_one,
    )
    request = contexts.write(argument, context)
    found = list(contexts.read(request))
    assert len(found) == len(inputs)
    assert found[place] == (argument, context, None)


def test_what_asks_for_no_vectors_is_not_read() -> None:
    """Bodies that are no request of the contract are nothing to hold against each other."""
    for body in (b"", b"{", b"[]", b'{"input":"a"}', b'{"model":"m","input":7}', b'{"model":"m","input":[]}'):
        assert list(contexts.read(Request("POST", "/embeddings", body))) == []


@pytest.mark.parametrize("factor", FACTORS, ids=lambda one: one.name)
def test_each_factor_is_a_side_of_the_context(factor: Any) -> None:
    """Two contexts that differ in a factor are told apart by it alone."""
    other: dict[str, Any] = {
        "encoding": '"base64"', "listed": True, "floats": True, "dimensions": 8, "input_type": "search_query",
        "batch": Batch(('"a"', '"b"')), "place": 1,
        "provider": "{}", "user": '"u"', "fields": '{"x":1}', "spelling": "spaced", "headers": (), "key": "bearer {key}",
        "fresh": True, "decimal": True, "query": "x=1",
    }  # fmt: skip
    changed = attrs.evolve(Context(), **{name: other[name] for name in factor.fields})
    assert differing(Context(), changed) == (factor,)
    assert with_factor(Context(), factor, changed) == changed


# Blame


def _sighting(value: int, **context: Any) -> Sighting[int]:
    exchange = Exchange("createEmbeddings", "POST", "http://h", (), None)
    return Sighting(Argument(_MODEL, '"a"'), Context(**context), value, exchange)


def _compare(*sightings: Sighting[int]) -> Any:
    return compare([sightings], lambda one, other: one == other)


def test_what_agrees_contradicts_nothing() -> None:
    """Equal values in different contexts are counted, and no contradiction."""
    found = _compare(_sighting(1), _sighting(1, listed=True), _sighting(1, encoding='"float"'))
    assert found.contradictions == []
    assert found.repeated == 2


def test_the_fewest_factors_are_blamed() -> None:
    """Values that are wrong with base64, in whatever other context, are one contradiction: that of base64."""
    wrong = [_sighting(2, encoding='"base64"', **more) for more in ({}, {"listed": True}, {"user": '"u"'})]
    right = [_sighting(1, **more) for more in ({}, {"listed": True}, {"user": '"u"'}, {"fresh": True})]
    found = _compare(*wrong, *right).contradictions
    assert [([factor.name for factor in one.factors], one.count) for one in found] == [(["encoding_format"], 3)]


def test_what_changes_with_time_explains_all_else() -> None:
    """Where one request gets two values, no factor is to blame."""
    found = _compare(_sighting(1), _sighting(2), _sighting(1), _sighting(3, listed=True)).contradictions
    assert [(one.factors, one.count) for one in found] == [((), 2)]


# Minimal pairs


@pytest.mark.parametrize(("length", "accused"), [(8, False), (64, True)])
def test_different_texts_may_share_one_of_few_vectors(length: int, *, accused: bool) -> None:
    """Of eight numbers that are -1, 0 or 1 there are so few that two texts may meet in one; of 64 there are not."""
    texts = ["river garden", "copper bridge", "silver window", "orange letter"]

    def few(body: dict[str, Any], place: int, vector: list[float]) -> list[float]:
        del place, vector
        word = "river garden" if body["input"] == "copper bridge" else body["input"]
        return [float(number % 3 - 1) for number in (word.encode() * length)[:length]]

    service = Service(few)
    service.send(*texts)
    assert ("vectors/different-texts-differ" in _failures(service)) is accused


def test_two_requests_that_differ_in_one_factor_are_left() -> None:
    """Where two answers differ in several factors, the service is asked again until one is left."""
    service = Service(lambda body, _, vector: vector[::-1] if body.get("user") else vector)
    service.send("river garden")
    service.send(["a", "river garden"], user="u", encoding_format="float")
    asked: list[Request] = []

    def ask(request: Request) -> Exchange:
        asked.append(request)
        return service.ask(request)

    found = relations.judge(service.table, ask)
    assert list(found.failures) == ["create-embeddings/parameters/user-accepted"]
    one, other = (json.loads(each.request_body or b"") for each in found.failures.popitem()[1].exchanges)
    assert one.pop("user") == "u"
    assert one == other
    assert len(asked) <= len(FACTORS) + 1


def test_an_answer_that_is_right_when_asked_again_is_a_matter_of_time() -> None:
    """A difference that does not come again is blamed on no factor."""
    first, second = _sighting(1), _sighting(2, listed=True)
    found = _compare(first, second).contradictions[0]
    again = narrow(found, lambda _: first.exchange, lambda *_: found.reference.value, lambda one, other: one == other)
    assert again.factors == ()


# Relations


def test_a_correct_service_is_accused_of_nothing() -> None:
    """Every form, batch and spelling of a function of its input agrees."""
    service = Service()
    texts = ["river garden", "copper bridge", "violin music in spring", " ".join(["winter market"] * 40)]
    service.send(*texts, texts, texts[::-1], [texts[0]], [1, 2], [[1, 2]], [1.0, 2.0])
    service.send(*texts, user="u")
    assert _failures(service) == {}


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        (lambda body, place, v: v[::-1] if place else v, "order/batch-equals-singles"),
        (lambda body, place, v: v[::-1] if body["input"] == ["river garden"] else v, "order/one-element-list-equals-string"),
        (lambda body, place, v: v[::-1] if "user" in body else v, "parameters/user-accepted"),
        (lambda body, place, v: [2 * x for x in v] if "user" in body else v, "parameters/user-accepted"),
        (lambda body, place, v: [1.0] * 8, "vectors/different-texts-differ"),
        (lambda body, place, v: v[::-1] if body["input"] == [1.0, 2.0] and isinstance(body["input"][0], float) else v,
         "token-ids/whole-floats-are-integers"),
        (lambda body, place, v: [*v, 1.0] if body["input"] == "copper bridge" else v, "vectors/equal-length"),
    ],
)  # fmt: skip
def test_each_fault_is_one_finding(fault: Any, requirement: str) -> None:
    """A fault that shows in one factor fails the requirement of that factor, and no other."""
    service = Service(fault)
    texts = ["river garden", "copper bridge", "violin music in spring"]
    service.send(*texts, texts, [texts[0]], [1, 2], [1.0, 2.0])
    service.send(*texts, user="u")
    assert list(_failures(service)) == [requirement]


_TEXTS = ["river garden", "copper bridge", "violin music", "winter market", "paper mountain"]


@pytest.mark.parametrize(
    ("fields", "requirement"),
    [
        ({"dimensions": 6}, "dimensions/prefix-of-native"),
        ({"input_type": "search_query"}, "parameters/input-type-accepted"),
    ],
    ids=str,
)
def test_what_holds_for_most_inputs_holds_for_all(fields: dict[str, Any], requirement: str) -> None:
    """One vector that is no start of the whole one, where all others are, is a fault; where none is, a property."""
    most = Service(lambda body, _, v: v[::-1] if body["input"] == _TEXTS[1] and fields.keys() <= body.keys() else v)
    none = Service(lambda body, _, v: v[::-1] if fields.keys() <= body.keys() else v)
    for service in (most, none):
        service.send(*_TEXTS)
        service.send(*_TEXTS, **fields)
    assert list(_failures(most)) == [requirement]
    assert _failures(none) == {}


def test_what_holds_for_most_lengths_holds_for_all() -> None:
    """One length whose vectors are no starts of the whole ones, where those of two others are, is a fault."""
    service = Service(lambda body, _, v: [-one for one in v] if body.get("dimensions") == 7 else v)
    service.send(*_TEXTS)
    for length in (6, 7):
        service.send(*_TEXTS, dimensions=length)
    assert _failures(service) == {}
    service.send(*_TEXTS, dimensions=5)
    assert list(_failures(service)) == ["dimensions/prefix-of-native"]


def test_vectors_that_only_resemble_the_start_of_others_are_no_law() -> None:
    """Where arithmetic may be the reason that shortened vectors differ, they are not compared with whole ones."""
    service = Service(lambda body, _, v: [one + 0.01 * len(body["input"]) for one in v] if "dimensions" in body else v)
    service.send(*_TEXTS)
    service.send(*_TEXTS, dimensions=7)
    assert _failures(service) == {}


def test_vectors_of_other_inputs_are_called_so() -> None:
    """A batch whose vectors stand at other places is told from one with strange vectors."""
    texts = ["river garden", "copper bridge", "violin music in spring"]
    service = Service()
    service.send(*texts, texts)
    swapped = Service(
        lambda body, place, v: v if isinstance(body["input"], str) else service._vector(body, 0, texts[2 - place])
    )
    swapped.send(*texts, texts)
    assert list(_failures(swapped)) == ["order/vectors-follow-inputs"]


def test_texts_that_a_model_may_take_for_the_same_are_not_accused() -> None:
    """Case, spaces, signs, other scripts and the order of words may be lost; different words may not."""
    service = Service(lambda body, place, v: [1.0, *[0.0] * 7])
    for alike in (("Old river", "OLD RIVER", "old  river.", "river old"), ("東京", "音楽"), ("7", "77")):
        service.table = Table(contract.shipped())
        service.send(*alike)
        assert _failures(service) == {}


def test_words_count_beside_other_scripts() -> None:
    """Texts that share what is beyond ASCII, and have other words beside it, differ."""
    service = Service(lambda body, place, v: [1.0, *[0.0] * 7])
    service.send("東京 river garden", "東京 copper bridge")
    assert list(_failures(service)) == ["vectors/different-texts-differ"]


def test_directions_of_few_numbers_may_be_the_same() -> None:
    """Vectors of one number point one of two ways, so that equal ones prove nothing."""
    service = Service(lambda body, place, v: [1.0])
    service.send("river garden", "copper bridge", dimensions=1)
    assert _failures(service) == {}


def test_a_text_that_is_longer_than_the_model_reads_may_be_cut() -> None:
    """Where the tokens reach what the model is known to read, equal vectors prove nothing."""
    service = Service(lambda body, place, v: [1.0, *[0.0] * 7])
    service.send(" ".join(["river"] * 150), " ".join(["river"] * 150 + ["copper"]))
    assert _failures(service) == {}


def test_the_start_of_a_long_text_may_be_forgotten() -> None:
    """Texts that differ long before their end may get one vector; those that differ near it may not."""
    service = Service(lambda body, place, v: [1.0, *[0.0] * 7])
    service.table.entries[_MODEL][json.dumps({"id": _MODEL, "context_length": 8192})] = service.ask(
        Request("POST", "/embeddings", b'{"model": "x", "input": "y"}', operation="createEmbeddings")
    )
    service.send(
        "copper bridge " + "winter market paper mountain horse " * 80,
        "violin music " + "winter market paper mountain horse " * 80,
    )
    assert _failures(service) == {}
    service.send("winter market paper mountain horse " * 80 + "copper bridge")
    assert list(_failures(service)) == ["texts/every-part-read"]


def test_costs_are_compared_as_exactly_as_they_are_written() -> None:
    """A cost that is rounded to its last digit agrees; one that is not the tokens' does not."""
    service = Service()
    service.send("a", "river garden", "copper bridge in spring", "one two three four five six seven")
    bills = next(iter(service.table.bills.values()))
    service.table.bills["m", "Acme"] = [attrs.evolve(bill, cost=round(bill.tokens * 1.4e-6, 6)) for bill in bills]
    assert _failures(service) == {}
    service.table.bills["m", "Acme"] = [attrs.evolve(bill, cost=1.1e-5) for bill in bills]
    assert list(_failures(service)) == ["usage/cost-follows-tokens"]


def test_a_fee_for_each_request_is_a_price() -> None:
    """A cost of a fee and a price for each token agrees; one that grows otherwise does not."""
    service = Service()
    service.send("a", "river garden", "copper bridge in spring", "one two three four five six seven")
    bills = next(iter(service.table.bills.values()))
    service.table.bills["m", "Acme"] = [attrs.evolve(bill, cost=1e-4 + bill.tokens * 1e-6) for bill in bills]
    assert _failures(service) == {}
    service.table.bills["m", "Acme"] = [attrs.evolve(bill, cost=1e-4 + bill.tokens**2 * 1e-6) for bill in bills]
    assert list(_failures(service)) == ["usage/cost-follows-tokens"]


@pytest.mark.parametrize(
    ("prices", "digits", "accused"), [((1e-6, 3e-6), 9, False), ((3e-6, 3e-6), 9, True), ((1.4e-6, 3e-6), 6, False)]
)
def test_one_provider_has_the_listed_price(prices: tuple[float, float], digits: int, *, accused: bool) -> None:
    """The list has one price: a provider of the model charges it, as exactly as costs are written."""
    service = Service()
    service.send("a", "river garden", "copper bridge in spring", "one two three four five six seven")
    bills = next(iter(service.table.bills.values()))
    listed = {"id": _MODEL, "pricing": {"prompt": str(1e-6 if digits > 6 else prices[0]), "completion": "0"}}
    service.table.entries[_MODEL][json.dumps(listed)] = bills[0].exchange
    service.table.bills.clear()
    for provider, price in zip(("Acme", "Zenith"), prices, strict=True):
        charged = [attrs.evolve(bill, cost=round(bill.tokens * price, digits)) for bill in bills]
        service.table.bills[_MODEL, provider] = charged
    assert ("usage/cost-follows-price" in _failures(service)) is accused


@pytest.mark.parametrize(
    ("provider", "asking", "repeated", "accused"),
    [
        ("Acme", True, True, True),
        (None, True, False, False),
        (None, False, True, False),
        (None, False, False, True),
    ],
)
def test_providers_that_are_not_named_may_have_prices_of_their_own(
    provider: str | None, *, asking: bool, repeated: bool, accused: bool
) -> None:
    """Two prices are right where no provider is named and one request costs now this, now that."""
    service = Service()
    service.send("a", "river garden", "copper bridge in spring", "one two three four five six seven")
    service.send(*["a"] * repeated)
    bills = next(iter(service.table.bills.values()))
    dear = {2, 7} if not repeated else {1, 2, 7}
    prices = [2.5e-6 if bill.tokens in dear and place else 1e-6 for place, bill in enumerate(bills)]
    service.table.bills.clear()
    service.table.bills["m", provider] = [
        attrs.evolve(bill, cost=bill.tokens * price) for bill, price in zip(bills, prices, strict=True)
    ]
    assert ("usage/cost-follows-tokens" in _failures(service, asking=asking)) is accused


@pytest.mark.parametrize(
    ("short", "accused"),
    [
        ("river garden copper bridge spring", True),
        ('{"river": ["garden", 42], "copper": "\\u0041 bridge", "spring": 7}', False),
    ],
)
def test_signs_may_count_more_than_words(short: str, *, accused: bool) -> None:
    """A text of more words counts more tokens than one of few, but not than one of few words and many signs."""
    service = Service()
    service.send(short, " ".join(["library"] * 22))
    for argument, group in zip(list(service.table.tokens), [25, 22], strict=True):
        service.table.tokens[argument] = [attrs.evolve(one, value=group) for one in service.table.tokens[argument]]
    assert ("usage/longer-text-costs-more" in _failures(service)) is accused


@pytest.mark.parametrize(("added", "accused"), [((0, 0, 0), False), ((2, 2, 4), False), ((2, 0, 0), True)], ids=str)
def test_a_model_may_add_as_many_tokens_to_each_list_of_ids(added: tuple[int, ...], *, accused: bool) -> None:
    """Special tokens are counted with each list, always as many."""
    service = Service()
    service.send([1, 2], [3, 4, 5], [[1, 2], [6]])
    for group, more in zip(list(service.table.tokens.values()), added, strict=False):
        group[0] = attrs.evolve(group[0], value=group[0].value + more)
    (batch,) = service.table.batches["Acme"]
    service.table.batches["Acme"] = [attrs.evolve(batch, tokens=3 + added[2])]
    assert ("usage/token-ids-counted" in _failures(service)) == accused


def test_answers_of_a_model_have_the_same_fields() -> None:
    """A field of the usage that some answers lack is accused, and no field that there is a requirement of."""
    service = Service()
    service.send("river garden", "copper bridge")
    (exchange,) = service.table.fields[_MODEL, "Acme", frozenset()].values()
    service.table.fields[_MODEL, "Acme", frozenset()][frozenset()] = exchange
    assert list(_failures(service)) == ["response/fields-alike"]


def test_nothing_follows_from_which_answer_came_first() -> None:
    """The same observations in another order are the same findings, of the same requests."""
    shown = []
    for order in (1, -1):
        service = Service(lambda body, _, vector: vector[::-1] if body.get("user") else vector)
        for text in _TEXTS[::order]:
            service.send(text)
            service.send(text, user="u")
        found = relations.judge(service.table)
        shown.append({name: [one.request_body for one in each.exchanges] for name, each in found.failures.items()})
    assert shown[0] == shown[1]
    assert shown[0]


def test_what_is_refused_only_in_a_context_is_accused() -> None:
    """A request that is refused, and answered when nothing but its context is taken away, fails that context."""
    service = Service(refused=lambda body: "user" in body and isinstance(body["input"], list))
    service.send(["river garden", "copper bridge"], user="u", encoding_format="float")
    assert _failures(service, asking=False) == {}
    assert list(_failures(service)) == ["parameters/user-accepted"]


def test_what_is_refused_for_its_inputs_is_not_accused() -> None:
    """A refusal that stays without the context is the target's limit."""
    service = Service(refused=lambda body: isinstance(body["input"], list))
    service.send(["river garden", "copper bridge"], user="u")
    assert _failures(service) == {}


@pytest.mark.parametrize(
    ("texts", "status", "accused"),
    [
        (["river garden " * 80, "copper bridge"], 400, False),
        (["river garden " * 80, "copper bridge"], 413, False),
        (["river garden"], 413, False),
        (["river garden"], 400, True),
    ],
)
def test_a_limit_of_bytes_is_not_accused(texts: list[str], status: int, *, accused: bool) -> None:
    """A long body that is refused may be answered when it is written shorter; a short one may not."""
    service = Service(refused=lambda _: service.is_escaped, status=status)
    content = spelling.write({"model": _MODEL, "input": texts}, "escaped")
    service.ask(Request("POST", "/embeddings", content, JSON_HEADERS, operation="createEmbeddings"))
    service.send(texts)
    assert list(_failures(service)) == ["texts/escapes-equal-characters"] * accused


def test_a_preference_that_may_be_unmeetable_is_no_context() -> None:
    """Preferences are taken away only where every set of providers can meet them."""
    service = Service(refused=lambda body: "provider" in body)
    service.send("river garden", provider={"only": ["Nobody"]})
    assert _failures(service) == {}
    service.send("river garden", provider={"sort": "price"})
    assert list(_failures(service)) == ["routing/preferences-keep-the-vector"]


def test_a_field_that_stands_twice_is_nothing_to_hold_against_others() -> None:
    """Parsers take the first or the last of two values under one name, so neither is expected."""
    assert spelling.read(b'{"model":"m","input":"a","input":"b"}') == (spelling.OTHER, None)


@pytest.mark.parametrize(
    ("one", "other", "accused"),
    [
        ("river garden 東京", "copper bridge", True),
        ("river garden 東京", "copper bridge 音楽", True),
        ("\uff26\uff35\uff2c\uff2c width", "full width", False),
        ("\uff26\uff35\uff2c\uff2c width", "\ufb01ne width", False),
    ],
)
def test_texts_of_other_words_differ_whatever_else_they_have(one: str, other: str, *, accused: bool) -> None:
    """A model may take letters beyond ASCII for words of ASCII, or for nothing, but never words for other words."""
    service = Service(lambda body, place, v: [1.0] * 8)
    service.send(one, other)
    assert ("vectors/different-texts-differ" in _failures(service)) is accused


# Sums


@given(
    numbers=st.lists(st.integers(1, 500), min_size=3, max_size=8),
    rows=st.lists(st.dictionaries(st.integers(0, 2), st.integers(1, 4), min_size=1), min_size=4, max_size=12),
)
def test_sums_of_the_same_numbers_agree(numbers: list[int], rows: list[dict[int, int]]) -> None:
    """Of sums over three numbers at most three are open; each other one is implied, with its value."""
    system: LinearSystem[int] = LinearSystem(range(3))
    implied = [
        (system.add(place, row, sum(numbers[name] * count for name, count in row.items())), row)
        for place, row in enumerate(rows)
    ]
    assert sum(found is None for found, _ in implied) <= 3
    for found, row in implied:
        if found is not None:
            assert abs(found.value - sum(numbers[name] * count for name, count in row.items())) < 0.01


def test_a_sum_that_does_not_fit_is_shown_with_those_that_imply_another() -> None:
    """What is implied comes with the sums that it follows from, and no others."""
    system: LinearSystem[str] = LinearSystem("abcd")
    for name, counts, total in (("ab", {"a": 1, "b": 1}, 5), ("cc", {"c": 2}, 4), ("d", {"d": 1}, 9)):
        assert system.add(name, counts, total) is None
    found = system.add("abc", {"a": 1, "b": 1, "c": 1}, 8)
    assert found is not None
    assert (round(found.value), found.of) == (7, ("ab", "cc"))


def test_tokens_of_batches_are_compared_though_no_input_was_sent_alone() -> None:
    """Two batches together hold what a third does: their counts add up, or one is wrong."""
    texts = ["river garden", "copper bridge today", "violin", "old market in spring"]
    service = Service()
    service.send(texts[:2], texts[2:], texts)
    assert _failures(service) == {}
    batches = service.table.batches["Acme"]
    service.table.batches["Acme"] = [attrs.evolve(one, tokens=one.tokens + (len(one.arguments) > 2)) for one in batches]
    assert list(_failures(service)) == ["usage/batch-is-sum-of-singles"]


def _counting(rule: Callable[[list[str]], int], *, ids: bool) -> Table:
    """Return what a service is seen to count by a rule, given the words (or ids) of each input."""
    chooser = random.Random(0)
    words = ["river", "garden", "copper", "bridge", "violin", "market", "spring", "winter", "thunder", "wedding"]
    texts = [" ".join(chooser.choices(words, k=chooser.randint(1, 40))) for _ in range(24)]
    inputs: list[Any] = (
        [list(range(100 * place, 100 * place + len(one.split()))) for place, one in enumerate(texts, 1)]
        if ids
        else texts
    )
    service = Service()
    service.send(*inputs, *(chooser.sample(inputs, size) for size in range(2, 20)))
    service.send(*([one, *chooser.sample(inputs, 3), one] for one in inputs[:6]))
    table = service.table

    def counted(arguments: Sequence[Any]) -> int:
        return rule([str(one.text) if not ids else " ".join(map(str, one.value)) for one in arguments])

    for (argument, _), group in table.tokens.items():
        group[:] = [attrs.evolve(one, value=counted([argument])) for one in group]
    for batches in table.batches.values():
        batches[:] = [attrs.evolve(one, tokens=counted(one.arguments)) for one in batches]
    return table


def _words(texts: Sequence[str]) -> int:
    return sum(len(one.split()) for one in texts)


@pytest.mark.parametrize("ids", [False, True])
@pytest.mark.parametrize(
    ("rule", "is_one"),
    [
        (_words, True),
        (lambda texts: _words(texts) + 1, True),
        (lambda texts: _words(texts) + 2 * len(texts), True),
        (lambda texts: _words(texts) // 2 + 1, True),
        (lambda texts: sum(max(1, len(one) // 4) for one in texts), True),
        (lambda texts: -(-sum(map(len, texts)) // 4), True),
        (lambda texts: max(1, _words(texts) - 2 * len(texts)), True),
        (lambda texts: 8 * len(texts), True),
        (lambda texts: _words(list(dict.fromkeys(texts))), False),
        (lambda texts: _words(texts[len(texts) // 16 * 16 :]) if len(texts) % 16 else _words(texts), False),
        (lambda texts: _words(texts) if len(texts) != 14 else 5, False),
    ],
    ids=["sum", "one a request", "two a text", "halves", "bytes of each", "bytes of all", "at least one", "padded",
         "each once", "last chunk", "one size"],
)  # fmt: skip
def test_counts_that_most_requests_agree_on_hold_for_all(
    rule: Callable[[list[str]], int], *, is_one: bool, ids: bool
) -> None:
    """A constant for each request or input, and rounding, are rules like others; an answer that keeps none fails."""
    found = relations.judge(_counting(rule, ids=ids)).failures
    assert ("create-embeddings/usage/counts-consistent" in found) is not is_one


# Pages


@pytest.mark.parametrize(("ids", "is_right"), [("ab", True), ("a", True), ("bc", False), ("abc", False)])
def test_a_repeated_parameter_may_be_read_either_way(ids: str, *, is_right: bool) -> None:
    """A page for two limits is right when it is the page of one of them."""
    table = Table(contract.shipped())
    for query, names in (("", "abcd"), ("?limit=2&limit=1", ids)):
        body = {"data": [{"id": name} for name in names], "total_count": 4, "links": {"next": None}}
        url = f"http://h/embeddings/models{query}"
        table.add(Exchange("listEmbeddingsModels", "GET", url, (), None, 200, (), json.dumps(body).encode()))
    failures = relations.judge(table).failures
    assert ("list-embeddings-models/pagination/pages-are-slices" not in failures) == is_right


def _list(*names: str, context_length: int = 512) -> Exchange:
    """Return the model list, of models that read text."""
    models = [
        {"id": name, "context_length": context_length, "architecture": {"input_modalities": ["text"]}} for name in names
    ]
    body = {"data": models, "total_count": len(models), "links": {"next": None}}
    request = Request("GET", "/embeddings/models", operation="listEmbeddingsModels")
    return Exchange(
        "listEmbeddingsModels", "GET", "http://h/embeddings/models", (), None, 200, (), json.dumps(body).encode(),
        request=request,
    )  # fmt: skip


def test_listed_model_that_is_not_known_is_named() -> None:
    """A model of the list that no request was answered for is accused when the plainest is refused, and no other is."""
    known = (_MODEL, "acme/shy")
    service = Service(refused=lambda body: body["model"] not in known or "user" in body, status=404)
    service.table.add(_list("acme/dead", "acme/shy", _MODEL))
    service.send("a text")
    service.send("a text", model="acme/shy", user="somebody")
    service.send("a text", model="acme/dead", user="somebody")
    found = relations.judge(service.table, service.ask).failures
    assert "acme/dead" in found["list-embeddings-models/catalog/listed-model-embeds"].expected
    assert len(found) == 2  # and the user, for whom a model was refused that is answered otherwise


def test_text_that_is_refused_everywhere_is_found_in_its_batch() -> None:
    """One text that is always refused is found among those of a batch; what may be refused is not accused."""
    refused = {"NaN", " ", "x" * 600}
    service = Service(refused=lambda body: any(one in refused for one in answers.inputs_of(body["input"])))
    service.table.add(_list(_MODEL))
    service.send("a text", ["a", "b", "c"], [" ", "a"], "x" * 600)
    assert _failures(service) == {}
    service.send(["d", "e", "NaN", "f", "g"])
    assert '"NaN"' in _failures(service)["texts/fitting-texts-answered"]


def _half(body: dict[str, Any], place: int, vector: list[float]) -> list[float]:
    lossy = body.get("encoding_format") == "base64"
    return np.asarray(vector).astype(np.float16).astype(float).tolist() if lossy else vector


def _noisy(scale: float) -> Callable[[dict[str, Any], int, list[float]], list[float]]:
    chooser = np.random.default_rng(3)
    return lambda _, __, vector: (np.asarray(vector) * (1 + chooser.normal(size=len(vector)) * scale)).tolist()


@pytest.mark.parametrize(
    ("fault", "is_found"),
    [(_half, True), (_noisy(2e-4), False), (lambda _, __, vector: [float(f"{one:.6g}") for one in vector], False)],
)
def test_numbers_lost_in_one_encoding_are_seen(fault: Any, is_found: bool) -> None:  # noqa: FBT001
    """Numbers that one encoding rounds to float16 are a loss; those that differ from time to time, or by digits, not."""
    service = Service(fault)
    texts = [f"text {number}" for number in range(12)]
    service.send(*texts, texts)
    service.send(*texts, texts, encoding_format="base64")
    assert ("encoding/base64-equals-float" in _failures(service, asking=False)) == is_found
