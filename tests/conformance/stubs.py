"""Calls to a server, recorded as mock servers, API clients and less common recorders write them."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import yaml

if TYPE_CHECKING:
    from .cassettes import Call


def _text(content: bytes | None) -> str:
    return (content or b"").decode()


def _json(content: bytes | None) -> Any:
    return json.loads(content) if content else None


def _pairs(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def _lists(headers: dict[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in headers.items()}


def nock(calls: Sequence[Call]) -> str:
    """Return what nock's recorder makes: answers as JSON, and every other one compressed, in hexadecimal."""

    def entry(call: Call, *, packed: bool) -> dict[str, Any]:
        parts = urlsplit(call.url)
        kept = {"Content-Encoding": "gzip"} if packed else {}
        raw = [text for pair in (call.answer_headers | kept).items() for text in pair]
        answer = [gzip.compress(call.answer).hex()] if packed else _json(call.answer)
        return {
            "scope": f"{parts.scheme}://{parts.netloc}:443",
            "method": call.method,
            "path": call.url.partition(parts.netloc)[2],
            "body": _json(call.body) or "",
            "status": call.status,
            "response": answer,
            "rawHeaders": raw,
            "reqheaders": _lists(call.headers),
            "responseIsBinary": False,
        }

    return json.dumps([entry(call, packed=bool(number % 2)) for number, call in enumerate(calls)])


def wiremock(calls: Sequence[Call]) -> str:
    """Return the journal of WireMock, with the addresses that were asked."""

    def entry(call: Call) -> dict[str, Any]:
        asked = {"url": "/", "absoluteUrl": call.url, "method": call.method, "headers": call.headers}
        answer = {"status": call.status, "headers": call.answer_headers}
        return {
            "id": "1",
            "request": asked | {"body": _text(call.body)},
            "responseDefinition": {"status": 1},
            "response": answer | {"bodyAsBase64": base64.b64encode(call.answer).decode()},
        }

    return json.dumps({"requests": [entry(call) for call in calls], "meta": {"total": len(calls)}})


def wiremock_mapping(calls: Sequence[Call]) -> str:
    """Return stub mappings as WireMock's recorder makes them: addresses without a server, matchers for bodies."""

    def mapping(call: Call) -> dict[str, Any]:
        url = call.url.partition(urlsplit(call.url).netloc)[2]
        asked = {"url": url, "method": call.method, "headers": {"Accept": {"equalTo": "*/*"}}}
        patterns = [{"equalToJson": _text(call.body), "ignoreArrayOrder": True}] if call.body else []
        answer = {"status": call.status, "headers": call.answer_headers, "body": _text(call.answer)}
        return {"id": "1", "request": asked | {"bodyPatterns": patterns}, "response": answer, "persistent": True}

    return json.dumps({"mappings": [mapping(call) for call in calls]})


def hoverfly(calls: Sequence[Call]) -> str:
    """Return a simulation of Hoverfly, compressed answers in base64."""

    def exact(value: str, matcher: str = "exact") -> list[dict[str, str]]:
        return [{"matcher": matcher, "value": value}]

    def pair(call: Call) -> dict[str, Any]:
        parts = urlsplit(call.url)
        asked = {
            "path": exact(parts.path),
            "method": exact(call.method),
            "destination": exact(parts.netloc),
            "scheme": exact(parts.scheme),
            "query": {name: exact(value) for name, value in parse_qsl(parts.query)},
            "body": exact(_text(call.body), "json" if call.body else "exact"),
        }
        answer = {
            "status": call.status,
            "body": base64.b64encode(gzip.compress(call.answer)).decode(),
            "encodedBody": True,
            "headers": _lists(call.answer_headers | {"Content-Encoding": "gzip"}),
            "templated": False,
        }
        return {"request": asked, "response": answer}

    return json.dumps({"data": {"pairs": [pair(call) for call in calls]}, "meta": {"schemaVersion": "v5"}})


def mock_server(calls: Sequence[Call]) -> str:
    """Return what MockServer recorded."""
    return json.dumps(
        [
            {
                "httpRequest": {
                    "method": call.method,
                    "path": call.url,
                    "headers": [{"name": name, "values": [value]} for name, value in call.headers.items()],
                    "body": {"type": "JSON", "json": _json(call.body)} if call.body else "",
                },
                "httpResponse": {
                    "statusCode": call.status,
                    "headers": _lists(call.answer_headers),
                    "body": {"type": "STRING", "string": _text(call.answer)},
                },
            }
            for call in calls
        ]
    )


def postman(calls: Sequence[Call]) -> str:
    """Return a collection of Postman with the answers as examples, in a folder, and the address as a variable."""

    def keyed(headers: dict[str, str]) -> list[dict[str, str]]:
        return [{"key": name, "value": value} for name, value in headers.items()]

    def example(call: Call) -> dict[str, Any]:
        url = {"raw": call.url.replace("https://gateway.test", "{{base}}")}
        body = {"body": {"mode": "raw", "raw": _text(call.body)}} if call.body else {}
        asked = {"method": call.method, "header": keyed(call.headers), "url": url, **body}
        return {
            "name": "example",
            "originalRequest": asked,
            "status": "OK",
            "code": call.status,
            "header": keyed(call.answer_headers),
            "body": _text(call.answer),
        }

    items = [{"name": "call", "request": {"method": "POST"}, "response": [example(call)]} for call in calls]
    return json.dumps(
        {
            "info": {"name": "api", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
            "item": [{"name": "folder", "item": items}],
            "variable": [{"key": "base", "value": "https://gateway.test"}],
        }
    )


def charles(calls: Sequence[Call]) -> str:
    """Return a session of Charles in JSON."""

    def entry(call: Call) -> dict[str, Any]:
        parts = urlsplit(call.url)
        asked = {"header": {"headers": _pairs(call.headers)}}
        return {
            "status": "COMPLETE",
            "method": call.method,
            "scheme": parts.scheme,
            "host": parts.netloc,
            "port": None,
            "path": parts.path,
            "query": parts.query or None,
            "request": asked | ({"body": {"text": _text(call.body), "charset": "UTF-8"}} if call.body else {}),
            "response": {
                "status": call.status,
                "header": {"headers": _pairs(call.answer_headers)},
                "body": {"text": _text(call.answer), "charset": "UTF-8"},
            },
        }

    return json.dumps([entry(call) for call in calls])


def polly(calls: Sequence[Call]) -> str:
    """Return a recording of Polly.js: compressed bodies as a list of chunks in base64."""

    def entry(call: Call) -> dict[str, Any]:
        packed = gzip.compress(call.answer)
        chunks = [base64.b64encode(chunk).decode() for chunk in (packed[:101], packed[101:]) if chunk]
        content = {
            "encoding": "base64",
            "mimeType": "application/json",
            "size": len(packed),
            "text": json.dumps(chunks),
        }
        sent = (
            {"postData": {"mimeType": "application/json", "params": [], "text": _text(call.body)}} if call.body else {}
        )
        headers = _pairs(call.answer_headers | {"content-encoding": "gzip"})
        return {
            "_id": "1",
            "request": {"method": call.method, "url": call.url, "headers": _pairs(call.headers), **sent},
            "response": {"status": call.status, "headers": headers, "content": content},
        }

    return json.dumps({"log": {"_recordingName": "api", "version": "1.2", "entries": [entry(call) for call in calls]}})


def browser(calls: Sequence[Call]) -> str:
    """Return what a browser exports: bodies as text although a header names Brotli, and its own calls beside."""

    def entry(call: Call) -> dict[str, Any]:
        sent = {"postData": {"mimeType": "application/json", "text": _text(call.body)}} if call.body else {}
        content = {"size": len(call.answer), "mimeType": "application/json", "text": _text(call.answer)}
        return {
            "_resourceType": "fetch",
            "request": {"method": call.method, "url": call.url, "headers": _pairs({":path": "/"}), **sent},
            "response": {
                "status": call.status,
                "headers": _pairs(call.answer_headers | {"content-encoding": "br"}),
                "content": content,
            },
        }

    def own(method: str, path: str, status: int, text: str) -> dict[str, Any]:
        content = {"size": len(text), "mimeType": "text/html", "text": text}
        asked = {"method": method, "url": f"https://gateway.test/api/v1{path}", "headers": []}
        return {"request": asked, "response": {"status": status, "headers": [], "content": content}}

    others = [
        own("OPTIONS", "/embeddings", 405, "Method Not Allowed"),
        own("GET", "/favicon.ico", 404, "<html>404</html>"),
        own("GET", "/app.js.map", 404, '{"message": "no such file"}'),
        own("GET", "/embeddings/models", 304, ""),
        own("POST", "/embeddings", 308, ""),
    ]
    return json.dumps({"log": {"version": "1.2", "entries": [*map(entry, calls), *others]}})


def ruby_structures(calls: Sequence[Call]) -> str:
    """Return a cassette of an early VCR: structures of Ruby, and a symbol for a method."""
    made = ["---"]
    for call in calls:
        made += [
            "- !ruby/struct:VCR::HTTPInteraction",
            "  request: !ruby/struct:VCR::Request",
            f"    method: :{call.method.lower()}",
            f"    uri: {call.url}",
            f"    body: {json.dumps(_text(call.body) or None)}",
            "    headers: !ruby/hash:Headers",
            "      :accept:",
            '      - "*/*"',
            "  response: !ruby/struct:VCR::Response",
            "    status: !ruby/struct:VCR::ResponseStatus",
            f"      code: {call.status}",
            "      message: OK",
            f"    headers: {json.dumps(_lists(call.answer_headers))}",
            f"    body: {json.dumps(_text(call.answer))}",
            '    http_version: "1.1"',
        ]
    return "\n".join(made)


def r_vcr(calls: Sequence[Call]) -> str:
    """Return a cassette of R's vcr, which says whether a body lies in another file."""
    made = [
        {
            "request": {
                "method": call.method.lower(),
                "uri": call.url,
                "body": {"encoding": "", "string": _text(call.body)},
                "headers": {"Accept": "application/json"},
            },
            "response": {
                "status": {"status_code": call.status, "message": "OK", "explanation": "x"},
                "headers": call.answer_headers,
                "body": {"encoding": "", "file": False, "string": _text(call.answer)},
            },
            "recorded_at": "2026-08-10 10:00:00 GMT",
        }
        for call in calls
    ]
    return yaml.safe_dump({"http_interactions": made, "recorded_with": "vcr/1.6.0, webmockr/1.0.0"})


def parsed_bodies(calls: Sequence[Call]) -> str:
    """Return a cassette whose serializer unfolds JSON, and writes texts as Python 2 did."""
    made = [
        {
            "request": {"method": call.method, "uri": call.url, "headers": {}, "parsed_body": _json(call.body)},
            "response": {
                "headers": _lists(call.answer_headers),
                "parsed_body": _json(call.answer),
                "status": {"code": call.status, "message": "OK"},
            },
        }
        for call in calls
    ]
    text: str = yaml.safe_dump({"interactions": made, "version": 1}, allow_unicode=True)
    return text.replace("message: OK", "message: !!python/unicode 'OK'")


def httpx_contents(calls: Sequence[Call]) -> str:
    """Return a cassette of an older vcrpy around httpx: the body in `content`, as bytes where they are not ASCII."""
    made = [
        {
            "request": {"body": _text(call.body), "headers": {}, "method": call.method, "uri": call.url},
            "response": {
                "content": call.answer if number % 2 else _text(call.answer),
                "headers": _lists(call.answer_headers | {"Content-Encoding": "gzip"}),
                "http_version": "HTTP/1.1",
                "status_code": call.status,
            },
        }
        for number, call in enumerate(calls)
    ]
    return yaml.safe_dump({"interactions": made, "version": 1})


def side_by_side(calls: Sequence[Call]) -> str:
    """Return requests and responses in a list each."""
    asked = [{"method": call.method, "uri": call.url, "body": _text(call.body), "headers": {}} for call in calls]
    answers = [
        {
            "body": {"string": call.answer},
            "headers": _lists(call.answer_headers),
            "status": {"code": call.status, "message": "OK"},
        }
        for call in calls
    ]
    return yaml.safe_dump({"requests": asked, "responses": answers})
