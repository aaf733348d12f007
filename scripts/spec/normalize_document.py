"""Documents of any published dialect → plain OpenAPI 3.1: structure only, in one idiom.

Prose (`description`, `summary`, `title`, `example`, …), vendor extensions and unknown fields are dropped by
place: a property named `description` stays. The one word OpenAPI demands, the `description` of a response, is
left empty.
"""

from collections.abc import Iterator
from typing import Any

from spec.errors import Refusal, shorten
from spec.normalize_schema import plain_schema
from spec.openapi_objects import METHODS, expect_mapping, map_children, objects

SERVER = "https://openrouter.ai/api/v1"
"""Written where a document declares no server: OpenAPI's own default, `/`, would mean the document's host."""

_PARAMETER = {
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "allowReserved",
    "schema",
    "content",
}
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
_SWITCHES = {"required", "deprecated", "allowEmptyValue", "explode", "allowReserved"}
_TAG_PREFIX = "subpackage_"


def normalise(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document*, a slice of any dialect, in plain OpenAPI 3.1; *document* itself stays as it is.

    Doing it twice changes nothing. Raises Refusal where the document is no OpenAPI document.
    """
    plain: dict[str, Any] = _Dialect(document).put(document, "document", "")
    return plain


def is_docs_rendering(document: dict[str, Any]) -> bool:
    """Say whether *document* bears the marks of the documentation site's rendering of an endpoint."""
    info = document.get("info")
    if isinstance(info, dict) and str(info.get("version", "")).startswith("endpoint_"):
        return True
    for node, kind, _ in objects(document, "document"):
        if kind == "operation" and any(isinstance(tag, list) for tag in _list(node.get("tags"))):
            return True
        if kind == "schema" and any(isinstance(v, dict) and "value" in v for v in _list(node.get("enum"))):
            return True
    return False


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


class _Dialect:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._rendered = is_docs_rendering(document)
        self._schemes: dict[str, Any] = {}

    def put(self, node: Any, kind: str, where: str) -> Any:
        if kind == "schema":
            return plain_schema(node, where, rendered=self._resolve if self._rendered else None)
        raw = expect_mapping(node, kind, where)
        if kind == "operation":
            raw = self._operation(raw, where)
        kept = _KEPT.get(kind, raw.keys())
        known = {key: value for key, value in raw.items() if key in kept and not key.startswith("x-")}
        if "$ref" in known:
            return {"$ref": known["$ref"]}
        result = map_children(known, kind, where, self.put)
        for key in _SWITCHES & result.keys():
            if not isinstance(result[key], bool):
                raise Refusal(f"{where}/{key} is {shorten(result[key], 40)} where true or false is expected.")
            if result[key] is False and key in {"required", "deprecated"}:
                del result[key]
        finish = getattr(self, f"_finish_{kind}", None)
        return finish(result, where) if finish else result

    def _resolve(self, ref: str) -> Any:
        *_, section, name = ref.split("/")
        return self._document["components"][section][name]

    def _resolved(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            node = self._resolve(node["$ref"])
        return node

    def _finish_document(self, node: dict[str, Any], where: str) -> dict[str, Any]:  # noqa: ARG002
        node["openapi"] = "3.1.0"
        expect_mapping(node.get("info"), "info", "/info")
        node["servers"] = node.get("servers") or [{"url": SERVER}]
        components = {section: held for section, held in node.get("components", {}).items() if held}
        if self._schemes:
            components["securitySchemes"] = {**components.get("securitySchemes", {}), **self._schemes}
        if components:
            node["components"] = components
        else:
            node.pop("components", None)
        return node

    def _finish_info(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        for key in ("title", "version"):
            if not isinstance(node.get(key), str | int | float):
                raise Refusal(f"{where}/{key} is {shorten(node.get(key), 40)} where text is expected.")
            node[key] = str(node[key])
        if "license" in node:
            licence = expect_mapping(node["license"], "licence", f"{where}/license")
            node["license"] = {k: v for k, v in licence.items() if k in {"name", "identifier", "url"}}
        return node

    def _finish_server(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        if "variables" in node:
            variables = expect_mapping(node["variables"], "variables", f"{where}/variables")
            node["variables"] = {
                name: {k: v for k, v in expect_mapping(held, "variable", where).items() if k in {"default", "enum"}}
                for name, held in variables.items()
            }
        return node

    def _finish_parameter(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        if ("schema" in node) == ("content" in node):
            raise Refusal(f"{where} has to have either a schema or content, to say what the parameter takes.")
        if node.get("in") == "path":
            node["required"] = True  # OpenAPI allows nothing else
        return node

    def _finish_response(self, node: dict[str, Any], where: str) -> dict[str, Any]:  # noqa: ARG002
        result = {key: value for key, value in node.items() if value != {}}
        return {"description": "", **result}

    def _finish_securityScheme(self, node: dict[str, Any], where: str) -> dict[str, Any]:  # noqa: N802
        if "flows" in node:
            flows = expect_mapping(node["flows"], "flows", f"{where}/flows")
            node["flows"] = {
                name: _flow(flow, f"{where}/flows") for name, flow in flows.items() if not name.startswith("x-")
            }
        return node

    def _finish_requestBody(self, node: dict[str, Any], where: str) -> dict[str, Any]:  # noqa: N802
        expect_mapping(node.get("content"), "content", f"{where}/content")
        if self._rendered and any(self._demands_properties(media) for media in node["content"].values()):
            node["required"] = True  # the rendering leaves the field out
        return node

    def _demands_properties(self, media: dict[str, Any]) -> bool:
        schema = self._resolved(media.get("schema"))
        return isinstance(schema, dict) and bool(schema.get("required"))

    def _operation(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        """Return the operation with flat tags, and with security in place of an Authorization parameter."""
        result = dict(node)
        if not expect_mapping(node.get("responses"), "responses", f"{where}/responses"):
            raise Refusal(f"{where}/responses is empty: at least one answer is expected.")
        tags = [_tag(tag, f"{where}/tags") for tag in _flat(node.get("tags", []), f"{where}/tags")]
        result["tags"] = list(dict.fromkeys(tags))
        parameters = node.get("parameters", [])
        if not isinstance(parameters, list):
            raise Refusal(f"{where}/parameters is {shorten(parameters, 40)} where a list is expected.")
        ignored = [p for p in map(self._resolved, parameters) if _is_ignored(p)]
        result["parameters"] = [p for p in parameters if not _is_ignored(self._resolved(p))]
        keys = [p for p in ignored if p["name"].lower() == "authorization"]
        if keys and not node.get("security", self._document.get("security")):
            bearer: dict[str, Any] = {self._bearer(): []}
            result["security"] = [bearer] if keys[0].get("required") is True else [{}, bearer]
        return {key: value for key, value in result.items() if value != [] or key == "security"}

    def _bearer(self) -> str:
        """Return the name of the bearer scheme: one that is there, or a new one."""
        held: dict[str, Any] = self._document.get("components", {}).get("securitySchemes", {})
        schemes = {name: self._resolved(scheme) for name, scheme in held.items()}
        for name, scheme in sorted(schemes.items()):
            if isinstance(scheme, dict) and (scheme.get("type"), scheme.get("scheme")) == ("http", "bearer"):
                return name
        name = next(name for name in _bearer_names() if name not in schemes)
        self._schemes[name] = {"type": "http", "scheme": "bearer"}
        return name


def _bearer_names() -> Iterator[str]:
    yield from ("apiKey", "bearer")
    number = 2
    while True:
        yield f"bearer{number}"
        number += 1


def _flow(flow: object, where: str) -> dict[str, Any]:
    """Return an OAuth flow without the words that describe its scopes."""
    result = {k: v for k, v in expect_mapping(flow, "flow", where).items() if not k.startswith("x-")}
    if "scopes" in result:
        result["scopes"] = dict.fromkeys(expect_mapping(result["scopes"], "scopes", where), "")
    return result


def _is_ignored(parameter: Any) -> bool:
    return (
        isinstance(parameter, dict)
        and parameter.get("in") == "header"
        and isinstance(parameter.get("name"), str)
        and parameter["name"].lower() in _IGNORED_HEADERS
    )


def _flat(tags: object, where: str) -> Iterator[Any]:
    if not isinstance(tags, list):
        raise Refusal(f"{where} is {shorten(tags, 40)} where a list is expected.")
    for tag in tags:
        if isinstance(tag, list):
            yield from _flat(tag, where)
        else:
            yield tag


def _tag(tag: object, where: str) -> str:
    if not isinstance(tag, str):
        raise Refusal(f"{where} holds {shorten(tag, 40)} where text is expected.")
    if tag.startswith(_TAG_PREFIX):
        return tag.removeprefix(_TAG_PREFIX).replace("_", " ").replace("-", " ").title()
    return tag
