"""What mock servers and API clients write, as the request and response that `calls` reads.

Nock, Hoverfly, WireMock and MockServer record calls as the stubs that they serve later, with what they match in the
place of a request. Postman keeps answers as examples, Charles writes sessions; langchain keeps requests and responses
apart.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from openrouter_conformance.recordings.calls import NotRecordedError

Call = dict[str, Any]
"""A `request` and a `response`, in words that `calls.read_call` knows."""


def calls_in_stubs(document: Any) -> list[Callable[[], Call]]:
    """Return what makes each call of a document, which may raise NotRecordedError; none for one of another kind."""
    for entries, is_one, read in _KINDS:
        found = [entry for entry in entries(document) if isinstance(entry, dict)]
        if any(is_one(entry) for entry in found):
            return [functools.partial(_made, read, entry) for entry in found if is_one(entry)]
    return []


def _made(read: Callable[[Call], Call], entry: Call) -> Call:
    try:
        return read(entry)
    except (TypeError, KeyError, AttributeError, IndexError):
        raise NotRecordedError("without the form that their recorder gives them") from None


def _listed(document: Any) -> list[Any]:
    """Return the entries of a list, or the only one."""
    return document if isinstance(document, list) else [document]


def _first(value: Any) -> Any:
    """Return what a matcher of Hoverfly or WireMock matches: a value, or an object, or a list of them."""
    if isinstance(value, list):
        return _first(value[0]) if value else None
    if isinstance(value, dict):
        return next((value[name] for name in _EXACT if name in value), None)
    return value


_EXACT = ("value", "exactMatch", "jsonMatch", "equalTo", "equalToJson", "binaryEqualTo", "deepEquals")


def _matched_headers(headers: Any) -> dict[str, Any]:
    return {name: _first(value) for name, value in headers.items()} if isinstance(headers, dict) else {}


def _json_or_text(value: Any) -> Any:
    """Return a body that may stand there as JSON."""
    return value if value is None or isinstance(value, str | bytes) else json.dumps(value, separators=(",", ":"))


def _base64(text: Any) -> dict[str, Any]:
    return {"base64_string": text}


def _no_template(body: Any, entry: Call) -> None:
    if "response-template" in (entry.get("transformers") or ()) or entry.get("templated") is True:
        raise NotRecordedError("with a template for a body")
    if isinstance(body, str) and body.lstrip().startswith("{{"):
        raise NotRecordedError("with a template for a body")


def _nock(entry: Call) -> Call:
    answer, raw = entry["response"], entry.get("rawHeaders", entry.get("headers"))
    if isinstance(raw, list) and all(isinstance(each, str) for each in raw):
        raw = [list(pair) for pair in zip(raw[::2], raw[1::2], strict=False)]
    if entry.get("responseIsBinary") or _are_chunks(answer):
        try:
            answer = bytes.fromhex("".join(answer))
        except (ValueError, TypeError):
            raise NotRecordedError("with a body that is no hexadecimal") from None
    return {
        "request": {
            "method": entry.get("method"),
            "url": f"{entry['scope']}{entry['path']}".replace(":443/", "/", 1),
            "headers": entry.get("reqheaders"),
            "body": _json_or_text(entry.get("body")) or None,
        },
        "response": {"status": entry.get("status"), "headers": raw, "body": _json_or_text(answer)},
    }


def _are_chunks(answer: Any) -> bool:
    """Return whether this is a compressed body as nock writes it: hexadecimal texts."""
    return isinstance(answer, list) and bool(answer) and all(_is_hexadecimal(each) for each in answer)


def _is_hexadecimal(text: Any) -> bool:
    return isinstance(text, str) and len(text) > 8 and not set(text) - set("0123456789abcdef")


def _hoverfly(entry: Call) -> Call:
    asked, answer = entry["request"], entry["response"]
    parts = {name: _first(asked.get(name)) or "" for name in ("scheme", "destination", "path")}
    query = asked.get("query")
    if isinstance(query, dict):
        written = "?" + "&".join(
            _first(values) if name in _EXACT else urlencode({name: _first(values)}) for name, values in query.items()
        )
    else:
        written = f"?{_first(query) or ''}"
    body = answer.get("body", "")
    _no_template(body, answer)
    return {
        "request": {
            "method": _first(asked.get("method")),
            "url": f"{parts['scheme'] or 'http'}://{parts['destination']}{parts['path']}{written}".rstrip("?"),
            "headers": _matched_headers(asked.get("headers")),
            "body": _json_or_text(_first(asked.get("body"))) or None,
        },
        "response": {
            "status": answer.get("status"),
            "headers": answer.get("headers"),
            "body": _base64(body) if answer.get("encodedBody") else body,
        },
    }


def _is_wiremock(entry: Call) -> bool:
    asked, answer = entry.get("request"), entry.get("response")
    if not isinstance(asked, dict) or not isinstance(answer, dict):
        return False
    names = {"jsonBody", "base64Body", "bodyFileName", "bodyAsBase64", "proxyBaseUrl", "transformers", "fault"}
    return bool(names & answer.keys() or {"bodyPatterns", "urlPath", "urlPattern", "absoluteUrl"} & asked.keys())


def _wiremock(entry: Call) -> Call:
    asked, answer = entry["request"], entry["response"]
    if "bodyFileName" in answer:
        raise NotRecordedError("with the body in another file")
    body = _json_or_text(answer["jsonBody"]) if "jsonBody" in answer else answer.get("body", "")
    _no_template(body, answer)
    packed = answer.get("base64Body", answer.get("bodyAsBase64"))
    return {
        "request": {
            "method": asked.get("method"),
            "url": next((asked[name] for name in ("absoluteUrl", "url", "urlPath") if asked.get(name)), None),
            "headers": _matched_headers(asked.get("headers")),
            "body": _json_or_text(asked.get("body") or _first(asked.get("bodyPatterns"))),
        },
        "response": {
            "status": answer.get("status"),
            "headers": answer.get("headers"),
            "body": body if packed is None else _base64(packed),
        },
    }


def _mock_server(entry: Call) -> Call:
    asked, answer = entry["httpRequest"], entry["httpResponse"]
    return {
        "request": {
            "method": asked.get("method"),
            "url": asked.get("path"),
            "headers": _lists_of_values(asked.get("headers")),
            "body": _mock_server_body(asked.get("body")),
        },
        "response": {
            "status": answer.get("statusCode"),
            "headers": _lists_of_values(answer.get("headers")),
            "body": _mock_server_body(answer.get("body", "")),
        },
    }


def _mock_server_body(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    if isinstance(body.get("base64Bytes"), str):
        return _base64(body["base64Bytes"])
    kinds = ("json", "string", "rawBytes")
    return _json_or_text(next((body[name] for name in kinds if name in body), body))


def _lists_of_values(headers: Any) -> Any:
    if isinstance(headers, list):
        return {str(each.get("name")): each.get("values", []) for each in headers if isinstance(each, dict)}
    return headers


def _examples(document: Any) -> Iterator[Any]:
    """Yield the examples of a Postman collection, whose folders may lie in each other, with its variables."""
    if not isinstance(document, dict) or not isinstance(document.get("item"), list):
        return
    variables = {
        str(each["key"]): str(each.get("value", ""))
        for each in document.get("variable") or ()
        if isinstance(each, dict) and "key" in each
    }
    left = list(document["item"])
    while left:
        item = left.pop(0)
        if isinstance(item, dict):
            left = [*(inner if isinstance(inner := item.get("item"), list) else ()), *left]
            answers = item.get("response")
            for answer in answers if isinstance(answers, list) else ():
                if isinstance(answer, dict):
                    yield {"request": item.get("request")} | answer | {"variables": variables}


def _postman(entry: Call) -> Call:
    asked = entry.get("originalRequest") or entry.get("request")
    asked = asked if isinstance(asked, dict) else {}
    url = asked.get("url")
    url = url.get("raw") if isinstance(url, dict) else url
    for name, value in entry["variables"].items():
        url = url.replace(f"{{{{{name}}}}}", value) if isinstance(url, str) else url
    body = asked.get("body")
    return {
        "request": {
            "method": asked.get("method"),
            "url": url,
            "headers": _keys_and_values(asked.get("header")),
            "body": (body.get("raw") if isinstance(body, dict) else None) or None,
        },
        "response": {
            "status": entry["code"],
            "headers": _keys_and_values(entry.get("header")),
            "body": entry.get("body") or "",
        },
    }


def _keys_and_values(headers: Any) -> list[list[Any]]:
    listed = headers if isinstance(headers, list) else []
    return [[each["key"], each.get("value", "")] for each in listed if isinstance(each, dict) and "key" in each]


def _charles(entry: Call) -> Call:
    port, scheme = entry.get("port"), entry["scheme"]
    place = f"{entry['host']}:{port}" if port else entry["host"]
    query = f"?{entry['query']}" if entry.get("query") else ""
    return {
        "request": {"method": entry.get("method"), "url": f"{scheme}://{place}{entry.get('path', '')}{query}"}
        | _charles_message(entry.get("request")),
        "response": {"status": entry["response"].get("status")} | _charles_message(entry["response"]),
    }


def _charles_message(message: Any) -> Call:
    message = message if isinstance(message, dict) else {}
    header, body = message.get("header"), message.get("body")
    body = body if isinstance(body, dict) else {}
    return {
        "headers": header.get("headers") if isinstance(header, dict) else None,
        "body": _base64(body["encoded"]) if "encoded" in body else body.get("text"),
    }


def _side_by_side(document: Any) -> list[Any]:
    """Return the calls of a cassette with one list of requests and one of responses."""
    asked, answers = (document.get("requests"), document.get("responses")) if isinstance(document, dict) else (0, 0)
    if not isinstance(asked, list) or not isinstance(answers, list):
        return []
    return [{"request": one, "response": other} for one, other in zip(asked, answers, strict=False)]


def _within(*names: str) -> Callable[[Any], list[Any]]:
    """Return a function that returns the list to be found under these names, one in the other."""

    def inside(document: Any) -> list[Any]:
        for name in names:
            document = document.get(name) if isinstance(document, dict) else None
        return document if isinstance(document, list) else []

    return inside


def _has(*names: str, objects: tuple[str, ...] = ()) -> Callable[[Call], bool]:
    """Return a function that says whether an entry has all these names; `objects` are those of objects."""
    return lambda entry: (
        all(name in entry for name in names) and all(isinstance(entry.get(name), dict) for name in objects)
    )


_KINDS: tuple[tuple[Callable[[Any], Any], Callable[[Call], bool], Callable[[Call], Call]], ...] = (
    (_listed, _has("scope", "path", "response"), _nock),
    (_within("data", "pairs"), _has(objects=("request", "response")), _hoverfly),
    (_listed, _is_wiremock, _wiremock),
    (_within("mappings"), _has(objects=("request", "response")), _wiremock),
    (_side_by_side, _has(objects=("request", "response")), dict),
    (_within("requests"), _has(objects=("request", "response")), _wiremock),
    (_listed, _has(objects=("httpRequest", "httpResponse")), _mock_server),
    (_examples, _has("code"), _postman),
    (_listed, _has("scheme", "host", objects=("response",)), _charles),
)
"""Where the calls of a kind of document are, how one is recognized, and what makes one of it."""
