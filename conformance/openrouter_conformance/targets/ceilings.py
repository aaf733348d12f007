"""What a run may use up: requests, their rate, US dollars. The recorder holds them."""

from __future__ import annotations

import attrs


@attrs.frozen
class Ceilings:
    """Limits of one run.

    Attributes:
        requests: how many in all; None: no limit.
        dollars: US dollars in all; None: no limit.
        per_second: how many requests a second; None: as fast as they are answered.

    """

    requests: int | None = 20_000
    dollars: float | None = None
    per_second: float | None = None


LIVE = Ceilings(requests=2000, dollars=0.05, per_second=8.0)
"""Those of a run against the live API."""
