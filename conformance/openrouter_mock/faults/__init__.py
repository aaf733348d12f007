"""The flaws the mock can have, each by its name: one mistake that servers make, and nothing else."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from openrouter_mock.scenarios import SCENARIOS

from . import (
    access,
    batches,
    body,
    catalogue,
    encodings,
    errors,
    preferences,
    refusals,
    validation,
    vectors,
    wire,
)
from .fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

_MODULES = (batches, vectors, encodings, body, errors, access, validation, refusals, preferences, catalogue, wire)

FAULTS: dict[str, Fault] = {
    value.name: value for module in _MODULES for value in vars(module).values() if isinstance(value, Fault)
}
"""Every fault by its name, kind by kind."""


def choose(names: Iterable[str]) -> list[Fault]:
    """Return the faults of these *names*, scenarios left out; raise `ValueError` naming the first that is neither."""
    chosen = []
    for name in names:
        if name in SCENARIOS:
            continue
        if name not in FAULTS:
            close = difflib.get_close_matches(name, [*FAULTS, *SCENARIOS], n=1)
            hint = (
                f"did you mean {close[0]!r}?" if close else f"there are {len(FAULTS)}, such as {next(iter(FAULTS))!r}"
            )
            raise ValueError(f"no fault is named {name!r}: {hint}")
        chosen.append(FAULTS[name])
    return chosen
