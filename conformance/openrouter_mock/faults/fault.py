"""What a fault is: a named function that replaces one stage of answering a call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from openrouter_mock.asgi import ASGIApp
    from openrouter_mock.service import Service

Stage = Callable[..., Any]
"""A stage without the fault: a method of `Service`, or the ASGI application under a fault of the stage `wire`."""

WIRE = "wire"
"""The stage between the application and the network."""

_CACHED_STAGES = {"vector", "encode", "check_context"}
"""The stages whose results `Service.embed` caches."""


@attrs.frozen
class Fault:
    """A single mistake that a server can make."""

    name: str
    """What is wrong, in snake_case."""
    description: str
    """What is wrong, in one sentence."""
    stage: str
    """The method of `Service` that it replaces, or `wire`."""
    override: Stage = attrs.field(repr=False)
    """Called in place of the stage: takes the original stage, then the arguments of the stage."""

    @property
    def on_wire(self) -> bool:
        """Whether it wraps the whole application instead of a method of `Service`."""
        return self.stage == WIRE

    def install(self, service: Service) -> None:
        """Replace the stage of *service*; a fault of the stage `wire` leaves it alone, see `wrap`."""
        if self.on_wire:
            return
        setattr(service, self.stage, functools.partial(self.override, getattr(service, self.stage)))
        if self.stage in _CACHED_STAGES:
            service.cache = None  # with the fault, results may differ between equal calls

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return *app* with the fault between it and the network."""
        return functools.partial(self.override, app)


def fault(stage: str) -> Callable[[Stage], Fault]:
    """Return a decorator that makes a function a fault of *stage*, with its name, described by its docstring."""

    def decorate(function: Stage) -> Fault:
        return Fault(function.__name__, (function.__doc__ or "").strip(), stage, function)

    return decorate
