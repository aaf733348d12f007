"""Evidence, asked for again: whether it shows itself alone, over a kept connection, or after another request."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from openrouter_conformance import contract, replays, requirements
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange import Exchange, Request
from openrouter_conformance.results import Result
from openrouter_conformance.status import Status
from openrouter_conformance.targets import Target

_REQUEST = Request("POST", "/embeddings", b'{"model":"m","input":"a"}', operation="createEmbeddings")
_BEFORE = Request("POST", "/embeddings", b'{"model":"m","input":""}', operation="createEmbeddings")
_BROKEN, _GOOD = 500, 400


class _Recorder:
    """As much of a recorder as is asked."""

    def sent_before(self, exchange: Exchange) -> Request:
        """Return the request before the evidence."""
        return _BEFORE


@attrs.define
class _Session:
    """A session whose answers follow from a function of what was sent, one request after another."""

    answer: Callable[[list[Request]], int]
    sent: list[Request] = attrs.field(factory=list)
    recorder: Any = attrs.field(factory=_Recorder)
    target: Target = attrs.field(factory=lambda: Target("test", "http://h", "http://h"))
    contract: Any = attrs.field(factory=contract.shipped)

    def send(self, request: Request, *, again: bool) -> Exchange:
        """Return the answer to a request."""
        assert again
        self.sent.append(request)
        return _exchange(self.answer(self.sent), request)


def _exchange(status: int, request: Request) -> Exchange:
    return Exchange(
        "createEmbeddings", "POST", "http://h/embeddings", (), request.body, status, body=b"{}", request=request, number=2
    )  # fmt: skip


def _result() -> Result:
    requirement = next(one for one in requirements.load() if one.id == "create-embeddings/schema/no-server-error")
    failure = CheckFailure("500", "an answer below 500", _exchange(_BROKEN, _REQUEST))
    return Result(requirement, Status.FAILED, "500", failure)


@pytest.mark.parametrize(
    ("answer", "replay", "count"),
    [
        (lambda sent: _BROKEN, replays.ALONE, 1),
        (lambda sent: _GOOD if sent[-1].fresh_connection else _BROKEN, replays.KEPT, 2),
        (lambda sent: _BROKEN if _BEFORE in sent[:-1] else _GOOD, "only after: curl ", 4),
        (lambda sent: _GOOD, replays.NOT_AGAIN, 4),
    ],
)
def test_evidence_says_how_it_comes_again(answer: Any, replay: str, count: int) -> None:
    """What breaks alone is told from what needs a kept connection, or another request before it."""
    session = _Session(answer)
    found = replays.replayed(session, [_result()])[0]  # type: ignore[arg-type]
    assert found.replay is not None
    assert found.replay.startswith(replay)
    assert len(session.sent) == count


def test_few_failures_are_asked_for_again() -> None:
    """A target that breaks everything is not asked for all of it again."""
    session = _Session(lambda sent: _BROKEN)
    found = replays.replayed(session, list(itertools.repeat(_result(), 50)))  # type: ignore[arg-type]
    assert len(found) == 50
    assert 0 < len(session.sent) < 20
