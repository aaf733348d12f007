"""One order and one spelling for every document: canonical order, plain YAML, digests.

Two documents that differ only in the order of keys, of enum values, of branches or of parameters have the same
canonical form, and the same bytes when dumped.
"""

import hashlib
import json
import re
from typing import Any

import yaml

from spec.openapi_objects import METHODS, Position, fields_of, root_of, walk
from spec.tree import copy_tree

_FIRST_KEYS = {
    "document": ("openapi", "info", "servers", "security", "paths", "components"),
    "info": ("title", "version", "license"),
    "pathItem": METHODS,
}
"""The keys with which an object of a kind begins; the others follow in alphabetical order."""

# Plain scalars that PyYAML (YAML 1.1) reads as text and a YAML 1.2 reader, or a stricter 1.1 one, does not.
_AMBIGUOUS = re.compile(
    r"[yYnN]"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|0[oO][0-7]+|0[xX][0-9a-fA-F]+|0[bB][01]+"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


def canonical(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document in canonical order; nothing is added or removed.

    Keys are sorted, except that documents and `info` begin as people expect and methods stand in the specification's
    order; `enum`, `required` and `type` are sorted with null last; parameters by place and name; branches of `anyOf`,
    `oneOf`, `allOf` from short to long with null last. `security`, `tags`, `servers` and `prefixItems` keep their
    order, which has a meaning.
    """
    components = document.get("components")
    parameters = components.get("parameters") if isinstance(components, dict) else None
    start = root_of(copy_tree(document))
    result: dict[str, Any] = _put_in_order(start, parameters if isinstance(parameters, dict) else {})
    return result


def canonical_schema(schema: Any) -> Any:
    """Return a JSON Schema on its own in the same order."""
    return _put_in_order(root_of(copy_tree(schema), "schema"), {})


def json_text(value: Any) -> str:
    """Return a value as JSON, on one line, keys sorted: equal values have equal texts."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(data: Any) -> str:
    """Return `sha256:<hex>` of data: of the bytes themselves, or of a tree's `json_text`."""
    raw = data if isinstance(data, bytes) else json_text(data).encode()
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def dump(tree: Any, comment: str | None = None) -> str:
    """Return a tree as block YAML in the order it has, ending with one line break.

    Strings are quoted where a reader of YAML 1.1 or 1.2 could take them for something else; there are no anchors, and
    lines are not folded.

    Args:
        tree: what to write.
        comment: one line to put first, without the leading `#`.

    """
    text = yaml.dump(tree, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, sort_keys=False, width=10**6)
    return f"# {comment}\n{text}" if comment else text


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class's signature
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "'" if _AMBIGUOUS.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _put_in_order(start: Position, parameters: dict[str, Any]) -> Any:
    for position in walk(start, children_first=True):
        if isinstance(position.node, dict):
            position.replace(_ordered(position.node, position.kind, parameters))
    return start.node


def _ordered(node: dict[str, Any], kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return an object in canonical order; the objects below it are in order already."""
    fields = fields_of(node, kind)
    result = {key: value if key in fields else _sort_keys(value) for key, value in node.items()}
    if kind == "schema":
        _sort_schema(result)
    if isinstance(result.get("parameters"), list):
        result["parameters"] = sorted(result["parameters"], key=lambda held: _parameter_key(held, parameters))
    for key, field in fields.items():
        if field.held == "map" and isinstance(result.get(key), dict):
            result[key] = dict(sorted(result[key].items()))
    first = {key: index for index, key in enumerate(_FIRST_KEYS.get(kind, ()))}
    return {key: result[key] for key in sorted(result, key=lambda key: (first.get(key, len(first)), key))}


def _parameter_key(parameter: Any, parameters: dict[str, Any]) -> tuple[str, str, str]:
    """Return what a parameter is sorted by: where it is sent, its name, and all of it.

    Args:
        parameter: a parameter, or a reference to one.
        parameters: the parameters that the document keeps as components.

    """
    target = parameter
    if isinstance(parameter, dict) and isinstance(parameter.get("$ref"), str):
        target = parameters.get(parameter["$ref"].rsplit("/", 1)[-1], parameter)
    if not isinstance(target, dict):
        return "", "", json_text(parameter)
    return str(target.get("in")), str(target.get("name")), json_text(parameter)


def _sort_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sort_keys(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sort_keys(item) for item in value]
    return value


def _sort_schema(schema: dict[str, Any]) -> None:
    for key in ("enum", "required", "type"):
        if isinstance(schema.get(key), list):
            schema[key] = sorted(schema[key], key=_value_key)
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list):
            schema[key] = sorted(schema[key], key=_branch_key)


def _value_key(value: Any) -> tuple[bool, str, float, str]:
    """Put null last (as a value and as the name of the type), then by type; numbers by size, text by text."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    name = "number" if number else type(value).__name__
    text = value if isinstance(value, str) else json_text(value)
    return value in (None, "null"), name, value if number else 0, text


def _branch_key(branch: Any) -> tuple[bool, int, str]:
    text = json_text(branch)
    return branch == {"type": "null"}, len(text), text
