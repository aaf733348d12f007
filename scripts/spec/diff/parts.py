"""An operation → its parts: everything that is sent, each as a schema, so that all of it is compared in one way.

The parameters of one place are an object of their names; declared statuses, media types, servers and ways to
authenticate are enumerations. So a parameter is removed, or a status added, by the same edits as a property or an
enum value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from spec.canonical import json_text
from spec.diff.readings import DEFINITIONS, ClosedReading
from spec.errors import InputError
from spec.operations import Operation, list_operations
from spec.references import Component, locate, resolve

REQUEST = "request"
RESPONSE = "response"
NO_KEY = "no key"

_PLACES = ("path", "query", "header", "cookie")
_DEFAULT_STYLE = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


@attrs.frozen(order=True)
class PartId:
    """Which part of an operation.

    Attributes:
        side: `request` or `response`.
        status: of a response, as the document writes it; else empty.
        what: `address`, `server`, `security`, `query`, `path`, `header`, `cookie`, `encoding`, `body presence`,
            `media type`, `body`, `status` or `callbacks`.
        media_type: of a body, or the place and name of a parameter whose encoding it is; else empty.

    """

    side: str
    status: str
    what: str
    media_type: str = ""


def operations_of(document: dict[str, Any]) -> dict[str, Operation]:
    """Return the operations of a pin by name."""
    return {operation.name: operation for operation in list_operations(document)}


class Parts:
    """The parts of the operations of one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Prepare for a document: a pin."""
        self._document = document
        self._reading = ClosedReading(document)

    def of(self, operation: Operation, renamed: Mapping[str, str] | None = None) -> dict[PartId, Any]:
        """Return the parts of an operation, each as a closed schema.

        Args:
            operation: the operation.
            renamed: parameters of its path that go by another name here: which names only the document knows.

        Raises:
            InputError: a reference leads nowhere.

        """
        return dict([*self._of_request(operation, renamed or {}), *self._of_responses(operation)])

    def _of_request(self, operation: Operation, renamed: Mapping[str, str]) -> Iterator[tuple[PartId, Any]]:
        node = operation.node
        yield PartId(REQUEST, "", "address"), _enum([operation.place])
        servers = node.get("servers") or self._document.get("servers", [])
        urls = [json_text(server) if "variables" in server else str(server["url"]) for server in servers]
        yield PartId(REQUEST, "", "server"), _enum(urls)
        yield PartId(REQUEST, "", "security"), _enum(self._keys(node))
        yield from self._parameters(operation, renamed)
        yield from self._request_body(operation)
        if "callbacks" in node:
            yield PartId(REQUEST, "", "callbacks"), _enum([json_text(node["callbacks"])])

    def _keys(self, node: dict[str, Any]) -> Iterator[str]:
        """Yield the ways to authenticate, each as one text; the names of schemes mean nothing."""
        requirements = node.get("security", self._document.get("security", []))
        for requirement in requirements or [{}]:
            texts = [self._scheme(name, scopes) for name, scopes in requirement.items()]
            yield " and ".join(sorted(texts)) or NO_KEY

    def _scheme(self, name: str, scopes: list[str]) -> str:
        component = Component("securitySchemes", name)
        scheme = resolve(self._document, locate(self._document, component, "/security").node, "securityScheme", "")
        words = [str(scheme[key]) for key in ("type", "scheme", "in", "name", "openIdConnectUrl") if key in scheme]
        flows = [json_text(scheme["flows"])] if "flows" in scheme else []
        return " ".join([*words, *flows, *sorted(scopes)])

    def _parameters(self, operation: Operation, renamed: Mapping[str, str]) -> Iterator[tuple[PartId, Any]]:
        known: dict[str, dict[str, Any]] = {place: {} for place in _PLACES}
        needed: dict[str, list[str]] = {place: [] for place in _PLACES}
        for held in operation.node.get("parameters", ()):
            parameter = resolve(self._document, held, "parameter", operation.where)
            place, name = parameter.get("in"), str(parameter.get("name"))
            if place not in _PLACES:
                raise InputError(f"{operation.place} has a parameter {name!r} in {place!r}: not compared.")
            name = name.lower() if place == "header" else renamed.get(name, name) if place == "path" else name
            known[place][name] = self._reading.read(_schema_of(parameter))
            if parameter.get("required"):
                needed[place].append(name)
            yield PartId(REQUEST, "", "encoding", f"{place} {name}"), _enum([_encoding(parameter, place)])
        for place in _PLACES:
            yield PartId(REQUEST, "", place), _object(known[place], needed[place])

    def _request_body(self, operation: Operation) -> Iterator[tuple[PartId, Any]]:
        body = resolve(self._document, operation.node.get("requestBody"), "requestBody", operation.where)
        if body is None:
            yield PartId(REQUEST, "", "body presence"), _enum(["absent"])
            return
        yield (
            PartId(REQUEST, "", "body presence"),
            _enum(["present"] if body.get("required") else ["absent", "present"]),
        )
        yield from self._content(body.get("content", {}), REQUEST, "")

    def _of_responses(self, operation: Operation) -> Iterator[tuple[PartId, Any]]:
        responses = operation.node.get("responses", {})
        yield PartId(RESPONSE, "", "status"), _enum(map(str, responses))
        for status, held in responses.items():
            response = resolve(self._document, held, "response", operation.where)
            yield from self._content(response.get("content", {}), RESPONSE, str(status))
            headers = {
                name.lower(): resolve(self._document, header, "header", operation.where)
                for name, header in response.get("headers", {}).items()
            }
            known = {name: self._reading.read(_schema_of(header)) for name, header in headers.items()}
            required = [name for name, header in headers.items() if header.get("required")]
            yield PartId(RESPONSE, str(status), "header"), _object(known, required)

    def _content(self, content: dict[str, Any], side: str, status: str) -> Iterator[tuple[PartId, Any]]:
        yield PartId(side, status, "media type"), _enum(map(_media_type, content))
        for written, media in content.items():
            media_type = _media_type(written)
            yield PartId(side, status, "body", media_type), self._reading.read(media.get("schema", {}))
            encoding = media.get("encoding", {})
            yield PartId(side, status, "encoding", media_type), _enum([json_text(encoding)])


def _media_type(written: str) -> str:
    """Return a media type without what makes no difference: spaces around its parameters, and capitals."""
    return "; ".join(word.strip() for word in written.lower().split(";"))


def _schema_of(parameter: dict[str, Any]) -> Any:
    """Return the schema of a parameter or header, also where `content` describes it."""
    content = parameter.get("content")
    if isinstance(content, dict):
        return next((media.get("schema", {}) for media in content.values()), {})
    return parameter.get("schema", {})


def _encoding(parameter: dict[str, Any], place: str) -> str:
    """Return how a parameter is written: its style, or the media type of its content."""
    if "content" in parameter:
        return " ".join(sorted(parameter["content"]))
    style = parameter.get("style", _DEFAULT_STYLE[place])
    exploded = parameter.get("explode", style == "form")
    reserved = ["reserved"] if parameter.get("allowReserved") else []
    return " ".join([style, *(["exploded"] if exploded else []), *reserved])


def _object(known: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Return the schema of an object with these properties and no other."""
    definitions: dict[str, Any] = {}
    properties = {}
    for name, schema in known.items():
        if isinstance(schema, dict) and DEFINITIONS in schema:
            definitions |= schema[DEFINITIONS]
            properties[name] = {key: value for key, value in schema.items() if key != DEFINITIONS}
        else:
            properties[name] = schema
    result = {"type": "object", "properties": properties, "required": sorted(required), "additionalProperties": False}
    return {**result, DEFINITIONS: definitions} if definitions else result


def _enum(values: Iterable[str]) -> Any:
    return {"type": "string", "enum": sorted(set(values))}
