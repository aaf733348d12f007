"""Ceilings that hold for all processes of a soak together: the master gives them out in parts, and never twice.

A worker asks for more when its part is used up. So no worker that joins late, is slow or gets lost lets the others pass
a ceiling; what a lost worker had not used stays unused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance.targets.ceilings import Ceilings

if TYPE_CHECKING:
    from openrouter_conformance.spending import Cost

_LIMITED = ("requests", "tokens", "dollars")
_PARTS = 4
"""A worker gets what is left, divided by this and by the number of workers: parts get smaller towards the end."""
_ROUNDED = 1 + 1e-9
"""So that a sum of dollars is not below its parts by a rounding."""
NOTHING = Ceilings(requests=0, tokens=0, dollars=0.0)
"""What a worker may use up before it was given a part."""


@attrs.frozen
class Question:
    """What a worker asks its master.

    Attributes:
        need: what its next request takes of each ceiling, at most.
        used: what the worker has used up in all.

    """

    need: Mapping[str, float]
    used: Mapping[str, float]

    @classmethod
    def of(cls, cost: Cost, *, requests: int, tokens: int, dollars: float) -> Question:
        """Return the question of a worker that has used up so much, before a request that may cost so much."""
        need = {"requests": 1, "tokens": cost.tokens, "dollars": cost.dollars}
        return cls(need, {"requests": requests, "tokens": tokens, "dollars": dollars})


class Allotment:
    """What the master has given to whom.

    Args:
        ceilings: of all workers together.

    """

    def __init__(self, ceilings: Ceilings) -> None:
        self._whole: dict[str, float | None] = {name: getattr(ceilings, name) for name in _LIMITED}
        self._per_second = ceilings.per_second
        self._given: dict[str, dict[str, float]] = {}

    def answer(self, worker: str, question: Question, workers: int) -> dict[str, Any]:
        """Return what a worker may use up in all, and `over`: the ceiling that its next request could pass, or None.

        Args:
            worker: its name.
            question: what it asks.
            workers: how many there are.

        """
        given = self._given.setdefault(worker, dict.fromkeys(_LIMITED, 0))
        for name, used in question.used.items():
            given[name] = max(given[name], used)  # a request may cost more than was reckoned
        missing = {name: max(0, question.used[name] + question.need[name] - given[name]) for name in _LIMITED}
        left = {name: self._left(name) for name in _LIMITED}
        over = next((name for name in _LIMITED if (rest := left[name]) is not None and rest < missing[name]), None)
        if over is None:
            for name, rest in left.items():
                if rest is not None and missing[name]:
                    part = rest / (_PARTS * max(1, workers))
                    given[name] += (
                        max(missing[name] * _ROUNDED, part) if name == "dollars" else max(missing[name], int(part))
                    )
        return self._part(worker, workers) | {"over": over}

    def parts(self, workers: int) -> dict[str, dict[str, Any]]:
        """Return what each worker that has asked may use up, now that there are so many."""
        return {worker: self._part(worker, workers) | {"over": None} for worker in self._given}

    def _part(self, worker: str, workers: int) -> dict[str, Any]:
        given = self._given[worker]
        allowed = {name: None if self._whole[name] is None else given[name] for name in _LIMITED}
        return {**allowed, "per_second": None if self._per_second is None else self._per_second / max(1, workers)}

    def _left(self, name: str) -> float | None:
        whole = self._whole[name]
        return None if whole is None else whole - sum(given[name] for given in self._given.values())


def sentence(over: str, ceilings: Ceilings) -> str:
    """Return why a soak stops that has reached a ceiling of all its processes."""
    whole = getattr(ceilings, over)
    shown = f"${whole:g}" if over == "dollars" else f"{whole} {over}"
    return f"stopped: the next request could pass the ceiling of {shown} for all processes; --max-{over} sets another."
