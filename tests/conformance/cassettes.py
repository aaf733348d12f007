"""Calls to a server, recorded as the common recorders write them."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import httpx
import yaml

from . import stubs

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


@attrs.frozen
class Call:
    """A call that was made, with its answer."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    status: int
    answer_headers: dict[str, str]
    answer: bytes


class Recorder:
    """Makes calls and keeps them."""

    def __init__(self, url: str, shown_url: str = "https://gateway.test/api/v1") -> None:
        self.calls: list[Call] = []
        self._url, self._shown_url = url, shown_url

    def post(self, **fields: Any) -> httpx.Response:
        """Ask for embeddings; the model is one of the mock unless *fields* name one."""
        body = json.dumps({"model": "openai/text-embedding-3-small", **fields}).encode()
        return self._made("POST", "/embeddings", body)

    def models(self, query: str = "") -> httpx.Response:
        """Ask for the model list."""
        return self._made("GET", f"/embeddings/models{query}", None)

    def _made(self, method: str, path: str, body: bytes | None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "User-Agent": "sdk/1"}
        response = httpx.request(method, self._url + path, content=body, headers=headers)
        answer_headers = {name: value for name, value in response.headers.items() if name != "date"}
        self.calls.append(
            Call(method, self._shown_url + path, headers, body, response.status_code, answer_headers, response.content)
        )
        return response


def _text(content: bytes | None) -> str:
    return (content or b"").decode()


def har(calls: Sequence[Call]) -> str:
    """Return an HTTP archive, as browsers and proxies write it."""

    def pairs(headers: dict[str, str]) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in headers.items()]

    def entry(call: Call) -> dict[str, Any]:
        sent = {"postData": {"mimeType": "application/json", "text": _text(call.body)}} if call.body else {}
        content = {"size": len(call.answer), "mimeType": "application/json"}
        encoded = {"text": base64.b64encode(call.answer).decode(), "encoding": "base64"}
        request = {"method": call.method, "url": call.url, "headers": pairs(call.headers), **sent}
        response = {"status": call.status, "headers": pairs(call.answer_headers), "content": content | encoded}
        return {"startedDateTime": "2026-08-10T10:00:00Z", "time": 12, "request": request, "response": response}

    return json.dumps({"log": {"version": "1.2", "entries": [entry(call) for call in calls]}})


def _lists(headers: dict[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in headers.items()}


def ruby_vcr(calls: Sequence[Call]) -> str:
    """Return a cassette of Ruby's VCR: the key filtered, the time of the recording beside."""
    interactions = [
        {
            "request": {
                "method": call.method.lower(),
                "uri": call.url,
                "body": {"encoding": "UTF-8", "string": _text(call.body)},
                "headers": _lists(call.headers | {"Authorization": "Bearer <API_KEY>"}),
            },
            "response": {
                "status": {"code": call.status, "message": "OK"},
                "headers": _lists(call.answer_headers),
                "body": {"encoding": "ASCII-8BIT", "string": _text(call.answer)},
            },
            "recorded_at": "Mon, 10 Aug 2026 23:27:13 GMT",
        }
        for call in calls
    ]
    return yaml.safe_dump({"http_interactions": interactions, "recorded_with": "VCR 6.4.0"})


def _vcrpy(calls: Sequence[Call], *, packed: bool = False) -> dict[str, Any]:
    return {
        "interactions": [
            {
                "request": {
                    "body": call.body.decode() if call.body else None,
                    "headers": _lists({name: value for name, value in call.headers.items() if name != "Authorization"}),
                    "method": call.method,
                    "uri": call.url,
                },
                "response": {
                    "body": {"string": gzip.compress(call.answer) if packed else _text(call.answer)},
                    "headers": _lists(call.answer_headers | ({"Content-Encoding": "gzip"} if packed else {})),
                    "status": {"code": call.status, "message": "OK"},
                },
            }
            for call in calls
        ],
        "version": 1,
    }


def vcrpy_yaml(calls: Sequence[Call]) -> str:
    """Return a cassette of vcrpy with bodies as they were sent: compressed, in YAML's binary."""
    return yaml.safe_dump(_vcrpy(calls, packed=True))


def vcrpy_json(calls: Sequence[Call]) -> str:
    """Return a cassette of vcrpy's JSON serializer."""
    return json.dumps(_vcrpy(calls))


def betamax(calls: Sequence[Call]) -> str:
    """Return a cassette of Betamax, with a compressed body in base64."""
    interactions = [
        {
            "request": {
                "method": call.method,
                "uri": call.url,
                "headers": _lists(call.headers),
                "body": {"encoding": "utf-8", "string": _text(call.body)},
            },
            "response": {
                "status": {"code": call.status, "message": "OK"},
                "url": call.url,
                "headers": _lists(call.answer_headers | {"Content-Encoding": "gzip"}),
                "body": {"encoding": None, "base64_string": base64.b64encode(gzip.compress(call.answer)).decode()},
            },
            "recorded_at": "2026-08-10T23:27:13",
        }
        for call in calls
    ]
    return json.dumps({"http_interactions": interactions, "recorded_with": "betamax/0.9.0"})


def go_vcr(calls: Sequence[Call]) -> str:
    """Return a cassette of go-vcr."""
    interactions = [
        {
            "id": number,
            "request": {
                "method": call.method,
                "url": call.url,
                "headers": _lists(call.headers),
                "body": _text(call.body),
            },
            "response": {
                "status": f"{call.status} OK",
                "code": call.status,
                "headers": _lists(call.answer_headers),
                "body": _text(call.answer),
                "duration": "12ms",
            },
        }
        for number, call in enumerate(calls)
    ]
    return yaml.safe_dump({"version": 2, "interactions": interactions})


def php_vcr(calls: Sequence[Call]) -> str:
    """Return a cassette of PHP-VCR: a list, with plain headers."""
    return json.dumps(
        [
            {
                "request": {"method": call.method, "url": call.url, "headers": call.headers, "body": _text(call.body)},
                "response": {
                    "status": {"http_version": "1.1", "code": str(call.status), "message": "OK"},
                    "headers": call.answer_headers,
                    "body": _text(call.answer),
                },
            }
            for call in calls
        ]
    )


def by_hand(calls: Sequence[Call]) -> str:
    """Return a list of requests and responses whose bodies somebody unfolded, and whose headers are gone."""
    return json.dumps(
        {
            "exchanges": [
                {
                    "request": {"uri": f"{call.method} {call.url}", "body": json.loads(call.body or b"null")},
                    "response": {"status": call.status, "headers": {}, "body": json.loads(call.answer)},
                }
                for call in calls
            ]
        }
    )


FORMATS: dict[str, Callable[[Sequence[Call]], str]] = {
    "archive.har": har,
    "ruby.yml": ruby_vcr,
    "vcrpy.yaml": vcrpy_yaml,
    "vcrpy.json": vcrpy_json,
    "betamax.json": betamax,
    "go.yaml": go_vcr,
    "php.json": php_vcr,
    "hand.json": by_hand,
    "nock.json": stubs.nock,
    "wiremock.json": stubs.wiremock,
    "hoverfly.json": stubs.hoverfly,
    "mockserver.json": stubs.mock_server,
    "postman.json": stubs.postman,
    "charles.json": stubs.charles,
    "polly.har": stubs.polly,
    "browser.har": stubs.browser,
    "structures.yml": stubs.ruby_structures,
    "r.yml": stubs.r_vcr,
    "parsed.yaml": stubs.parsed_bodies,
    "httpx.yaml": stubs.httpx_contents,
    "apart.yaml": stubs.side_by_side,
}
"""The recorders, by a name for their files."""
