"""How large a slice may be: ceilings far above what is published, below which every step ends in seconds."""

from typing import Any

from spec.errors import InputError, shorten
from spec.openapi_objects import objects

MAX_COMPONENTS = 2_000
"""Components of one section; all 97 operations that are published reach 769 schemas."""

MAX_VALUES = 2_000
"""Values of one enumeration; published: 250."""

MAX_BRANCHES = 400
"""Branches of one `anyOf`, `oneOf` or `allOf`; published: 50."""

MAX_PROPERTIES = 1_000
"""Properties of one schema; published: 136."""

MAX_OBJECTS = 50_000
"""Schemas and other objects in all; published: 8,291."""

_LIMITS = {
    **dict.fromkeys(("anyOf", "oneOf", "allOf"), MAX_BRANCHES),
    **dict.fromkeys(("properties", "required", "patternProperties", "prefixItems"), MAX_PROPERTIES),
    "enum": MAX_VALUES,
}


def check_limits(document: dict[str, Any]) -> None:
    """Refuse a slice of a document, or a pin, that is larger than any published one by far.

    Raises:
        InputError: a ceiling is exceeded; the sentence says which, and where.

    """
    for section, held in document.get("components", {}).items():
        if isinstance(held, dict) and len(held) > MAX_COMPONENTS:
            _refuse(len(held), MAX_COMPONENTS, section, "/components")
    for number, (node, kind, where) in enumerate(objects(document), 1):
        if number > MAX_OBJECTS:
            raise InputError(f"the chosen operations reach more than {MAX_OBJECTS} objects: choose fewer operations.")
        if kind == "schema":
            for keyword, most in _LIMITS.items():
                held = node.get(keyword, ())
                if isinstance(held, dict | list) and len(held) > most:
                    _refuse(len(held), most, keyword, where)


def _refuse(number: int, most: int, what: str, where: str) -> None:
    raise InputError(f"{shorten(where, 200)} has {number} entries under {what}: at most {most} are accepted.")
