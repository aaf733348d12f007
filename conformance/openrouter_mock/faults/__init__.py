"""The faults that the mock can have, by name: each is one mistake that servers make, and nothing else.

`fault.py` says what a fault is; the other modules hold one kind each.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from openrouter_mock.scenarios import SCENARIOS

from . import (
    authentication,
    batches,
    encodings,
    error_responses,
    missing_validation,
    model_list,
    protocol,
    provider_preferences,
    rejections,
    response_body,
    vectors,
)
from .fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

_MODULES = (
    batches,
    vectors,
    encodings,
    response_body,
    error_responses,
    authentication,
    missing_validation,
    rejections,
    provider_preferences,
    model_list,
    protocol,
)

FAULTS: dict[str, Fault] = {
    value.name: value for module in _MODULES for value in vars(module).values() if isinstance(value, Fault)
}
"""Every fault by its name, kind by kind."""


def select(names: Iterable[str]) -> list[Fault]:
    """Return the faults of these *names*, in order; names of scenarios are skipped.

    Raises:
        ValueError: A name is neither a fault nor a scenario.

    """
    selected = []
    for name in names:
        if name in SCENARIOS:
            continue
        if name not in FAULTS:
            close = difflib.get_close_matches(name, [*FAULTS, *SCENARIOS], n=1)
            hint = (
                f"did you mean {close[0]!r}?" if close else f"there are {len(FAULTS)}, such as {next(iter(FAULTS))!r}"
            )
            raise ValueError(f"no fault is named {name!r}: {hint}")
        selected.append(FAULTS[name])
    return selected
