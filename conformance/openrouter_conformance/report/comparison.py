"""Several runs beside each other, requirement by requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.report import labels
from openrouter_conformance.report.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openrouter_conformance.report.records import Record, RunRecords


@attrs.frozen
class Row:
    """One requirement in each run, in their order; None where a run knows no such requirement."""

    id: str
    records: tuple[Record | None, ...]

    @property
    def labels(self) -> list[Label]:
        """The label of each status."""
        return [labels.ABSENT if one is None else labels.STATUSES[one["status"]] for one in self.records]

    @property
    def known(self) -> Record:
        """Any of the records, for what they have in common: operation, facet, level, text."""
        return next(one for one in self.records if one is not None)

    @property
    def differs(self) -> bool:
        """Whether the runs do not all have the same status."""
        return len({None if one is None else one["status"] for one in self.records}) > 1


@attrs.frozen
class Comparison:
    """Runs beside each other: a name for each, no two the same, and a row per requirement of any."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]


def compare(runs: Sequence[RunRecords], names: Sequence[str | None] = ()) -> Comparison:
    """Return runs beside each other; the requirements stand in the order of the first run that has them.

    `names` are what the user calls the runs, None where the target's name will do.
    """
    by_id = [{record["id"]: record for record in run.results} for run in runs]
    order: dict[str, tuple[str, str]] = {}
    for run in runs:
        for record in run.results:
            order.setdefault(record["id"], (record["operation"], record["facet"]))
    groups = list(dict.fromkeys(order.values()))
    ids = sorted(order, key=lambda one: groups.index(order[one]))
    return Comparison(
        tuple(_names(runs, names)), tuple(Row(one, tuple(found.get(one) for found in by_id)) for one in ids)
    )


def _names(runs: Sequence[RunRecords], given: Sequence[str | None]) -> list[str]:
    """Return a name for each run: as given, else its target, with model and number where others have the same."""
    names = [labels.target(run.header) for run in runs]
    if len(set(names)) < len(names) and len({run.header["model"] for run in runs}) > 1:
        names = [f"{name}, {run.header['model']}" for name, run in zip(names, runs, strict=True)]
    for place, name in enumerate(given):
        names[place] = name or names[place]
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[place] = f"{name} ({seen[name]})"
    return names
