"""The schema-driven half: schemathesis makes requests from the contract, good and bad; its checks and ours judge.

Only the making is schemathesis': requests go through the recorder like all others, and whether a request
keeps the contract is decided by the contract itself, not by the label it was made under.
"""

from __future__ import annotations

import copy
import datetime as dt
import functools
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import attrs
import httpx
import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from openrouter_conformance import contract
from openrouter_conformance.exchange import Request, excerpt
from openrouter_conformance.property import keep_out_of_the_working_directory
from openrouter_conformance.verdicts import HarnessError, Violation
from openrouter_mock.contract import document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemathesis import APIOperation, Case

    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

_BASE = "http://target.invalid/api/v1"
_SHARES = {"createEmbeddings": 0.8, "listEmbeddingsModels": 0.2}
_CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@attrs.frozen
class Generated:
    """A request made from the contract: `valid` is None where the contract leaves it open."""

    request: Request
    valid: bool | None
    case: Any = attrs.field(repr=False, eq=False)


@attrs.frozen
class Judged:
    """A generated request with its answer, and what schemathesis' own checks say of it."""

    generated: Generated
    exchange: Exchange
    failures: tuple[str, ...]


def run(session: Session, operation_id: str) -> list[Judged]:
    """Send the generated requests of `operation_id` once per session; return them with their answers."""
    if operation_id not in session.campaigns:
        native = session.native_length if operation_id == "createEmbeddings" else 0
        model = session.model if operation_id == "createEmbeddings" else ""
        share = round(session.profile.generated * _SHARES[operation_id])
        made = generate(operation_id, share, session.seed, model, native)
        session.campaigns[operation_id] = [_judge(one, session.recorder.send(one.request)) for one in made]
    return session.campaigns[operation_id]


@functools.lru_cache(maxsize=16)
def generate(operation_id: str, count: int, seed: int, model: str, native: int) -> tuple[Generated, ...]:
    """Return about `count` requests for `operation_id`, the same for the same arguments.

    Half are boundary cases (schemathesis' coverage phase), half are fuzzed; half keep the contract, half
    break it. `model` and `native` keep the good ones to what the target's model takes.
    """
    keep_out_of_the_working_directory()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # schemathesis warns about Python regexes and the like, not about the target
        operation = _operation(operation_id, model, native)
        quarter = max(1, count // 4)
        cases: list[Case[Any]] = []
        for mode in GenerationMode:
            cases += _spread(_boundary_cases(operation, mode), quarter)
            cases += _fuzzed_cases(operation, mode, quarter, seed)
        made = [_generated(case, operation_id) for case in cases]
    return tuple({(one.request.path, one.request.body, one.request.headers): one for one in made}.values())


def smallest(judged: Iterable[Judged]) -> Judged:
    """Return the one whose request is the shortest: the one to show to a person."""
    return min(judged, key=lambda one: (len(one.exchange.request_body or b""), len(one.exchange.url)))


def raise_smallest(broken: list[Judged], expected: str) -> None:
    """Raise a Violation that shows the shortest of `broken`, if there is one."""
    if broken:
        shown = smallest(broken)
        more = f" (and {len(broken) - 1} more such requests)" if len(broken) > 1 else ""
        raise Violation(shown.exchange.outline() + more, expected, shown.exchange)


def _operation(operation_id: str, model: str, native: int) -> APIOperation[Any, Any, Any, Any]:
    whole = copy.deepcopy(document())
    whole.pop("security", None)  # the recorder adds the key; without it bad data would be refused for no key
    method, route = contract.OPERATIONS[operation_id]
    whole["paths"] = {route: {method: whole["paths"][route][method]}}
    if operation_id == "createEmbeddings":
        body = whole["paths"][route][method]["requestBody"]["content"]["application/json"]["schema"]
        body["properties"]["model"] = {"type": "string", "enum": [model]}
        body["properties"]["dimensions"]["maximum"] = native
    config = schemathesis.Config.from_dict({"phases": {"coverage": {"unexpected-methods": []}}})
    schema = schemathesis.openapi.from_dict(whole, config=config)
    return schema[route][method.upper()]


def _boundary_cases(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> list[Case[Any]]:
    schema = operation.schema
    config = schema.config.generation_for(operation=operation, phase="coverage")
    return list(schema.iter_coverage_cases(operation, generation_modes=[mode], generation_config=config))


def _fuzzed_cases(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, count: int, seed: int
) -> list[Case[Any]]:
    drawn: list[Case[Any]] = []
    settings = hypothesis.settings(
        max_examples=count,
        phases=[Phase.generate],  # without Phase.target, which takes most of the time
        database=None,
        deadline=None,
        derandomize=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )

    def keep(case: Case[Any]) -> None:
        drawn.append(case)

    strategy = operation.as_strategy(generation_mode=mode)
    hypothesis.seed(seed)(settings(hypothesis.given(case=strategy)(keep)))()
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


def _generated(case: Case[Any], operation_id: str) -> Generated:
    prepared = requests.Request(
        **{name: value for name, value in case.as_transport_kwargs(base_url=_BASE).items() if name != "cookies"}
    ).prepare()
    parts = urlsplit(str(prepared.url))
    path = contract.OPERATIONS[operation_id][1] + (f"?{parts.query}" if parts.query else "")
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    if not isinstance(body, bytes | None):
        raise HarnessError(f"schemathesis made a body of the type {type(body).__name__}, which this suite cannot send")
    if prepared.method == "GET":
        body = body or None
    kind = prepared.headers.get("Content-Type")
    headers = () if kind is None else (("Content-Type", kind if isinstance(kind, str) else kind.decode("latin-1")),)
    request = Request(str(prepared.method), path, body, headers, key=True, operation=operation_id)
    return Generated(request, _validity(request, operation_id), case)


def _validity(request: Request, operation_id: str) -> bool | None:
    """Say whether the contract allows the request; None where it does not say."""
    if operation_id == "listEmbeddingsModels":
        return contract.query_is_valid(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))
    kind = dict(request.headers).get("Content-Type", "")
    if kind.split(";")[0].strip().lower() != "application/json":
        return None  # what a server makes of another content type is a requirement of its own
    return contract.body_is_valid(operation_id, request.body or b"")


def _judge(generated: Generated, exchange: Exchange) -> Judged:
    if exchange.status is None:
        return Judged(generated, exchange, (exchange.outline(),))
    response = httpx.Response(
        exchange.status,
        headers=[pair for pair in exchange.headers if pair[0].lower() not in ("content-encoding", "transfer-encoding")],
        content=exchange.body,
        request=httpx.Request(exchange.method, exchange.url, content=exchange.request_body),
    )
    response.elapsed = dt.timedelta(seconds=exchange.seconds)
    try:
        generated.case.validate_response(response, checks=_CHECKS)
    except FailureGroup as group:
        return Judged(generated, exchange, tuple(_phrase(failure) for failure in group.exceptions))
    return Judged(generated, exchange, ())


def _phrase(failure: BaseException) -> str:
    if not isinstance(failure, Failure):
        return excerpt(str(failure).encode())
    return excerpt(f"{failure.title}: {failure.message}".encode())
