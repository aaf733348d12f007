"""Faults in provider routing."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openrouter_mock.call import Call, Input


def _route_without(route: Stage, call: Call, *names: str) -> None:
    """Route *call* as if the preferences *names* were not given."""
    fields = call.fields
    remaining = {name: value for name, value in (fields.get("provider") or {}).items() if name not in names}
    call.fields = {**fields, "provider": remaining}
    try:
        route(call)
    finally:
        call.fields = fields


@fault("route")
def ignores_provider_only(route: Stage, call: Call) -> None:
    """A provider that `only` excludes is used."""
    _route_without(route, call, "only")


@fault("route")
def ignores_provider_ignore(route: Stage, call: Call) -> None:
    """A provider that `ignore` names is used."""
    _route_without(route, call, "ignore")


@fault("route")
def ignores_provider_order(route: Stage, call: Call) -> None:
    """Providers are tried in the server's own order, whatever `order` says."""
    _route_without(route, call, "order")


@fault("route")
def falls_back_though_forbidden(route: Stage, call: Call) -> None:
    """A provider outside `order` is used though `allow_fallbacks` is false."""
    _route_without(route, call, "allow_fallbacks")


@fault("route")
def ignores_max_price(route: Stage, call: Call) -> None:
    """A provider more expensive than `max_price` is used."""
    _route_without(route, call, "max_price")


@fault("route")
def ignores_data_policy(route: Stage, call: Call) -> None:
    """A provider that retains data is used though `data_collection` or `zdr` excludes it."""
    _route_without(route, call, "data_collection", "zdr")


@fault("route")
def prefers_last_provider_of_order(route: Stage, call: Call) -> None:
    """Providers are tried in the order of `order` from its end."""
    preferences = call.fields.get("provider") or {}
    if not preferences.get("order"):
        route(call)
        return
    fields = call.fields
    call.fields = {**fields, "provider": {**preferences, "order": preferences["order"][::-1]}}
    try:
        route(call)
    finally:
        call.fields = fields


@fault("route")
def filters_look_at_one_provider(route: Stage, call: Call) -> None:
    """Whether providers retain data is looked at for the first of those that `only` names, and decides for all."""
    preferences = call.fields.get("provider") or {}
    if len(preferences.get("only") or ()) > 1 and (preferences.get("zdr") or preferences.get("data_collection")):
        fields = call.fields
        call.fields = {**fields, "provider": {**preferences, "only": preferences["only"][:1]}}
        try:
            route(call)
        finally:
            call.fields = fields
    else:
        route(call)


@fault("vector")
def preferences_change_vector(vector: Stage, call: Call, given: Input) -> NDArray[np.float32]:
    """A text gets a different vector when provider preferences are sent, from the same provider, too."""
    whole: NDArray[Any] = vector(call, given)
    return whole[::-1].copy() if call.fields.get("provider") else whole


@fault("vector")
def provider_changes_vector(vector: Stage, call: Call, given: Input) -> NDArray[np.float32]:
    """A text gets a different vector from another provider of the same model."""
    whole: NDArray[Any] = vector(call, given)
    by_default = call.chosen_endpoint is call.chosen_model.endpoints[0]
    return whole if by_default else whole[::-1].copy()
