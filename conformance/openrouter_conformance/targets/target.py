"""What a run needs to know of the server that it checks."""

from __future__ import annotations

from typing import Any

import attrs

from openrouter_conformance.targets.ceilings import Ceilings

LIVE_URL = "https://openrouter.ai/api/v1"
CONCURRENCY = 4
"""Requests that may be under way at once where nothing else is said."""
MOCK_URL = "http://127.0.0.1:8000/api/v1"


@attrs.frozen
class Target:
    """A server that is checked.

    `url` is the base URL (the part before `/embeddings`); `shown_url` stands for it in reports. For the
    embedded mock, which ends with the run, that is where `start`, a POSIX shell line, starts another; other
    targets need no `start`. `key` appears in no repr; reports write `$key_variable` in its place. `model` None
    means the cheapest listed. `request_defaults` are request fields that keep answers small. `declared` features
    are held to; others are probed. `shrink` says whether failing examples may be minimised by asking again;
    `concurrency`: how many requests may be under way at once; `max_retries` is how often a request is sent again
    after a 429 or an outage; `trusted_key`: a refused key is the target's fault, not the user's.
    """

    name: str
    url: str
    shown_url: str
    start: str | None = None
    key: str | None = attrs.field(default=None, repr=False)
    key_variable: str = "CONFORMANCE_API_KEY"
    model: str | None = None
    request_defaults: dict[str, Any] = attrs.field(factory=dict)
    declared: frozenset[str] = frozenset()
    ceilings: Ceilings = attrs.field(factory=Ceilings)
    shrink: bool = True
    max_retries: int = 0
    trusted_key: bool = False
    concurrency: int = CONCURRENCY
