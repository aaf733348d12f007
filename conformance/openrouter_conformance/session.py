"""What a check is given: one target, one model, one recorder, the contract, and what was found out so far."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import attrs

from openrouter_conformance import answers, default_model
from openrouter_conformance.errors import CheckFailure, NotApplicable, TargetError
from openrouter_conformance.exchange import Exchange, Request, as_evidence
from openrouter_conformance.operations import CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.profiles import Profile
    from openrouter_conformance.recorder import Recorder
    from openrouter_conformance.targets.target import Target

T = TypeVar("T")

OMIT: Any = object()
"""As a field's value: leave the field out, even where the target's request defaults would set it."""

JSON_HEADERS = (("Content-Type", "application/json"),)


@attrs.frozen
class Unsupported:
    """A feature that a target does not have: why, and as evidence the exchange in which it said so."""

    reason: str
    exchange: Exchange = attrs.field(converter=as_evidence)


class Session:
    """One run against one target."""

    def __init__(self, target: Target, recorder: Recorder, contract: Contract, profile: Profile, seed: int) -> None:
        self.target = target
        self.contract = contract
        self.recorder = recorder
        self.profile = profile
        self.seed = seed
        self._features: dict[str, Unsupported | CheckFailure | None] = {}
        self.probed: dict[str, str] = {}
        self._found: dict[Hashable, Any] = {}

    # Requests

    def post(
        self,
        body: Any = None,
        *,
        raw: bytes | None = None,
        key: bool | str | None = True,
        headers: tuple[tuple[str, str], ...] = JSON_HEADERS,
        operation: str | None = CREATE_EMBEDDINGS.operation_id,
    ) -> Exchange:
        """Post `body` as JSON, or the bytes `raw`, to `/embeddings` and return what came back."""
        content = json_bytes(body) if raw is None else raw
        return self.recorder.send(Request("POST", CREATE_EMBEDDINGS.path, content, headers, key, operation))

    def get_models(self, *, key: bool | str | None = None, method: str = "GET", **query: Any) -> Exchange:
        """Ask for the model list with `query` and return what came back; without a key unless told."""
        path = LIST_EMBEDDINGS_MODELS.path + (f"?{urlencode(query)}" if query else "")
        return self.recorder.send(Request(method, path, key=key, operation=LIST_EMBEDDINGS_MODELS.operation_id))

    def request(self, text: Any, **fields: Any) -> dict[str, Any]:
        """Return the body that asks for the embedding of `text` with `fields`."""
        body = {"model": self.model, "input": text, **self.target.request_defaults, **fields}
        return {name: value for name, value in body.items() if value is not OMIT}

    def ask(self, text: Any, **fields: Any) -> Exchange:
        """Ask for the embedding of `text` with `fields` and return what came back."""
        return self.post(self.request(text, **fields))

    def embed(self, text: Any, count: int | None = None, **fields: Any) -> answers.Embedded:
        """Return the successful answer to `ask`, of `count` items if given; CheckFailure when it is none."""
        return answers.embedded(self.ask(text, **fields), count)

    def page(self, **query: Any) -> answers.Page:
        """Return a page of the model list; CheckFailure when it is none."""
        return answers.page(self.get_models(**query))

    # What was found out

    def once(self, name: Hashable, find: Callable[[], T]) -> T:
        """Return what `find` returns, called at most once in this run for `name`."""
        if name not in self._found:
            self._found[name] = find()
        found: T = self._found[name]
        return found

    @functools.cached_property
    def whole_list(self) -> answers.Page:
        """The model list, from one request without parameters; CheckFailure when there is none."""
        return self.page()

    @property
    def catalog(self) -> list[dict[str, Any]]:
        """The models of the whole list; CheckFailure when there is none."""
        return self.whole_list.models

    @property
    def listed_model(self) -> dict[str, Any] | None:
        """The entry of `model` in the whole list, or None; CheckFailure when there is no list."""
        return next((entry for entry in self.catalog if entry.get("id") == self.model), None)

    @functools.cached_property
    def model(self) -> str:
        """The model that requests ask for: the target's, else the default one of what it lists."""
        if self.target.model is not None:
            return self.target.model
        try:
            cheapest = default_model.cheapest(self.catalog)
        except CheckFailure as failure:
            raise TargetError(
                f"{self.target.name} lists no models ({failure.received}); choose one with --model ID."
            ) from None
        if cheapest is None:
            raise TargetError(
                f"{self.target.name} lists no model that reads text and has a price; choose one with --model ID."
            )
        return str(cheapest["id"])

    @functools.cached_property
    def native_dimensions(self) -> int:
        """The length of the model's vectors when no `dimensions` are asked for."""
        return int(self.embed("How long is a vector?", 1, dimensions=OMIT).vectors[0].size)

    def require(self, feature: str, probe: Callable[[Session], Unsupported | None]) -> None:
        """Return when the target has `feature`; else raise NotApplicable with the reason.

        `probe` asks the target once per run: it returns None when the feature works, the lack of it when the
        target says that it has none, and raises CheckFailure when the answer is wrong either way. A feature
        that the target declares is not excused.
        """
        if feature not in self._features:
            try:
                self._features[feature] = probe(self)
            except CheckFailure as failure:
                self._features[feature] = failure.without_traceback()
            self.probed[feature] = _support(self._features[feature])
        found = self._features[feature]
        if isinstance(found, CheckFailure):
            raise found.without_traceback()
        if found is None:
            return
        if feature in self.target.declared:
            raise CheckFailure(found.reason, f"an answer: the target declares the feature {feature}", found.exchange)
        raise NotApplicable(f"the target does not offer {feature}: {found.reason}")


def json_bytes(value: Any) -> bytes:
    """Return `value` as JSON, in ASCII and without white space: the plain form of a request's body."""
    return json.dumps(value, separators=(",", ":")).encode()


def _support(found: Unsupported | CheckFailure | None) -> str:
    if isinstance(found, CheckFailure):
        return "broken"
    return "supported" if found is None else "not supported"
