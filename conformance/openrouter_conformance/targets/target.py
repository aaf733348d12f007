"""What a run needs to know of the server that it checks."""

from __future__ import annotations

from typing import Any

import attrs

from openrouter_conformance.known_deviations import KnownDeviation
from openrouter_conformance.targets.ceilings import Ceilings
from openrouter_conformance.targets.keys import OTHER_VARIABLE

LIVE_URL = "https://openrouter.ai/api/v1"
CONCURRENCY = 4
"""Requests that may be under way at once where nothing else is said."""
MOCK_URL = "http://127.0.0.1:8000/api/v1"


@attrs.frozen
class Header:
    """A header that every request carries; `variable` names the environment variable that holds a secret `value`."""

    name: str
    value: str = attrs.field(repr=False)
    variable: str | None = None

    @property
    def shown(self) -> str:
        """The value as people see it: the variable in place of a secret."""
        return self.value if self.variable is None else f"${self.variable}"


@attrs.frozen
class Target:
    """A server that is checked.

    `url` is the base URL (the part before `/embeddings`); `shown_url` stands for it in reports. For the
    embedded mock, which ends with the run, that is where `start`, a POSIX shell line, starts another; other
    targets need no `start`. `key` appears in no repr; reports write `$key_variable` in its place. `headers` go with
    every request. `model` None means the cheapest listed; `others` are the other models that may be asked, None for any
    that is listed. `request_defaults` are request fields that keep answers small. `declared` features
    are held to; others are probed. `ceilings` bound a run; `is_free` says that no request costs anything. `known` are
    its known deviations. `shrink` says whether failing examples may be minimised by asking again;
    `concurrency`: how many requests may be under way at once; `max_retries` is how often a request is sent again
    after a 429 or an outage; `trusted_key`: a refused key is the target's fault, not the user's; `is_live`: it is the
    live API, of which what costs nothing is checked first.
    """

    name: str
    url: str
    shown_url: str
    start: str | None = None
    key: str | None = attrs.field(default=None, repr=False)
    key_variable: str = OTHER_VARIABLE
    headers: tuple[Header, ...] = ()
    model: str | None = None
    others: tuple[str, ...] | None = None
    request_defaults: dict[str, Any] = attrs.field(factory=dict)
    declared: frozenset[str] = frozenset()
    ceilings: Ceilings = attrs.field(factory=Ceilings)
    is_free: bool = False
    known: tuple[KnownDeviation, ...] = ()
    shrink: bool = True
    max_retries: int = 0
    trusted_key: bool = False
    is_live: bool = False

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at once."""
        return self.ceilings.concurrency or CONCURRENCY

    def may_ask(self, model: str) -> bool:
        """Return whether requests may ask for a model that is listed."""
        return self.others is None or model in (self.model, *self.others)
