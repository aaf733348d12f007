"""The settings of a mock."""

from __future__ import annotations

import attrs


@attrs.frozen
class MockSettings:
    """How a mock behaves and where it listens."""

    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs `allow_remote`."""
    port: int = 0
    """Port to listen on; 0 chooses a free one."""
    keys: tuple[str, ...] = attrs.field(default=(), repr=False)
    """The only API keys that are accepted; if empty, every key that begins with `sk-or-` is."""
    faults: tuple[str, ...] = ()
    """Names of faults to inject, and at most one scenario to apply to every call (`FAULTS`, `SCENARIOS`)."""
    latency: float = 0.0
    """Seconds to wait before each response."""
    seed: int = 0
    """Seed of the vectors and of the generation ids."""
    leading_whitespace: bool = False
    """Whether successes of `POST /embeddings` begin with white space, as the live API's often do."""
    list_scenarios: bool = False
    """Whether the model list includes the `mock/…` models, which trigger scenarios."""
    log_level: str = "warning"
    """The minimum level that is logged; `info` logs one line per request."""
    allow_remote: bool = False
    """Whether `host` may be an address beyond loopback."""
    max_body: int = 16 * 2**20
    """Maximum size of a request body in bytes; a larger one is answered with 413."""
    max_head: int = 64 * 2**10
    """Maximum size of a request line with its headers in bytes; a longer one is answered with 431."""
    request_timeout: float = 30.0
    """Seconds that a request may take to arrive before it is answered with 408."""
