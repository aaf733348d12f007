"""The result of one requirement in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from openrouter_conformance.errors import CheckFailure
    from openrouter_conformance.requirements import Requirement
    from openrouter_conformance.status import Status


@attrs.frozen
class Result:
    """The status of one requirement, with what led to it.

    `failure` is what shows that the target breaks it; a blocked one may have one, too, of the same cause. `reason` is None for `passed`; `exchanges` counts the requests that were made for it; `blocked_by` is the id of the
    requirement whose failure kept a blocked one from being tried; `breaches` counts the answers that break the
    requirement, 0 where they were not counted.
    """

    requirement: Requirement
    status: Status
    reason: str | None = None
    failure: CheckFailure | None = None
    exchanges: int = 0
    seconds: float = 0.0
    blocked_by: str | None = None
    breaches: int = 0
