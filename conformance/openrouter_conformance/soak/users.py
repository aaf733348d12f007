"""The users that Locust runs: they ask again what was asked at the start; each answer is compared with the first one.

Locust patches the standard library when it is imported, so that import stands first.
"""

from __future__ import annotations

import os
import random
import threading
from typing import Any

from locust import User, constant, events, task
from locust.runners import MasterRunner, WorkerRunner

from openrouter_conformance import contract as contracts
from openrouter_conformance import requirements as known
from openrouter_conformance.contexts import plan as contexts
from openrouter_conformance.errors import Blocked, TargetError
from openrouter_conformance.exchange import Request
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.session import Session
from openrouter_conformance.soak.comparison import Comparison
from openrouter_conformance.soak.outcome import Outcome, told
from openrouter_conformance.soak.plan import SoakPlan, plan_of

_LONGEST_BODY = 8192
"""Bytes of a request up to which it is asked again and again: load comes from many requests, not from large ones."""


class Worker:
    """The part of this process: asks, compares, and keeps what it finds out until somebody is told."""

    def __init__(self, plan: SoakPlan, users: int) -> None:
        self._contract = contracts.shipped()
        self._recorder = Recorder(plan.target, concurrency=max(1, users), seconds=plan.target.ceilings.seconds)
        self._session = Session(plan.target, self._recorder, self._contract, PROFILES["quick"], plan.seed)
        self._comparison = Comparison(self._contract, known.load())
        self._chooser = random.Random(plan.seed)  # noqa: S311
        self._lock = threading.Lock()
        self._pool: list[Request] = []
        self._model: str | None = None
        self.stopped: str | None = None

    def prepare(self) -> None:
        """Ask everything once; TargetError when the target cannot be asked."""
        session = self._session
        self._model = session.model
        asked = [
            contexts.sentinel(session),
            *contexts.anchors(session),
            *(one.request for one in contexts.requests(session)),
        ]
        small = [one for one in dict.fromkeys(asked) if len(one.body or b"") <= _LONGEST_BODY]
        for exchange in session.send_all(small, 1):
            self._comparison.add_first(exchange)
            if exchange.status == 200:
                self._pool.append(exchange.request or small[0])
        if not self._pool:
            raise TargetError(f"{session.target.name} answers none of {len(small)} requests with 200.")
        self._comparison.close_first()

    def ask(self) -> tuple[float, int, str | None]:
        """Ask for something again; return the seconds until the answer, its bytes, and why there was none or an error.

        Raises TargetError when nothing more may be asked.
        """
        exchange = self._recorder.send(self._chooser.choice(self._pool))
        with self._lock:
            self._comparison.add(exchange)
        problem = exchange.failure or (None if exchange.status == 200 else f"status {exchange.status}")
        return exchange.seconds, len(exchange.body), problem

    def tell(self) -> dict[str, Any]:
        """Return what was found out since the last time, as JSON."""
        with self._lock:
            return told(self._comparison.drain(), self._recorder, self._model, self.stopped)


_plan = plan_of(os.environ)
_worker: Worker | None = None
_outcome = Outcome()


class EmbeddingsUser(User):
    """A caller that asks again as soon as it has its answer."""

    wait_time = constant(0)

    @task
    def embed(self) -> None:
        """Ask once."""
        if _worker is None:
            return
        try:
            seconds, length, problem = _worker.ask()
        except TargetError as error:
            _worker.stopped = _worker.stopped or str(error)
            self.environment.runner.quit()
            return
        self.environment.events.request.fire(
            request_type=CREATE_EMBEDDINGS.method,
            name=CREATE_EMBEDDINGS.path,
            response_time=seconds * 1000,
            response_length=length,
            exception=None if problem is None else RuntimeError(problem),
            context={},
        )


def prepare(environment: Any, **_: Any) -> None:
    """Ask everything once, in each process that has users."""
    global _worker  # noqa: PLW0603 - Locust makes the users, and knows nothing of it
    if isinstance(environment.runner, MasterRunner):
        return
    _worker = Worker(_plan, environment.parsed_options.num_users or 1)
    try:
        _worker.prepare()
    except (TargetError, Blocked) as error:
        _worker.stopped = str(error)
        environment.runner.quit()


def report(client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG001
    """Tell the master, with the statistics."""
    if _worker is not None:
        data["conformance"] = _worker.tell()


def receive(client_id: str, data: dict[str, Any]) -> None:
    """Take what a worker tells."""
    if "conformance" in data:
        _outcome.add(client_id, data["conformance"])


def write(environment: Any, **_: Any) -> None:
    """Write down what all processes found out; workers have told their master."""
    if isinstance(environment.runner, WorkerRunner):
        return
    if _worker is not None:
        _outcome.add("here", _worker.tell())
    _outcome.write(_plan.outcome, environment.stats.total)


events.test_start.add_listener(prepare)  # type: ignore[no-untyped-call]
events.report_to_master.add_listener(report)  # type: ignore[no-untyped-call]
events.worker_report.add_listener(receive)  # type: ignore[no-untyped-call]
events.quitting.add_listener(write)  # type: ignore[no-untyped-call]
