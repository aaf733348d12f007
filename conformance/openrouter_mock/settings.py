"""What a mock may be told before it starts."""

from __future__ import annotations

import attrs


@attrs.frozen
class MockSettings:
    """How one mock behaves and where it listens."""

    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs `allow_remote`."""
    port: int = 0
    """Port to listen on; 0 takes a free one."""
    keys: tuple[str, ...] = attrs.field(default=(), repr=False)
    """The only bearer keys that are let in; empty lets in every key that begins with `sk-or-`."""
    faults: tuple[str, ...] = ()
    """Names of the flaws to have, from `mock.faults.FAULTS`; or of a scenario, which then plays on every call."""
    latency: float = 0.0
    """Seconds to wait before each answer."""
    seed: int = 0
    """Chooses the vectors and the ids of generations; the same seed gives the same ones."""
    leading_whitespace: bool = False
    """Whether successes of `POST /embeddings` begin with white space, as the live API's often do."""
    lists_scenarios: bool = False
    """Whether the model list also names the `mock/…` models, which play failures."""
    log_level: str = "warning"
    """The least serious level that is logged; `info` logs one line per request."""
    allow_remote: bool = False
    """Whether addresses beyond loopback may be listened on."""
    max_body: int = 16 * 2**20
    """The most bytes a request body may have; a larger one is answered 413."""
    max_head: int = 64 * 2**10
    """The most bytes a request line with its headers may have; a longer one is answered 431."""
    request_timeout: float = 30.0
    """Seconds a request may take to arrive before 408."""
