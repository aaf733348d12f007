"""The users that Locust runs: they ask again what was asked at the start; each answer is compared with the first one.

Locust patches the standard library when it is imported, so that import stands first.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import attrs
from locust import User, constant, events, task
from locust.exception import StopUser
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
from openrouter_conformance.soak.allotment import NOTHING, Allotment, Question, sentence
from openrouter_conformance.soak.comparison import Comparison
from openrouter_conformance.soak.outcome import Outcome, told
from openrouter_conformance.soak.plan import SoakPlan, plan_of
from openrouter_conformance.spending import Cost
from openrouter_conformance.targets.ceilings import Ceilings

_ASK, _ALLOW, _OVER = "conformance_ask", "conformance_allow", "conformance_over"
"""The messages by which a worker asks its master for a part of the ceilings, gets it, and says that it has ended."""
_LONGEST_BODY = 8192
"""Bytes of a request up to which it is asked again and again: load comes from many requests, not from large ones."""


class Worker:
    """The part of this process: asks, compares, and keeps what it finds out until somebody is told.

    Args:
        plan: what to do.
        users: how many callers this process has at most.
        ask: asks for a part of the ceilings, where they hold for several processes; the answer goes to `allow`.

    """

    def __init__(self, plan: SoakPlan, users: int, ask: Callable[[Question], object] | None = None) -> None:
        self._contract = contracts.shipped()
        self._ceilings = plan.target.ceilings
        target = plan.target if ask is None else attrs.evolve(plan.target, ceilings=NOTHING)
        self._recorder = Recorder(target, concurrency=max(1, users), seconds=self._ceilings.seconds)
        if ask is not None:
            self._recorder.ask_for_more(lambda cost: ask(self._question(cost)))
        self._session = Session(target, self._recorder, self._contract, PROFILES["quick"], plan.seed)
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

    def allow(self, answer: Mapping[str, Any]) -> None:
        """Take what this process may use up, or that a ceiling of all processes is reached."""
        if answer["over"] is not None:
            self._recorder.stop(answer["over"])
        self._recorder.allow(Ceilings(**{name: value for name, value in answer.items() if name != "over"}))

    def _question(self, cost: Cost) -> Question:
        recorder = self._recorder
        return Question.of(cost, requests=recorder.requests, tokens=recorder.tokens, dollars=recorder.dollars)

    def tell(self) -> dict[str, Any]:
        """Return what was found out since the last time, as JSON."""
        with self._lock:
            return told(self._comparison.drain(), self._recorder, self._model, self.stopped)


_plan = plan_of(os.environ)
_worker: Worker | None = None
_prepared = threading.Event()
_outcome = Outcome()
_users = 0
_over: set[str] = set()
_allotment = Allotment(_plan.target.ceilings)


class EmbeddingsUser(User):
    """A caller that asks again as soon as it has its answer."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Count the users of this process."""
        global _users  # noqa: PLW0603 - as below
        _users += 1

    @task
    def embed(self) -> None:
        """Ask once."""
        _prepared.wait()
        assert _worker is not None
        if _worker.stopped is not None:
            end(self.environment.runner)
        try:
            seconds, length, problem = _worker.ask()
        except TargetError as error:
            _worker.stopped = _worker.stopped or str(error)
            end(self.environment.runner)
        self.environment.events.request.fire(
            request_type=CREATE_EMBEDDINGS.method,
            name=CREATE_EMBEDDINGS.path,
            response_time=seconds * 1000,
            response_length=length,
            exception=None if problem is None else RuntimeError(problem),
            context={},
        )


def prepare(environment: Any, **_: Any) -> None:
    """Ask everything once, in each process that has users; a worker goes on listening to its master meanwhile."""
    global _worker  # noqa: PLW0603 - Locust makes the users, and knows nothing of it
    runner = environment.runner
    if isinstance(runner, MasterRunner) or _worker is not None:
        return
    users = environment.parsed_options.num_users or 1
    if isinstance(runner, WorkerRunner):
        _worker = Worker(_plan, users, lambda question: runner.send_message(_ASK, attrs.asdict(question)))
        threading.Thread(target=_prepare, args=(_worker, runner), daemon=True).start()
    else:
        _worker = Worker(_plan, users)
        _prepare(_worker, runner)


def _prepare(worker: Worker, runner: Any) -> None:
    try:
        worker.prepare()
    except (TargetError, Blocked) as error:
        worker.stopped = str(error)
        if not isinstance(runner, WorkerRunner):
            runner.quit()
    _prepared.set()


def end(runner: Any) -> NoReturn:
    """End a user, who may ask nothing more, and the load with the last of them.

    A worker tells its master what was found out, and that it has ended: the load ends when all workers have.
    """
    global _users  # noqa: PLW0603 - Locust makes the users, and forgets those that end a little later
    _users -= 1
    if not isinstance(runner, WorkerRunner):
        runner.quit()
    elif not _users:
        runner._send_stats()  # noqa: SLF001 - as Locust does before a worker quits
        runner.send_message(_OVER)
    raise StopUser


def listen(environment: Any, runner: Any, **_: Any) -> None:
    """Have the master give out parts of the ceilings, and workers take them."""
    if isinstance(runner, MasterRunner):
        runner.register_message(_ASK, give)
        runner.register_message(_OVER, close)
        environment.events.worker_connect.add_listener(lambda **_: divide_again(runner))
    elif isinstance(runner, WorkerRunner):
        runner.register_message(_ALLOW, take)


def give(environment: Any, msg: Any, **_: Any) -> None:
    """Answer a worker that asks for a part of the ceilings."""
    runner = environment.runner
    answer = _allotment.answer(msg.node_id, Question(**msg.data), runner.worker_count)
    if answer["over"] is not None:
        answer["over"] = sentence(answer["over"], _plan.target.ceilings)
    runner.send_message(_ALLOW, answer, msg.node_id)


def divide_again(runner: Any) -> None:
    """Tell the workers their rate, now that there is one more of them."""
    for worker, part in _allotment.parts(runner.worker_count).items():
        runner.send_message(_ALLOW, part, worker)


def close(environment: Any, msg: Any, **_: Any) -> None:
    """End the load when no worker asks any more."""
    _over.add(msg.node_id)
    if len(_over) >= environment.runner.worker_count:
        environment.runner.quit()


def take(environment: Any, msg: Any, **_: Any) -> None:  # noqa: ARG001 - the form of a listener
    """Take what the master answers."""
    if _worker is not None:
        _worker.allow(msg.data)


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


events.init.add_listener(listen)  # type: ignore[no-untyped-call]
events.test_start.add_listener(prepare)  # type: ignore[no-untyped-call]
events.report_to_master.add_listener(report)  # type: ignore[no-untyped-call]
events.worker_report.add_listener(receive)  # type: ignore[no-untyped-call]
events.quitting.add_listener(write)  # type: ignore[no-untyped-call]
