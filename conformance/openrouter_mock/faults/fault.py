"""What a fault is: a flaw with a name, standing in for one stage of answering."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from openrouter_mock.service import Service

Stage = Callable[..., Any]
"""A stage as it was before the fault: a method of `Service`, or the application under a fault on the wire."""

WIRE = "wire"
"""The stage between the application and the network."""


@attrs.frozen
class Fault:
    """A single mistake that a server can make."""

    name: str
    """What is wrong, in snake_case."""
    description: str
    """What is wrong, in one sentence."""
    stage: str
    """The method of `Service` that it stands in for, or `wire`."""
    change: Stage = attrs.field(repr=False)
    """Takes the stage as it was, then the arguments of the stage, and does what the stage would."""

    @property
    def on_wire(self) -> bool:
        """Whether it lies between the application and the network."""
        return self.stage == WIRE

    def plug(self, service: Service) -> None:
        """Put the fault into *service*; one on the wire is not its business."""
        if self.on_wire:
            return
        setattr(service, self.stage, functools.partial(self.change, getattr(service, self.stage)))
        if self.stage in {"vector", "encode", "check_context"}:
            # What these give may change from call to call now, so nothing may be kept.
            service.cache = None

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return *app* with the fault between it and the network."""
        return functools.partial(self.change, app)


def fault(stage: str) -> Callable[[Stage], Fault]:
    """Return a decorator that makes a function the fault of its name; its docstring is the description."""

    def decorate(function: Stage) -> Fault:
        return Fault(function.__name__, (function.__doc__ or "").strip(), stage, function)

    return decorate
