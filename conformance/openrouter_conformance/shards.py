"""A run in parts: which requirements which of several machines checks.

What is found of one operation is found by all of its exchanges together: each answer is held against every requirement
of its operation and against every other answer. So requirements of one operation are never checked apart, and the
reports of the parts together say what one run would have said.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.errors import UsageError

if TYPE_CHECKING:
    from openrouter_conformance.requirements import Requirement


@attrs.frozen
class Shard:
    """One part of a run: the number `index` of `count`, from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        """Return it as it is written on the command line."""
        return f"{self.index}/{self.count}"


def groups(requirements: Sequence[Requirement], selected: Collection[str]) -> list[list[str]]:
    """Return the ids of the selected requirements in groups that share no evidence, the largest first."""
    found: dict[str, list[str]] = {}
    for one in requirements:
        if one.id in selected:
            found.setdefault(one.operation.slug, []).append(one.id)
    return sorted(found.values(), key=len, reverse=True)


def of_shard(requirements: Sequence[Requirement], selected: Collection[str], shard: Shard) -> frozenset[str]:
    """Return the ids of the selected requirements that a shard checks; each belongs to one shard.

    Raises UsageError when there are more shards than groups.
    """
    apart = groups(requirements, selected)
    if shard.count > len(apart):
        raise UsageError(
            f"--shard {shard}: the {len(selected)} selected requirements are on {len(apart)} "
            f"operation{'' if len(apart) == 1 else 's'}, each of which one machine checks; "
            f"{len(apart)} is the most shards."
        )
    parts: list[list[str]] = [[] for _ in range(shard.count)]
    for group in apart:
        min(parts, key=len).extend(group)
    return frozenset(parts[shard.index - 1])
