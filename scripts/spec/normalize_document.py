"""Documents as upstream has published them over time → plain OpenAPI 3.1: structure only, written in one way.

Upstream has published OpenAPI 3.0 and 3.1, and the documentation site's rendering of single endpoints. Prose
(`description`, `summary`, `title`, `example`, …), vendor extensions and unknown fields are dropped by place: a property
named `description` stays. The one description OpenAPI demands, that of a response, is left empty.
Which keywords of schemas are kept is decided in `spec.json_schema`.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from spec.errors import InputError, shorten
from spec.normalize_schema import normalize_schema
from spec.openapi_objects import METHODS, Position, expect_mapping, objects, root_of, walk
from spec.references import locate, parse_reference, resolve
from spec.tree import copy_tree

SERVER = "https://openrouter.ai/api/v1"
"""Written where a document declares no server: OpenAPI's own default, `/`, would mean the document's host."""

_PARAMETER = {
    "required", "deprecated", "allowEmptyValue", "style", "explode", "allowReserved", "schema", "content",
}  # fmt: skip
_KEPT = {
    "document": {"openapi", "info", "servers", "security", "paths", "components"},
    "info": {"title", "version", "license"},
    "server": {"url", "variables"},
    "pathItem": {*METHODS, "parameters", "servers"},
    "operation": {
        "operationId", "tags", "parameters", "requestBody", "responses", "callbacks", "security",
        "deprecated", "servers",
    },
    "parameter": {"$ref", "name", "in", *_PARAMETER},
    "header": {"$ref", *_PARAMETER},
    "requestBody": {"$ref", "content", "required"},
    "response": {"$ref", "headers", "content", "links"},
    "mediaType": {"schema", "encoding"},
    "encoding": {"contentType", "headers", "style", "explode", "allowReserved"},
    "link": {"$ref", "operationId", "parameters", "requestBody"},
    "securityScheme": {"$ref", "type", "scheme", "bearerFormat", "in", "name", "flows", "openIdConnectUrl"},
}  # fmt: skip
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}  # OpenAPI 3.1, section 4.8.12.2.1
_SWITCHES = ("required", "deprecated", "allowEmptyValue", "explode", "allowReserved")
_TAG_PREFIX = "subpackage_"


def normalize_document(document: dict[str, Any]) -> dict[str, Any]:
    """Return a slice of a published document in plain OpenAPI 3.1; the slice given stays as it is.

    Doing it twice changes nothing.

    Raises:
        InputError: something is not as OpenAPI demands.

    """
    rendered = is_docs_rendering(document)
    start = root_of(copy_tree(document))
    for node, kind, where in objects(start.node):
        if kind == "operation":
            _normalize_operation(node, where, start.node)
    for position in walk(start, stop_at="schema"):
        if position.kind == "schema":
            resolve_ref = (lambda ref: _schema(document, ref)) if rendered else None
            position.replace(normalize_schema(position.node, position.where, rendered=resolve_ref))
        else:
            _normalize_object(position)
    if rendered:
        _require_bodies(start.node)
    return _finish(start.node)


def is_docs_rendering(document: dict[str, Any]) -> bool:
    """Tell whether a document has the marks of the documentation site's rendering of an endpoint."""
    info = document.get("info")
    if isinstance(info, dict) and str(info.get("version", "")).startswith("endpoint_"):
        return True
    for node, kind, _ in objects(document):
        if kind == "operation" and any(isinstance(tag, list) for tag in _list(node.get("tags"))):
            return True
        if kind == "schema" and any(isinstance(v, dict) and "value" in v for v in _list(node.get("enum"))):
            return True
    return False


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _schema(document: dict[str, Any], ref: str) -> Any:
    return locate(document, parse_reference(ref, "schema", ""), "").node


# Operations: flat tags, and security in place of an Authorization parameter.


def _normalize_operation(operation: dict[str, Any], where: str, document: dict[str, Any]) -> None:
    if not expect_mapping(operation.get("responses"), "responses", f"{where}/responses"):
        raise InputError(f"{where}/responses is empty: at least one answer is expected.")
    tags = [_tag(tag, f"{where}/tags") for tag in _flat(operation.get("tags", []), f"{where}/tags")]
    operation["tags"] = list(dict.fromkeys(tags))
    _replace_authorization(operation, where, document)
    for key in [key for key, value in operation.items() if value == [] and key != "security"]:
        del operation[key]


def _replace_authorization(operation: dict[str, Any], where: str, document: dict[str, Any]) -> None:
    """Drop the header parameters that OpenAPI ignores; ask for a bearer key where one of them is Authorization."""
    parameters = operation.get("parameters", [])
    if not isinstance(parameters, list):
        raise InputError(f"{where}/parameters is {shorten(parameters, 40)} where a list is expected.")
    resolved = [resolve(document, parameter, "parameter", where) for parameter in parameters]
    ignored = {index: name for index, parameter in enumerate(resolved) if (name := _ignored_header(parameter))}
    operation["parameters"] = [held for index, held in enumerate(parameters) if index not in ignored]
    keys = [resolved[index] for index, name in ignored.items() if name == "authorization"]
    if keys and not operation.get("security", document.get("security")):
        bearer: dict[str, Any] = {_bearer_scheme(document): []}
        operation["security"] = [bearer] if keys[0].get("required") is True else [{}, bearer]


def _ignored_header(parameter: Any) -> str | None:
    """Return the name, in lower case, of a header parameter that OpenAPI ignores; None for any other parameter."""
    if not isinstance(parameter, dict) or parameter.get("in") != "header" or not isinstance(parameter.get("name"), str):
        return None
    name: str = parameter["name"].lower()
    return name if name in _IGNORED_HEADERS else None


def _bearer_scheme(document: dict[str, Any]) -> str:
    """Return the name of the document's scheme for bearer keys; declares one if there is none."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    for name in sorted(schemes):
        scheme = resolve(document, schemes[name], "securityScheme", f"/components/securitySchemes/{name}")
        if isinstance(scheme, dict) and (scheme.get("type"), scheme.get("scheme")) == ("http", "bearer"):
            return str(name)
    new = next(name for name in _bearer_names() if name not in schemes)
    schemes[new] = {"type": "http", "scheme": "bearer"}
    return new


def _bearer_names() -> Iterator[str]:
    yield from ("apiKey", "bearer")
    yield from (f"bearer{number}" for number in itertools.count(2))


def _flat(tags: object, where: str) -> Iterator[Any]:
    if not isinstance(tags, list):
        raise InputError(f"{where} is {shorten(tags, 40)} where a list is expected.")
    for tag in tags:
        if isinstance(tag, list):
            yield from _flat(tag, where)
        else:
            yield tag


def _tag(tag: object, where: str) -> str:
    if not isinstance(tag, str):
        raise InputError(f"{where} holds {shorten(tag, 40)} where text is expected.")
    if tag.startswith(_TAG_PREFIX):
        return tag.removeprefix(_TAG_PREFIX).replace("_", " ").replace("-", " ").title()
    return tag


# Objects of every kind but schemas: known fields, without prose.


def _normalize_object(position: Position) -> None:
    node, kind, where = position.node, position.kind, position.where
    kept = _KEPT.get(kind, node.keys())
    known = {key: value for key, value in node.items() if key in kept and not key.startswith("x-")}
    if "$ref" in known:
        known = {"$ref": known["$ref"]}
    else:
        _drop_false_switches(known, where)
        if kind in _NORMALIZE:
            known = _NORMALIZE[kind](known, where)
    position.replace(known)


def _drop_false_switches(node: dict[str, Any], where: str) -> None:
    for key in _SWITCHES:
        if not isinstance(node.get(key, True), bool):
            raise InputError(f"{where}/{key} is {shorten(node[key], 40)} where true or false is expected.")
        if node.get(key) is False and key in {"required", "deprecated"}:
            del node[key]


def _normalize_info(node: dict[str, Any], where: str) -> dict[str, Any]:
    for key in ("title", "version"):
        if not isinstance(node.get(key), str | int | float):
            raise InputError(f"{where}/{key} is {shorten(node.get(key), 40)} where text is expected.")
        node[key] = str(node[key])
    if "license" in node:
        given = expect_mapping(node["license"], "license", f"{where}/license")
        node["license"] = {key: given[key] for key in ("name", "identifier", "url") if key in given}
    return node


def _normalize_server(node: dict[str, Any], where: str) -> dict[str, Any]:
    if "variables" in node:
        variables = expect_mapping(node["variables"], "variables", f"{where}/variables")
        node["variables"] = {
            name: {k: v for k, v in expect_mapping(held, "variable", where).items() if k in {"default", "enum"}}
            for name, held in variables.items()
        }
    return node


def _normalize_parameter(node: dict[str, Any], where: str) -> dict[str, Any]:
    if ("schema" in node) == ("content" in node):
        raise InputError(f"{where} has to have either a schema or content, to say what the parameter takes.")
    if node.get("in") == "path":
        node["required"] = True  # OpenAPI allows nothing else
    return node


def _normalize_request_body(node: dict[str, Any], where: str) -> dict[str, Any]:
    expect_mapping(node.get("content"), "content", f"{where}/content")
    return node


def _normalize_response(node: dict[str, Any], where: str) -> dict[str, Any]:  # noqa: ARG001 - one of `_NORMALIZE`
    return {"description": "", **{key: value for key, value in node.items() if value != {}}}


def _normalize_security_scheme(node: dict[str, Any], where: str) -> dict[str, Any]:
    if "flows" in node:
        flows = expect_mapping(node["flows"], "flows", f"{where}/flows")
        node["flows"] = {
            name: _flow(flow, f"{where}/flows") for name, flow in flows.items() if not name.startswith("x-")
        }
    return node


def _flow(flow: object, where: str) -> dict[str, Any]:
    """Return an OAuth flow without the descriptions of its scopes."""
    result = {k: v for k, v in expect_mapping(flow, "flow", where).items() if not k.startswith("x-")}
    if "scopes" in result:
        result["scopes"] = dict.fromkeys(expect_mapping(result["scopes"], "scopes", where), "")
    return result


_NORMALIZE: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
    "info": _normalize_info,
    "parameter": _normalize_parameter,
    "requestBody": _normalize_request_body,
    "response": _normalize_response,
    "securityScheme": _normalize_security_scheme,
    "server": _normalize_server,
}


# The document as a whole.


def _require_bodies(document: dict[str, Any]) -> None:
    """Say that a body with required properties is required: the rendering leaves the field out."""
    for node, kind, where in objects(document):
        if kind != "requestBody" or "$ref" in node:
            continue
        schemas = [resolve(document, media.get("schema"), "schema", where) for media in node["content"].values()]
        if any(isinstance(schema, dict) and schema.get("required") for schema in schemas):
            node["required"] = True


def _finish(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document as OpenAPI 3.1 with a server, without empty sections of components."""
    expect_mapping(document.get("info"), "info", "/info")
    components = {section: held for section, held in document.get("components", {}).items() if held}
    rest = {key: value for key, value in document.items() if key != "components"}
    return {
        **rest,
        "openapi": "3.1.0",
        "servers": document.get("servers") or [{"url": SERVER}],
        **({"components": components} if components else {}),
    }
