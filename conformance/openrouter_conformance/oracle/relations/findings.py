"""What the relations found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.errors import CheckFailure

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange

EMBED = "create-embeddings"
LIST = "list-embeddings-models"


@attrs.define
class Findings:
    """What the relations found: failures by requirement, and how many comparisons each requirement had."""

    failures: dict[str, CheckFailure] = attrs.field(factory=dict)
    compared: Counter[str] = attrs.field(factory=Counter)

    def fail(self, requirement: str, received: str, expected: str, *exchanges: Exchange) -> None:
        """Enter a failure, unless the requirement has one."""
        self.compared[requirement] += 1
        self.failures.setdefault(requirement, CheckFailure(received, expected, *exchanges))
