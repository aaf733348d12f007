"""The result of one requirement in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from openrouter_conformance.errors import CheckFailure
    from openrouter_conformance.known_deviations import KnownDeviation
    from openrouter_conformance.requirements import Requirement
    from openrouter_conformance.status import Status


@attrs.frozen
class Result:
    """The status of one requirement, with what led to it.

    `reason` is None for `passed`. `failure` shows that the target breaks it; a blocked one may have one, too, of the
    same cause. `exchanges` counts the requests that were made for it, `breaches` the answers that broke it;
    `blocked_by` is the id of the requirement whose failure kept a blocked one from being tried; `replay` says how the
    evidence shows itself when it is asked for again; `known` is the entry of the known deviations that names a known
    one.
    """

    requirement: Requirement
    status: Status
    reason: str | None = None
    failure: CheckFailure | None = None
    exchanges: int = 0
    seconds: float = 0.0
    blocked_by: str | None = None
    replay: str | None = None
    breaches: int = 0
    known: KnownDeviation | None = None
