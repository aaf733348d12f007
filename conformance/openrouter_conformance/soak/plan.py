"""What a soak is to do, handed from the command to the processes of Locust."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from openrouter_conformance.targets import Target

VARIABLE = "OPENROUTER_CONFORMANCE_SOAK"
"""The environment variable that carries a plan: it holds the key, which is to stand in no file."""


@attrs.frozen
class SoakPlan:
    """What each process is to do.

    Attributes:
        target: the server, with its key and its ceilings.
        seed: chooses the requests and their order.
        outcome: the file that takes what was found out.

    """

    target: Target = attrs.field(repr=False)
    seed: int
    outcome: Path

    def environment(self) -> dict[str, str]:
        """Return the environment variables that carry the plan."""
        return {VARIABLE: base64.b64encode(pickle.dumps(self)).decode()}


def plan_of(environment: Mapping[str, str]) -> SoakPlan:
    """Return the plan that this process was started with."""
    found: SoakPlan = pickle.loads(base64.b64decode(environment[VARIABLE]))  # noqa: S301 - written by our own command
    return found
