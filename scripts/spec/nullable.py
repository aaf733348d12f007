"""OpenAPI 3.0's `nullable` → null among the types and values of a schema, as JSON Schema 2020-12 writes it."""

from typing import Any

from spec.errors import InputError, shorten
from spec.json_schema import ANNOTATIONS, KEYWORDS, NULL, is_union, types_of, unwrap_only_branch


def collect_nullable(schema: dict[str, Any], where: str) -> None:
    """Leave `nullable: true` on a schema if it, or a member of it, says so for the whole; else remove it.

    A member of an `allOf` that says `nullable` says it for the whole: that is how upstream's own tool translated it. A
    branch of `anyOf` or `oneOf` that says nothing else is the null branch.
    """
    nullable = schema.pop("nullable", False)
    if not isinstance(nullable, bool):
        raise InputError(f"{where}/nullable is {shorten(nullable, 40)} where true or false is expected.")
    if isinstance(schema.get("allOf"), list):
        members = schema["allOf"]
        nullable = nullable or any(isinstance(m, dict) and m.get("nullable") is True for m in members)
        schema["allOf"] = [
            {k: v for k, v in m.items() if k != "nullable"} if isinstance(m, dict) else m for m in members
        ]
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            schema[key] = [dict(NULL) if _says_only_nullable(branch) else branch for branch in schema[key]]
    if nullable:
        schema["nullable"] = True


def with_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that accepts null as well."""
    assertions = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    notes = {key: value for key, value in schema.items() if key in ANNOTATIONS}
    if not assertions:
        return schema
    if assertions.keys() == {"allOf"}:
        unwrap_only_branch(assertions, "allOf")
    compound = assertions.keys() & {"$ref", "allOf", "anyOf", "oneOf", "not", "if"}
    if not compound and assertions.keys() & {"type", "enum"}:
        result = dict(schema)
        if "type" in result:
            result["type"] = list(dict.fromkeys([*types_of(result), "null"]))
        if "enum" in result and None not in result["enum"]:
            result["enum"] = [*result["enum"], None]
        return result
    branches = assertions["anyOf"] if is_union(assertions) else [assertions]
    return {"anyOf": [*branches, dict(NULL)], **notes}


def _says_only_nullable(branch: Any) -> bool:
    return isinstance(branch, dict) and branch.get("nullable") is True and not (branch.keys() & KEYWORDS) - ANNOTATIONS
