"""Names and values of a document that end up in file names, in code, or in a shell: only safe ones pass.

A document is data from elsewhere; whatever it names becomes a module, a class, a string literal or a URL. What could
leave a folder, end a literal or hide in a terminal is refused here, by place and name.
"""

import re
from typing import Any

from spec.errors import InputError, shorten
from spec.openapi_objects import METHODS, objects
from spec.tree import escape

_COMPONENT = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._-]{1,120}")
_OPERATION = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,119}")
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")
_PATH = re.compile(r"/([A-Za-z0-9._~:@+-]|\{[A-Za-z0-9_.-]{1,80}\}|/(?!/)){0,250}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&*+.^_|~-]{1,120}")
_STATUS = re.compile(r"[1-5]([0-9]{2}|XX)|default")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+*_-]{1,80}/[A-Za-z0-9.+*_-]{1,80}( *; *[A-Za-z0-9_-]+=[A-Za-z0-9._-]+)*")
_URL = re.compile(r"(https?:/)?/[A-Za-z0-9._~:/@!$&()*+,;=%{}?\[\]-]{0,250}")
_TEXT_LIMIT = 200
_FREE_VALUES = {
    "bearerFormat", "contentEncoding", "contentMediaType", "contentType", "default", "enum", "flows",
    "format", "license", "openIdConnectUrl", "scheme", "style", "variables",
}  # fmt: skip
_HARMFUL = frozenset('"\\')

_SHAPES = {
    "component name": (_COMPONENT, "letters, digits, `.`, `_` and `-`"),
    "operationId": (_OPERATION, "letters, digits, `.`, `_` and `-`, not beginning with a digit"),
    "tag": (_TAG, "letters, digits, spaces, `.`, `_` and `-`"),
    "path": (_PATH, "URL characters and `{name}` segments"),
    "parameter name in a path": (_COMPONENT, "letters, digits, `.`, `_` and `-`"),
    "header name": (_TOKEN, "an HTTP token"),
    "status": (_STATUS, "a status such as 200, 4XX or default"),
    "media type": (_MEDIA_TYPE, "type/subtype"),
    "server URL": (_URL, "an http(s) address or an absolute path"),
}


def check_names(document: dict[str, Any]) -> None:
    """Check every name in a whole OpenAPI document, whose shape has been checked before.

    Raises:
        InputError: a name could do harm; the sentence says which, and where it stands.

    """
    for node, kind, where in objects(document):
        for key in _FREE_VALUES & node.keys():
            _expect_texts(node[key], f"value of {key}", f"{where}/{key}")
        check = _CHECKS.get(kind)
        if check:
            check(node, where)


def _expect(value: object, what: str, where: str) -> None:
    shape, expected = _SHAPES[what]
    if not isinstance(value, str) or not shape.fullmatch(value) or ".." in value.split("/"):
        raise InputError(f"{shorten(value)} cannot be a {what} at {where or '/'}: {expected} are expected.")


def _expect_text(value: object, what: str, where: str) -> None:
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
        raise InputError(
            f"{shorten(value)} cannot be a {what} at {where}: at most {_TEXT_LIMIT} characters are expected."
        )
    if not value.isprintable() or _HARMFUL & set(value):
        raise InputError(
            f"{shorten(value)} cannot be a {what} at {where}: it holds a quote, a backslash or a control character."
        )


def _expect_texts(value: object, what: str, where: str) -> None:
    """Check every text at and below a value that code or its comments may repeat."""
    if isinstance(value, str):
        _expect_text(value, what, where)
    elif isinstance(value, dict):
        for key, item in value.items():
            _expect_text(key, f"key of a {what}", where)
            _expect_texts(item, what, where)
    elif isinstance(value, list):
        for item in value:
            _expect_texts(item, what, where)


def _check_document(node: dict[str, Any], where: str) -> None:
    for path, item in node.get("paths", {}).items():
        _expect(path, "path", "/paths")
        for method in METHODS:
            if method in item and "operationId" not in item[method]:
                raise InputError(f"{where}/paths/{escape(path)}/{method} has no operationId.")


def _check_info(node: dict[str, Any], where: str) -> None:
    for key in ("title", "version"):
        _expect_text(node.get(key, ""), key, f"{where}/{key}")


def _check_components(node: dict[str, Any], where: str) -> None:
    for section, held in node.items():
        for name in held:
            _expect(name, "component name", f"{where}/{escape(section)}")


def _check_operation(node: dict[str, Any], where: str) -> None:
    _expect(node.get("operationId"), "operationId", where)
    for tag in node.get("tags", []):
        _expect(tag, "tag", f"{where}/tags")
    for status in node.get("responses", {}):
        _expect(status, "status", f"{where}/responses")


def _check_parameter(node: dict[str, Any], where: str) -> None:
    if "$ref" in node:
        return
    place = node.get("in")
    if place == "path":
        _expect(node.get("name"), "parameter name in a path", where)
    elif place in ("header", "cookie"):
        _expect(node.get("name"), "header name", where)
    elif place == "query":
        _expect_text(node.get("name"), "parameter name", where)
    else:
        raise InputError(f"{where}/in is {shorten(place)}: path, query, header or cookie is expected.")


def _check_media(node: dict[str, Any], where: str) -> None:
    for media_type in node.get("content", {}):
        _expect(media_type, "media type", f"{where}/content")
    for header in node.get("headers", {}):
        _expect(header, "header name", f"{where}/headers")


def _check_schema(node: dict[str, Any], where: str) -> None:
    for key in ("properties", "$defs", "dependentSchemas", "dependentRequired"):
        for name in node.get(key, {}):
            _expect_text(name, "property name", f"{where}/{key}")
    for name in node.get("required", []):
        _expect_text(name, "property name", f"{where}/required")
    if "discriminator" in node:
        discriminator = node["discriminator"]
        _expect_text(discriminator.get("propertyName"), "property name", f"{where}/discriminator")
        for key in discriminator.get("mapping", {}):
            _expect_text(key, "value of a discriminator", f"{where}/discriminator/mapping")


def _check_scheme(node: dict[str, Any], where: str) -> None:
    if "name" in node:
        _expect(node["name"], "header name", where)


def _check_server(node: dict[str, Any], where: str) -> None:
    _expect(node.get("url"), "server URL", where)


def _check_callback(node: dict[str, Any], where: str) -> None:
    for expression in node:
        _expect_text(expression, "callback expression", where)


_CHECKS = {
    "callback": _check_callback,
    "document": _check_document,
    "info": _check_info,
    "components": _check_components,
    "operation": _check_operation,
    "parameter": _check_parameter,
    "requestBody": _check_media,
    "response": _check_media,
    "encoding": _check_media,
    "schema": _check_schema,
    "securityScheme": _check_scheme,
    "server": _check_server,
}
