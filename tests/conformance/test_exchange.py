"""Exchanges as evidence: repeatable, and without the key."""

from __future__ import annotations

import base64
import shlex
import shutil
import subprocess
import sys
from typing import Any

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_conformance.exchange import Exchange, Request, excerpt
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.targets import Target

from .conftest import serve_app

_KEY = "sk-or-v1-secret-of-this-test"


def _exchange(body: bytes | None, headers: tuple[tuple[str, str], ...] = ()) -> Exchange:
    return Exchange("createEmbeddings", "POST", "http://127.0.0.1:8000/api/v1/embeddings", headers, body, 200)


@given(st.text(st.characters(codec="utf-8")))
def test_curl_line_carries_the_body(text: str) -> None:
    """A shell that reads the line hands curl the body byte for byte: as an argument, or decoded from Base64."""
    line = _exchange(orjson.dumps({"input": text})).curl()
    words = shlex.split(line)
    curl = words[words.index("curl") :]
    assert curl[:4] == ["curl", "-sS", "-X", "POST"]
    assert line.isprintable()
    if words[0] == "printf":
        assert words[3:7] == ["|", "base64", "-d", "|"]
        assert base64.b64decode(words[2]) == orjson.dumps({"input": text})
        assert curl[curl.index("--data-binary") + 1] == "@-"
    else:
        assert curl[curl.index("--data-binary") + 1].encode() == orjson.dumps({"input": text})


@pytest.mark.skipif(sys.platform == "win32", reason="the line is for POSIX shells")
@pytest.mark.parametrize(
    "body",
    [
        b'{"input":"%s"}' % (b"words " * 60_000),
        bytes(range(256)) * 20,
        b"\x00\xff\xfe",
        b"@file",
        b"'quoted' $HOME `x` \\n",
        b"\xff",
        b"",
    ],
)
def test_curl_line_carries_any_bytes(body: bytes) -> None:
    """A POSIX shell sends bodies that are no text, and text with signs that mean something to it, unchanged."""
    line = _exchange(body).curl()
    stand_in = 'curl() { for last; do :; done; if [ "$last" = @- ]; then cat; else printf %s "$last"; fi; }\n'
    done = subprocess.run(["sh", "-c", stand_in + line], capture_output=True, check=True)
    assert done.stdout == body


@pytest.mark.skipif(sys.platform == "win32", reason="the line is for POSIX shells")
def test_curl_line_reads_the_key_from_the_environment() -> None:
    """The shell puts the key in where the line names its variable, and expands nothing else."""
    headers = (("Authorization", "Bearer $CONFORMANCE_API_KEY"), ("X-Other", "$HOME `id`"))
    stand_in = 'curl() { for word; do printf "%s\\n" "$word"; done; }\n'
    done = subprocess.run(
        ["sh", "-c", stand_in + _exchange(None, headers).curl()],
        capture_output=True,
        check=True,
        text=True,
        env={"CONFORMANCE_API_KEY": _KEY, "HOME": "/home", "PATH": "/usr/bin:/bin"},
    )
    assert f"Authorization: Bearer {_KEY}" in done.stdout.splitlines()
    assert "X-Other: $HOME `id`" in done.stdout.splitlines()


@given(st.binary(max_size=5000))
def test_excerpts_are_one_short_line(body: bytes) -> None:
    """Whatever a server answers, it is shown as one line of bounded length."""
    line = excerpt(body)
    assert len(line) < 450
    assert line.isprintable()


@pytest.mark.parametrize("key", [True, "bearer {key}", "Basic {key}"])
def test_recorded_exchanges_do_not_hold_the_key(key: Any) -> None:
    """The key travels to the target and is nowhere in what is recorded."""
    seen: list[bytes] = []

    async def application(scope: dict[str, object], receive: object, send: object) -> None:
        seen.extend(value for name, value in scope["headers"] if name == b"authorization")  # type: ignore[attr-defined]
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"{}"})  # type: ignore[operator]

    with serve_app(application) as url:
        target = Target("test", url, url, key=_KEY)
        with Recorder(target) as recorder:
            exchange = recorder.send(Request("POST", "/embeddings", b"{}", key=key))
    assert _KEY.encode() in seen[0]
    assert _KEY not in repr(exchange) + exchange.curl() + repr(target)
    assert "$CONFORMANCE_API_KEY" in exchange.curl()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    ("path", "headers", "body"),
    [
        ("/embeddings", (("Content-Type", "application/json"),), b'{"input":"it\'s"}'),
        ("/embeddings", (), b"{}"),
        ("/embeddings", (("X-Empty", ""), ("X-Other", "a b")), b"\xff\x00\n"),
        ("/embeddings", (), b""),
        ("/embeddings", (), b'"\x1b[2J\xe2\x80\xae"'),
        ("/embeddings", (), b" " * 300_000 + b"{}"),
        ("/embeddings/models?limit=[1-3]&offset={a,b}", (), b"{}"),
        ("/a/../b/./c", (), b"{}"),
    ],
)
def test_curl_line_sends_what_was_sent(path: str, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    """The shell and curl themselves send the request that the suite has sent, to the byte."""
    seen: list[tuple[object, ...]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        content, more = b"", True
        while more:
            message = await receive()
            content, more = content + message.get("body", b""), message.get("more_body", False)
        ours = [pair for pair in scope["headers"] if pair[0] == b"content-type" or pair[0].startswith(b"x-")]
        seen.append((scope["method"], scope["raw_path"], scope["query_string"], ours, content))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    with serve_app(application) as url, Recorder(Target("test", url, url)) as recorder:
        line = recorder.send(Request("POST", path, body, headers)).curl()
        subprocess.run(["sh"], input=line.encode(), capture_output=True, check=True, timeout=30)
    assert line.isprintable()
    assert seen[0] == seen[1]


def test_curl_line_asks_for_compression_where_the_answer_had_it() -> None:
    """What a compressed answer showed is shown again."""
    exchange = Exchange("createEmbeddings", "POST", "http://127.0.0.1/embeddings", (), b"{}", 200, compressed=True)
    assert exchange.curl().startswith("curl -sS --compressed -X POST")
    assert "--compressed" not in attrs.evolve(exchange, compressed=False).curl()
