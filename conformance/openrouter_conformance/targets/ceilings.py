"""What a run may use up: requests, their rate, tokens, US dollars, seconds. Admission holds them."""

from __future__ import annotations

import attrs


@attrs.frozen
class Ceilings:
    """Limits of one run; None where nothing is said, or nothing is limited.

    Attributes:
        requests: how many in all.
        per_second: how many requests a second.
        tokens: input tokens in all, by the suite's own estimate.
        dollars: US dollars in all, by the suite's own estimate and the listed prices, or by what the target reports
            where that is more.
        seconds: how long the run may take.
        concurrency: how many requests may be under way at once.

    """

    requests: int | None = None
    per_second: float | None = None
    tokens: int | None = None
    dollars: float | None = None
    seconds: float | None = None
    concurrency: int | None = None

    def or_else(self, others: Ceilings) -> Ceilings:
        """Return these ceilings, with those of `others` where nothing is said here."""
        said = {name: value for name, value in attrs.asdict(self).items() if value is not None}
        return attrs.evolve(others, **said)


LIVE = Ceilings(requests=2000, dollars=0.05, per_second=8.0)
"""Those of a run against the live API."""
OTHER = Ceilings(requests=20_000, dollars=1.0)
"""Those of a run against any other server: no dollar is counted where the model list says that all is free."""
MOCK = Ceilings(requests=20_000)
"""Those of a run against the embedded mock, which costs nothing."""
