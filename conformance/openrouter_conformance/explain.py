"""What is known of one requirement, or of one fault of the mock: the two sides of the fault table."""

from __future__ import annotations

import difflib

from openrouter_conformance import fault_table, requirements
from openrouter_conformance.checks import checks_of
from openrouter_conformance.errors import UsageError
from openrouter_conformance.requirements import Requirement
from openrouter_mock.faults import FAULTS

_MAX_LISTED = 12


def explain(name: str) -> str:
    """Return what is known of the requirement or fault `name`; UsageError when there is neither."""
    known = {one.id: one for one in requirements.load()}
    if name in known:
        return _requirement(known[name])
    if name in FAULTS:
        return _fault(name, known)
    close = difflib.get_close_matches(name, [*known, *FAULTS], n=1)
    hint = f"did you mean {close[0]}?" if close else "`openrouter-conformance requirements` and `faults` list them."
    raise UsageError(f"no requirement or fault is named {name!r}; {hint}")


def _requirement(requirement: Requirement) -> str:
    checks = checks_of(requirement)
    source = requirement.source
    caught = fault_table.load().caught_by(requirement.id)
    return "\n".join(
        [
            f"{requirement.id} ({requirement.level})",
            f"  {requirement.text}",
            f"source: {'the contract at ' if source.startswith('#') else ''}{source}",
            *(f"checked: {check.__doc__}" for check in checks.of_session),
            *([f"checked on every exchange: {checks.of_exchanges.__doc__}"] if checks.of_exchanges else []),
            *([f"checked across all answers: {checks.relation}"] if checks.relation else []),
            *([f"rests on: {', '.join(requirement.rests_on)}"] if requirement.rests_on else []),
            f"faults that it catches ({len(caught)}, the most specific first):",
            *(f"  {name}: {FAULTS[name].description}" for name in caught[:_MAX_LISTED]),
            *([f"  and {len(caught) - _MAX_LISTED} more"] if len(caught) > _MAX_LISTED else []),
        ]
    )


def _fault(name: str, known: dict[str, Requirement]) -> str:
    table = fault_table.load()
    catching = table.catching(name)
    return "\n".join(
        [
            f"{name} (fault of the mock)",
            f"  {FAULTS[name].description}",
            f"serve it: openrouter-mock --fault {name}",
            *([f"not caught: {table.reason(name)}"] if not catching else []),
            *(
                [f"requirements that catch it ({len(catching)}, the most specific first):"]
                + [f"  {one}: {known[one].text}" for one in catching[:_MAX_LISTED]]
                if catching
                else []
            ),
            *([f"  and {len(catching) - _MAX_LISTED} more"] if len(catching) > _MAX_LISTED else []),
        ]
    )
