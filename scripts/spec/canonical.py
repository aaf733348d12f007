"""One spelling for every document: canonical order, plain YAML, digests.

Two documents that differ only in the order of keys, of enum values, of branches or of parameters have
the same canonical form, and the same bytes when dumped.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

import yaml

from spec.openapi_objects import ANATOMY, METHODS, map_children

_TOP = ("openapi", "info", "servers", "security", "paths", "components")
_INFO = ("title", "version", "license")

# Plain scalars that PyYAML (YAML 1.1) reads as text and a YAML 1.2 reader, or a stricter 1.1 one, does not.
_AMBIGUOUS = re.compile(
    r"[yYnN]"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|0[oO][0-7]+|0[xX][0-9a-fA-F]+|0[bB][01]+"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


def canonical(tree: dict[str, Any]) -> dict[str, Any]:
    """Return *tree*, an OpenAPI document, in canonical order; nothing is added or removed.

    Keys are sorted, except that documents and `info` begin as people expect and methods stand in the
    specification's order; `enum`, `required` and `type` are sorted with null last; parameters by place
    and name; branches of `anyOf`, `oneOf`, `allOf` from short to long with null last. `security`, `tags`,
    `servers` and `prefixItems` keep their order, which has a meaning.
    """
    result: dict[str, Any] = _Order(tree).put(tree, "document", "")
    return result


def canonical_schema(schema: Any) -> Any:
    """Return *schema*, a JSON Schema on its own, in the same order."""
    return _Order({}).put(schema, "schema", "")


def json_text(value: Any) -> str:
    """Return *value* as JSON, on one line, keys sorted: equal values have equal texts."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(data: Any) -> str:
    """Return `sha256:<hex>` of *data*: of the bytes themselves, or of a tree's `json_text`."""
    raw = data if isinstance(data, bytes) else json_text(data).encode()
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def dump(tree: Any, comment: str | None = None) -> str:
    """Return *tree* as block YAML in the order it has, ending with one line break.

    *comment*, one line without the leading `#`, is put first. Strings are quoted where a reader of YAML
    1.1 or 1.2 could take them for something else; there are no anchors, and lines are not folded.
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


class _Order:
    def __init__(self, document: dict[str, Any]) -> None:
        components = document.get("components")
        parameters = components.get("parameters") if isinstance(components, dict) else None
        self._parameters: dict[str, Any] = parameters if isinstance(parameters, dict) else {}

    def put(self, node: Any, kind: str, where: str) -> Any:
        if not isinstance(node, dict):
            return node
        result = map_children(node, kind, where, self.put)
        for key in [k for k in result if k not in node or result[k] is node[k]]:
            result[key] = _sort_keys(result[key])
        if kind == "schema":
            _sort_schema(result)
        if isinstance(result.get("parameters"), list):
            result["parameters"] = sorted(result["parameters"], key=self._parameter_key)
        return _sorted_mapping(result, _first_keys(kind), maps=_map_keys(kind))

    def _parameter_key(self, parameter: Any) -> tuple[str, str, str]:
        target = parameter
        if isinstance(parameter, dict) and isinstance(parameter.get("$ref"), str):
            target = self._parameters.get(parameter["$ref"].rsplit("/", 1)[-1], parameter)
        if not isinstance(target, dict):
            return "", "", json_text(parameter)
        return str(target.get("in")), str(target.get("name")), json_text(parameter)


def _first_keys(kind: str) -> tuple[str, ...]:
    return {"document": _TOP, "info": _INFO, "pathItem": METHODS}.get(kind, ())


def _map_keys(kind: str) -> tuple[str, ...]:
    """Return the keys of an object of *kind* that hold maps of children, to be sorted themselves."""
    return tuple(key for key, field in ANATOMY[kind].items() if field.held == "map")


def _sorted_mapping(node: dict[str, Any], first: Iterable[str], maps: Iterable[str]) -> dict[str, Any]:
    order = {key: index for index, key in enumerate(first)}
    ordered = {key: node[key] for key in sorted(node, key=lambda k: (order.get(k, len(order)), k))}
    for key in maps:
        if isinstance(ordered.get(key), dict):
            ordered[key] = dict(sorted(ordered[key].items()))
    return ordered


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
