"""Requests made from the contract by schemathesis, good and bad.

Only the making is schemathesis': whether a request keeps the contract is decided by the contract itself, not by the
label it was made under.
"""

from __future__ import annotations

import copy
import functools
import json
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import attrs
import hypothesis
import requests
import schemathesis
from hypothesis import Phase
from schemathesis import GenerationMode

from openrouter_conformance import single_breaches
from openrouter_conformance.errors import HarnessError
from openrouter_conformance.exchange import Request
from openrouter_conformance.hypothesis_settings import keep_out_of_the_working_directory, settings
from openrouter_conformance.spending import content_of

if TYPE_CHECKING:
    from schemathesis import APIOperation, Case

    from openrouter_conformance.contract import Contract
    from openrouter_conformance.operations import Operation

_MOST_MEDIA = 2
"""Pictures and other media in one request: a hundred of them may cost dollars, and show no more."""

_BASE = "http://target.invalid/api/v1"


@attrs.frozen
class Generated:
    """A request made from the contract: `valid` is None where the contract leaves it open."""

    request: Request
    valid: bool | None
    case: Any = attrs.field(repr=False, eq=False)


@functools.lru_cache(maxsize=16)
def generate(
    contract: Contract,
    operation: Operation,
    count: int,
    *,
    seed: int,
    model: str | None,
    native_dimensions: int | None,
) -> tuple[Generated, ...]:
    """Return about `count` requests for `operation`, the same for the same arguments.

    Half keep the contract, half break it. Of the good ones half are boundary cases (schemathesis' coverage phase), half
    are fuzzed; of the bad ones, where there is a body, two thirds break a good request in one place. `model` and
    `native_dimensions` keep the good ones to what the target's model takes; None leaves them as the contract has them.
    None holds more than two pictures or other media: each may cost money.
    """
    keep_out_of_the_working_directory()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # schemathesis warns about Python regexes and the like, not about the target
        described = _described(contract, operation, model, native_dimensions)
        quarter = max(1, count // 4)
        bad = max(1, quarter // 3) if contract.takes_body(operation) else quarter
        cases: list[Case[Any]] = []
        for mode, share in ((GenerationMode.POSITIVE, quarter), (GenerationMode.NEGATIVE, bad)):
            cases += _spread(_boundary_cases(described, mode), share)
            cases += _fuzzed_cases(described, mode, share, seed)
        made = [_generated(case, contract, operation) for case in cases]
        if contract.takes_body(operation):
            examples = [{"model": model, **one} if model is not None else one for one in operation.examples]
            examples = examples or [json.loads(one.request.body or b"{}") for one in made if one.valid]
            validator = contract.request_validator(operation)
            bodies = single_breaches.broken(
                examples, lambda body: not validator.is_valid(body), 2 * (quarter - bad), seed=seed
            )
            cases = [described.Case(body=body, media_type="application/json") for body in bodies]
            made += [_generated(case, contract, operation) for case in cases]
        made = [one for one in made if content_of(one.request.body).media <= _MOST_MEDIA]
    return tuple({(one.request.path, one.request.body, one.request.headers): one for one in made}.values())


def _described(
    contract: Contract, operation: Operation, model: str | None, native_dimensions: int | None
) -> APIOperation[Any, Any, Any, Any]:
    document = copy.deepcopy(contract.document)
    document.pop("security", None)  # the recorder adds the key; without it bad data would be refused for no key
    described = document["paths"][operation.path][operation.method.lower()]
    document["paths"] = {operation.path: {operation.method.lower(): described}}
    if contract.takes_body(operation):
        properties = described["requestBody"]["content"]["application/json"]["schema"].get("properties", {})
        if model is not None and "model" in properties:
            properties["model"] = {"type": "string", "enum": [model]}
        if native_dimensions is not None and "dimensions" in properties:
            properties["dimensions"]["maximum"] = native_dimensions
    config = schemathesis.Config.from_dict({"phases": {"coverage": {"unexpected-methods": []}}})
    schema = schemathesis.openapi.from_dict(document, config=config)
    return schema[operation.path][operation.method]


def _boundary_cases(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> list[Case[Any]]:
    schema = operation.schema
    config = schema.config.generation_for(operation=operation, phase="coverage")
    return list(schema.iter_coverage_cases(operation, generation_modes=[mode], generation_config=config))


def _fuzzed_cases(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, count: int, seed: int
) -> list[Case[Any]]:
    drawn: list[Case[Any]] = []

    def collect(case: Case[Any]) -> None:
        drawn.append(case)

    strategy = operation.as_strategy(generation_mode=mode)
    # Phase.target takes most of the time and finds nothing here.
    run = settings(count, [Phase.generate])(hypothesis.given(case=strategy)(collect))
    hypothesis.seed(seed)(run)()
    return drawn[:count]


def _spread(cases: list[Case[Any]], count: int) -> list[Case[Any]]:
    """Return `count` of `cases`, evenly over each scenario and parameter, in their order."""
    groups: dict[tuple[str, str], list[int]] = {}
    for place, case in enumerate(cases):
        data = case.meta.phase.data if case.meta is not None else None
        scenario = str(getattr(data, "scenario", ""))
        groups.setdefault((scenario, str(getattr(data, "description", ""))[:24]), []).append(place)
    chosen: list[int] = []
    rank = 0
    while len(chosen) < min(count, len(cases)):
        for places in groups.values():
            step = _van_der_corput(rank, len(places))
            if rank < len(places) and places[step] not in chosen and len(chosen) < count:
                chosen.append(places[step])
        rank += 1
        if rank > max(len(places) for places in groups.values()):
            break
    return [cases[place] for place in sorted(chosen)]


def _van_der_corput(rank: int, size: int) -> int:
    """Return the place of `rank` when places 0..size-1 are visited far from one another."""
    value, denominator = 0.0, 1.0
    while rank:
        denominator *= 2
        rank, bit = divmod(rank, 2)
        value += bit / denominator
    return min(size - 1, int(value * size))


def _generated(case: Case[Any], contract: Contract, operation: Operation) -> Generated:
    prepared = requests.Request(
        **{name: value for name, value in case.as_transport_kwargs(base_url=_BASE).items() if name != "cookies"}
    ).prepare()
    parts = urlsplit(str(prepared.url))
    path = parts.path.removeprefix(urlsplit(_BASE).path) + (f"?{parts.query}" if parts.query else "")
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    if not isinstance(body, bytes | None):
        raise HarnessError(f"schemathesis made a body of the type {type(body).__name__}, which this suite cannot send")
    if prepared.method == "GET":
        body = body or None
    kind = prepared.headers.get("Content-Type")
    headers = () if kind is None else (("Content-Type", kind if isinstance(kind, str) else kind.decode("latin-1")),)
    request = Request(str(prepared.method), path, body, headers, key=True, operation=operation.operation_id)
    return Generated(request, _validity(request, contract, operation), case)


def _validity(request: Request, contract: Contract, operation: Operation) -> bool | None:
    """Return whether the contract allows the request; None where it does not say."""
    if not contract.takes_body(operation):
        return contract.allows_query(operation, parse_qsl(urlsplit(request.path).query, keep_blank_values=True))
    kind = dict(request.headers).get("Content-Type", "")
    if kind.split(";")[0].strip().lower() != "application/json":
        return None  # what a server makes of another content type is a requirement of its own
    return contract.allows_body(operation, request.body or b"")
