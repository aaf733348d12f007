"""Names and fields that all answers of a model have alike."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from openrouter_conformance.oracle.relations.findings import EMBED, Findings

if TYPE_CHECKING:
    from openrouter_conformance.oracle.table import Table


def names_agree(table: Table, findings: Findings) -> None:
    """No two answers share an `id`; a model goes by one name."""
    fresh, alike = f"{EMBED}/response/id-fresh", f"{EMBED}/response/model-named-alike"
    findings.compared[fresh] += len(table.ids) - 1 if table.ids else 0
    for name, exchanges in table.ids.items():
        if len(exchanges) > 1:
            findings.fail(fresh, f"the id {name!r} in {len(exchanges)} answers", "an id of its own", *exchanges[:2])
            break
    for (asked, _), named in table.names.items():
        findings.compared[alike] += 1
        if len(named) > 1:
            first, second = itertools.islice(named.items(), 2)
            findings.fail(
                alike,
                f"the models {first[0]!r} and {second[0]!r} in answers to requests for {asked!r}",
                "one name",
                first[1],
                second[1],
            )


def fields_agree(table: Table, findings: Findings) -> None:
    """All answers of a model and provider have the same fields, of the same types."""
    requirement = f"{EMBED}/response/fields-alike"
    for (model, _, _), seen in table.fields.items():
        findings.compared[requirement] += 1
        if len(seen) > 1:
            (one, first), (other, second) = itertools.islice(seen.items(), 2)
            differing_fields = ", ".join(sorted(one - other)) or "no more", ", ".join(sorted(other - one)) or "no more"
            findings.fail(
                requirement,
                f"{differing_fields[0]} in one answer of {model}, {differing_fields[1]} in another",
                "the same fields in all answers",
                first,
                second,
            )
