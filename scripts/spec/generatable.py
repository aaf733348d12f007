"""What the generator would lose, or could not make, is refused by name before anything is generated.

Both commands ask: the one that writes the pin, so that a person hears of it at once, and the one that reads it, because
a pin may come from elsewhere.
"""

from typing import Any

from spec.errors import InputError, shorten
from spec.limits import check_limits
from spec.openapi_objects import KINDS, objects
from spec.operations import list_operations
from spec.references import resolve
from spec.safe_names import check_names
from spec.slicing import check_circles, prune
from spec.tree import escape


def check_generatable(pin: dict[str, Any]) -> None:
    """Refuse a pin that no whole client can be generated from.

    Raises:
        InputError: it holds an extension, a name that could do harm, a reference that leads nowhere, out of the
            document or in a circle, a component that nothing satisfies, or a required parameter that would be lost.

    """
    check_limits(pin)
    _check_extensions(pin)
    prune(pin)
    _check_components(pin)
    check_circles(pin)
    check_names(pin)
    _check_parameters(pin)


def _check_extensions(pin: dict[str, Any]) -> None:
    for node, _, where in objects(pin):
        for key in node:
            if isinstance(key, str) and key.startswith("x-"):
                raise InputError(f"{where}/{escape(key)} is an extension: a pin holds none; remove it.")


def _check_components(pin: dict[str, Any]) -> None:
    for section, held in pin.get("components", {}).items():
        for name, component in held.items():
            where = f"/components/{section}/{escape(name)}"
            if section == "schemas" and component is False:
                raise InputError(f"{where} is `false`, which no value satisfies: no class can be made of it.")
            if section in KINDS and section != "schemas":
                resolve(pin, component, KINDS[section], where)


def _check_parameters(pin: dict[str, Any]) -> None:
    """Refuse required parameters that the generator leaves out without a word."""
    for operation in list_operations(pin):
        for held in operation.node.get("parameters", ()):
            parameter = resolve(pin, held, "parameter", operation.where)
            if parameter.get("required") is not True:
                continue
            name, place = shorten(parameter.get("name")), parameter.get("in")
            if place == "cookie":
                raise InputError(f"{operation.place} requires the cookie {name}, which the client cannot send.")
            if "content" in parameter:
                raise InputError(
                    f"{operation.place} requires the {place} parameter {name}, described by `content`, which the "
                    "generator leaves out."
                )
