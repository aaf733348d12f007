"""What a check is given: one target, one model, one recorder, the contract, and what was found out so far."""

from __future__ import annotations

import concurrent.futures
import random
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import attrs

from openrouter_conformance import answers, default_model
from openrouter_conformance.breaches import breaches_of
from openrouter_conformance.errors import Blocked, CheckFailure, NotApplicable, TargetError
from openrouter_conformance.exchange import JSON_HEADERS, Exchange, Request, as_evidence
from openrouter_conformance.operations import CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS, OPERATIONS
from openrouter_conformance.oracle import spelling
from openrouter_conformance.samples import TEXT

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.profiles import Profile
    from openrouter_conformance.recorder import Recorder
    from openrouter_conformance.targets.target import Target

T = TypeVar("T")

OMIT: Any = object()
"""As a field's value: leave the field out, even where the target's request defaults would set it."""

_FOR_KEYS, _NO_LIST = (401, 403), (404, 405, 410, 501)
"""Statuses of a model list that wants a key, and of a server that has none."""

_MOST_KEPT = 2**20
"""Bytes of an answer up to which it is kept, to be given again."""


@attrs.frozen
class Unsupported:
    """A feature that a target does not have: why, and as evidence the exchange in which it said so."""

    reason: str
    exchange: Exchange = attrs.field(converter=as_evidence)


class Session:
    """One run against one target; checks may use it from several threads.

    A request that was sent before is not sent again: its answer is given anew, unless the check asks `again`.
    """

    def __init__(self, target: Target, recorder: Recorder, contract: Contract, profile: Profile, seed: int) -> None:
        self.target = target
        self.contract = contract
        self.recorder = recorder
        self.profile = profile
        self.seed = seed
        self.probed: dict[str, str] = {}
        self._answered_levels: set[tuple[str, Hashable]] = set()
        self._found: dict[Hashable, Any] = {}
        self._answers: dict[Request, Exchange] = {}
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.RLock] = {}

    # Requests

    def post(
        self,
        body: Any = None,
        *,
        raw: bytes | None = None,
        key: bool | str | None = True,
        headers: tuple[tuple[str, str], ...] = JSON_HEADERS,
        operation: str | None = CREATE_EMBEDDINGS.operation_id,
        again: bool = False,
    ) -> Exchange:
        """Post `body` as JSON, or the bytes `raw`, to `/embeddings` and return what came back."""
        content = json_bytes(body) if raw is None else raw
        return self.send(Request("POST", CREATE_EMBEDDINGS.path, content, headers, key, operation), again=again)

    def get_models(self, *, key: bool | str | None = None, method: str = "GET", **query: Any) -> Exchange:
        """Ask for the model list with `query` and return what came back; without a key unless told."""
        path = LIST_EMBEDDINGS_MODELS.path + (f"?{urlencode(query)}" if query else "")
        return self.send(Request(method, path, key=key, operation=LIST_EMBEDDINGS_MODELS.operation_id))

    def send(self, request: Request, *, again: bool = False) -> Exchange:
        """Send a request and return what came back; what came back before, where it was sent before and not `again`."""
        if again:
            return self.recorder.send(request)
        with self._lock_of(("request", request)):
            found = self._answers.get(request)
            if found is None:
                found = self.recorder.send(request)
                if len(found.body) <= _MOST_KEPT:
                    self._answers[request] = found
            return found

    def note_answered(self, levels: Mapping[str, Hashable]) -> None:
        """Remember that a request with these levels of its factors was answered 200."""
        self._answered_levels |= set(levels.items())

    def was_answered(self, factor: str, level: Hashable) -> bool:
        """Return whether a request with this level of a factor was answered 200, so that it need not be tried alone."""
        return (factor, level) in self._answered_levels

    def send_all(self, requests: Iterable[Request], at_once: int | None = None) -> list[Exchange]:
        """Send requests, sent before or not, several at a time; return what came back, in order."""
        with concurrent.futures.ThreadPoolExecutor(at_once or self.target.concurrency) as pool:
            return list(pool.map(self.recorder.send, requests))

    def request(self, text: Any, **fields: Any) -> dict[str, Any]:
        """Return the body that asks for the embedding of `text` with `fields`, of which `input` takes its place."""
        body = {"model": self.model, "input": text, **self.target.request_defaults, **fields}
        return {name: value for name, value in body.items() if value is not OMIT}

    def ask(self, text: Any, **fields: Any) -> Exchange:
        """Ask for the embedding of `text` with `fields` and return what came back."""
        return self.post(self.request(text, **fields))

    def embed(self, text: Any, count: int | None = None, **fields: Any) -> answers.Embedded:
        """Return the successful answer to `ask`, of `count` items if given; Blocked when it is none."""
        exchange = self.ask(text, **fields)
        return self.usable(exchange, lambda: answers.embedded(exchange, count))

    def require_plain(self) -> None:
        """Return when the plainest request is answered; else Blocked by what says so."""
        self.embed(TEXT, 1)

    def page(self, **query: Any) -> answers.Page:
        """Return a page of the model list; Blocked when it is none."""
        exchange = self.get_models(**query)
        return self.usable(exchange, lambda: answers.page(exchange))

    def usable(self, exchange: Exchange, read: Callable[[], T]) -> T:
        """Return what `read` makes of an exchange; where it fails, Blocked by the requirement that says so."""
        try:
            found = read()
            if isinstance(found, answers.Embedded):
                _ = found.vectors
        except CheckFailure as failure:
            for requirement, breach in breaches_of(exchange).items():
                raise Blocked(requirement.id, breach) from None
            unanswered = exchange.status is not None and exchange.status >= 300
            if unanswered and isinstance(exchange.sent, dict) and exchange.sent.get("input") != TEXT:
                raise NotApplicable(f"the target refuses such a request: {exchange.outline()}") from None
            name = "schema/valid-requests-answered" if unanswered else "schema/answers-match"
            slug = next((one.slug for one in OPERATIONS if one.operation_id == exchange.operation), "")
            raise Blocked(f"{slug}/{name}", failure) from None
        return found

    @property
    def answered(self) -> list[Exchange]:
        """What was sent so far, in order, with what came back."""
        return list(self._answers.values())

    def choose(self, values: Sequence[T], name: str) -> list[T]:
        """Return as many of the values as the profile tries of each kind, chosen by the seed."""
        most = self.profile.values
        if most is None or len(values) <= most:
            return list(values)
        chosen = random.Random(f"{self.seed}/{name}").sample(range(len(values)), most)  # noqa: S311
        return [values[place] for place in sorted(chosen)]

    def one_of(self, values: Sequence[T], name: str) -> T:
        """Return one of the values, chosen by the seed: forms of a request of which one tells as much as all."""
        return random.Random(f"{self.seed}/{name}").choice(values)  # noqa: S311

    # What was found out

    def once(self, name: Hashable, find: Callable[[], T]) -> T:
        """Return what `find` returns, called at most once in this run for `name`."""
        with self._lock_of(name):
            if name not in self._found:
                self._found[name] = find()
            found: T = self._found[name]
            return found

    def _lock_of(self, name: Hashable) -> threading.RLock:
        with self._lock:
            return self._locks.setdefault(name, threading.RLock())

    @property
    def whole_list(self) -> answers.Page:
        """The model list, from one request without parameters, however long it is; Blocked when there is none."""
        exchange = self.once("whole list", self._get_whole_list)
        return self.usable(exchange, lambda: answers.page(exchange))

    def _get_whole_list(self) -> Exchange:
        """Return the model list, asked for with the key where it is refused without one."""
        exchange = self.get_models()
        refused = exchange.status in _FOR_KEYS and self.target.key is not None
        return self.get_models(key=True) if refused else exchange

    @property
    def catalog(self) -> list[dict[str, Any]]:
        """The models of the whole list; Blocked when there is none."""
        return self.whole_list.models

    @property
    def models(self) -> list[dict[str, Any]]:
        """The models of the whole list; none when there is no list."""
        try:
            return self.catalog
        except Blocked:
            return []

    @property
    def listed_model(self) -> dict[str, Any] | None:
        """The entry of `model` in the whole list, or None."""
        return next((entry for entry in self.models if entry.get("id") == self.model), None)

    @property
    def model(self) -> str:
        """The model that requests ask for: the target's, else the default one of what it lists."""
        return self.target.model if self.target.model is not None else self.once("model", self._default_model)

    def _default_model(self) -> str:
        try:
            listed = self.catalog
        except Blocked as blocked:
            if self.once("whole list", self._get_whole_list).status not in _NO_LIST:
                raise
            raise TargetError(
                f"{self.target.name} lists no models ({blocked.failure.received}); choose one with --model ID."
            ) from None
        chosen = default_model.cheapest(listed) or default_model.first(listed)
        if chosen is None and not listed:
            failure = CheckFailure("no models", "at least one model", self.whole_list.exchange)
            raise Blocked(f"{LIST_EMBEDDINGS_MODELS.slug}/catalog/not-empty", failure)
        if chosen is None:
            raise TargetError(f"{self.target.name} lists no model that reads text; choose one with --model ID.")
        return str(chosen["id"])

    @property
    def lacks_model(self) -> Blocked | None:
        """What keeps the run from asking for a model: a list that is there and broken; None where nothing does."""
        try:
            _ = self.model
        except Blocked as blocked:
            return blocked
        return None

    @property
    def native_dimensions(self) -> int:
        """The length of the model's vectors when no `dimensions` are asked for; Blocked when there are none."""
        return int(self.embed(TEXT, 1, dimensions=OMIT).vectors[0].size)

    def require(self, feature: str, probe: Callable[[Session], Unsupported | None]) -> None:
        """Return when the target has `feature`; else raise NotApplicable with the reason.

        `probe` asks the target once per run: it returns None when the feature works, the lack of it when the
        target says that it has none, and raises Blocked when the answer is wrong either way. A feature
        that the target declares is not excused.
        """
        found = self.feature(feature, probe)
        if isinstance(found, Blocked):
            raise found
        if found is None:
            return
        if feature in self.target.declared:
            raise CheckFailure(found.reason, f"an answer: the target declares the feature {feature}", found.exchange)
        raise NotApplicable(f"the target does not offer {feature}: {found.reason}")

    def feature(self, feature: str, probe: Callable[[Session], Unsupported | None]) -> Unsupported | Blocked | None:
        """Return None when the target has a feature, the lack of it, or what broke when it was tried."""

        def find() -> Unsupported | Blocked | None:
            try:
                found = probe(self)
            except Blocked as blocked:
                self.probed[feature] = "broken"
                return blocked
            self.probed[feature] = "supported" if found is None else "not supported"
            return found

        return self.once(("feature", feature), find)


def json_bytes(value: Any) -> bytes:
    """Return `value` as JSON, in ASCII and without white space: the plain form of a request's body."""
    return spelling.write(value, "compact")
