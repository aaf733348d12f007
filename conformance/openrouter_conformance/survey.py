"""What every run asks: the service in many contexts at first, the plainest request again between and after."""

from __future__ import annotations

import concurrent.futures
import contextlib
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from openrouter_conformance import campaign
from openrouter_conformance.checks import checks_of
from openrouter_conformance.contexts import pages, plan
from openrouter_conformance.errors import NotApplicable
from openrouter_conformance.features import PROBES
from openrouter_conformance.operations import CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Request
    from openrouter_conformance.operations import Operation
    from openrouter_conformance.requirements import Requirement
    from openrouter_conformance.session import Session


REFUSING = ("auth", "errors", "validation")
"""The facets whose checks mostly send what is to be refused."""

_OK = 200
_LATER = 3
"""One of so many requests of the covering array is sent between others that are refused."""


def open_run(session: Session, chosen: Sequence[Requirement]) -> list[Request]:
    """Send the requests in which the oracle sees the service, as far as a chosen requirement looks at them.

    Meanwhile the requests of the campaigns are generated, which sends nothing. Returned are those of the requests that
    are to be sent later, between others that the service refuses.
    """
    later: list[Request] = []
    with concurrent.futures.ThreadPoolExecutor(1) as generating:
        campaigns = [one.operation for one in chosen if one.shared and one.facet == "schema"]
        made = [generating.submit(campaign.generated, session, operation) for operation in dict.fromkeys(campaigns)]
        if _observed(chosen, LIST_EMBEDDINGS_MODELS):
            session.send_all(pages.whole())
            later += pages.requests(session)
        if _observed(chosen, CREATE_EMBEDDINGS):
            _probe(session)
            for fresh in (False, True):
                session.send(plan.sentinel(session, fresh=fresh), again=True)
            later += _see_contexts(session)
            random.Random(session.seed).shuffle(later)  # noqa: S311
        for future in made:
            future.result()
    return later


def _see_contexts(session: Session) -> list[Request]:
    """Send the requests of the covering array, but for those that are returned."""
    planned = plan.requests(session)
    here = plan.before_burst(session, planned)
    early = [one for place, one in enumerate(here) if place % _LATER]
    session.send_all(plan.anchors(session))
    for one, exchange in zip(early, session.send_all([one.request for one in early]), strict=True):
        if exchange.status == _OK and one.levels["model"] == "first":
            session.note_answered(one.levels)
    session.send_all(plan.unions(session, planned))
    return [one.request for one in here[::_LATER]]


def _probe(session: Session) -> None:
    """Ask for each feature, several at a time: what a target has decides what is sent."""
    with concurrent.futures.ThreadPoolExecutor(session.target.concurrency) as pool:
        for future in [pool.submit(session.feature, name, probe) for name, probe in PROBES.items()]:
            with contextlib.suppress(NotApplicable):  # nothing is known of it, and nothing will be sent for it
                future.result()


def close_run(session: Session, chosen: Sequence[Requirement]) -> None:
    """Send the plainest requests again: beside others, and after all that was refused."""
    if _observed(chosen, LIST_EMBEDDINGS_MODELS):
        session.send(pages.whole()[-1], again=True)
    if _observed(chosen, CREATE_EMBEDDINGS):
        most = session.profile.burst if session.target.concurrency > 1 else 1
        session.send_all(plan.burst(session, plan.requests(session)), most)
        session.send(plan.sentinel(session), again=True)


def _observed(chosen: Sequence[Requirement], operation: Operation) -> bool:
    """Return whether a chosen requirement of an operation is about all of its exchanges."""
    return any(
        one.operation == operation and not one.shared and (checks.relation or checks.of_exchanges)
        for one in chosen
        if (checks := checks_of(one))
    )
