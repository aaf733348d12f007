"""One deadline and one ceiling of bytes hold for each exchange, however a server writes its answer."""

from __future__ import annotations

import gzip
import itertools
import socket
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator

import pytest
import trustme

from openrouter_conformance import transport
from openrouter_conformance.errors import TargetError
from openrouter_conformance.exchange import Exchange, Request
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.targets import Target

from .raw_server import RawServer, serve_raw

_ASK = Request("POST", "/embeddings", b'{"input":"a"}', operation="createEmbeddings")
_MOMENT = 0.3
"""Seconds until an answer begins; all of it may take twice as long."""
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
_GZIP_HEAD = gzip.compress(b"", mtime=0)[:10]


def _send(url: str, timeout: float = _MOMENT) -> Exchange:
    with Recorder(Target("test", url, url), timeout) as recorder:
        return recorder.send(_ASK)


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)  # the same name for the same test in every process


def _answer(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def _head_dripped(server: RawServer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from server.slowly(b"X-More: 1\r\n")


def _interim_dripped(server: RawServer) -> Iterator[bytes]:
    yield from server.slowly(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def _body_dripped(server: RawServer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    yield from server.slowly(b" ")


def _extension_dripped(server: RawServer) -> Iterator[bytes]:
    yield _CHUNKED + b"\r\n2;name="
    yield from server.slowly(b"x")


def _trailer_dripped(server: RawServer) -> Iterator[bytes]:
    yield _CHUNKED + b"\r\n2\r\n{}\r\n0\r\n"
    yield from server.slowly(b"X-More: 1\r\n")


def _gzip_dripped(server: RawServer) -> Iterator[bytes]:
    yield _CHUNKED + b"Content-Encoding: gzip\r\n\r\n" + _chunk(_GZIP_HEAD)
    yield from server.slowly(_chunk(_EMPTY_BLOCK))


def _silent_after_the_head(server: RawServer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    server.closing.wait(10)


@pytest.mark.parametrize(
    "reply",
    [
        _head_dripped,
        _interim_dripped,
        _body_dripped,
        _extension_dripped,
        _trailer_dripped,
        _gzip_dripped,
        _silent_after_the_head,
    ],
)
def test_answer_without_end_is_cut_at_the_deadline(reply: Callable[[RawServer], Iterable[bytes]]) -> None:
    """Whichever part of an answer never ends, the exchange does, and says why."""
    started = time.monotonic()
    with serve_raw(reply) as server:
        exchange = _send(server.url)
    assert exchange.failure == "an answer that took over 0.6 seconds"
    assert time.monotonic() - started < 5


def test_silence_is_cut_at_the_time_for_beginning() -> None:
    """A server that takes the request and says nothing has half as long."""

    def silent(server: RawServer) -> Iterator[bytes]:
        server.closing.wait(10)
        yield b""

    with serve_raw(silent) as server:
        assert _send(server.url).failure == "no answer within 0.3 seconds"


def test_deadline_holds_for_a_server_that_reads_nothing() -> None:
    """A request that is too large for the buffers on the way is given up as well."""
    large = Request("POST", "/embeddings", b" " * 2**25)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with Recorder(Target("test", url, url), _MOMENT) as recorder:
            assert recorder.send(large).failure == "no answer within 0.3 seconds"


def test_deadline_holds_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encryption changes nothing."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with authority.cert_pem.tempfile() as path, serve_raw(_head_dripped, tls=context) as server:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        assert _send(server.url).failure == "an answer that took over 0.6 seconds"


def _heads_without_end(_: RawServer) -> Iterator[bytes]:
    yield from itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 100)


def _body_without_end(_: RawServer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    yield from itertools.repeat(b" " * 10_000)


def _gzip_without_end(_: RawServer) -> Iterator[bytes]:
    yield _CHUNKED + b"Content-Encoding: gzip\r\n\r\n" + _chunk(_GZIP_HEAD)
    yield from itertools.repeat(_chunk(_EMPTY_BLOCK * 1000))


def _frames_without_end(_: RawServer) -> Iterator[bytes]:
    yield _CHUNKED + b"\r\n"
    yield from itertools.repeat((b"1;" + b"x" * 1000 + b"\r\n \r\n") * 10)


@pytest.mark.parametrize("reply", [_heads_without_end, _body_without_end, _gzip_without_end, _frames_without_end])
def test_answer_without_end_is_cut_at_the_ceiling(
    reply: Callable[[RawServer], Iterable[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes count as they arrive on the connection, whatever they are: heads, frames, or nothing once decoded."""
    monkeypatch.setattr(transport, "MAX_BYTES", 1_000_000)
    with serve_raw(reply) as server:
        exchange = _send(server.url, timeout=30)
    assert exchange.failure == "an answer over 1000000 bytes"


def test_memory_for_a_compressed_answer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small answer that decodes to a gigabyte takes no more memory than the ceiling allows."""
    monkeypatch.setattr(transport, "MAX_BYTES", 2_000_000)
    compressor = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    body = b"".join([*(compressor.compress(b" " * 2**20) for _ in range(1024)), compressor.flush()])
    assert len(body) < 2_000_000
    with serve_raw(lambda _: [_answer(body, "Content-Encoding: gzip")]) as server:
        tracemalloc.start()
        try:
            exchange = _send(server.url, timeout=30)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert exchange.failure == "an answer over 2000000 bytes"
    assert peak < 20_000_000


_RAW_DEFLATE = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", _gzip(b"{}")),
        ("X-GZip", _gzip(b"{}")),
        ("gzip", _gzip(b"{") + _gzip(b"}")),
        ("identity, gzip", _gzip(b"{}")),
        ("deflate", zlib.compress(b"{}")),
        ("deflate", _RAW_DEFLATE.compress(b"{}") + _RAW_DEFLATE.flush()),
        ("identity", b"{}"),
        ("", b"{}"),
    ],
)
def test_one_coding_is_decoded(coding: str, body: bytes) -> None:
    """Bodies in the codings that were asked for, or in none, are read."""
    with serve_raw(lambda _: [_answer(body, f"Content-Encoding: {coding}")]) as server:
        exchange = _send(server.url)
    assert exchange.body == b"{}"
    assert exchange.compressed == (body != b"{}")
    assert ("--compressed" in exchange.curl()) == exchange.compressed


@pytest.mark.parametrize(
    ("coding", "body", "said"),
    [
        ("gzip, gzip", _gzip(_gzip(b"{}")), "the Content-Encoding gzip, gzip, where gzip, deflate or"),
        ("br", b"{}", "the Content-Encoding br, where gzip, deflate or none was asked for"),
        ("gzip", b"{}", "a body that its Content-Encoding does not decode"),
        ("gzip", _gzip(b"{}")[:-1], "the gzip stream is cut short"),
        ("gzip", _gzip(b"{}") + b"more", "more bytes after the end of the gzip stream"),
        ("deflate", zlib.compress(b"{}") + b"more", "more bytes after the end of the deflate stream"),
    ],
)
def test_other_codings_are_refused_in_a_sentence(coding: str, body: bytes, said: str) -> None:
    """What cannot be decoded, or was not asked for, is the target's fault, and said."""
    with serve_raw(lambda _: [_answer(body, f"Content-Encoding: {coding}")]) as server:
        exchange = _send(server.url)
    assert exchange.status is None
    assert said in exchange.outline()


def test_answer_without_a_body_may_name_any_coding() -> None:
    """An answer to HEAD has the headers of the answer to GET, and nothing to decode."""
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nContent-Encoding: gzip\r\n\r\n"
    with serve_raw(lambda _: [reply]) as server, Recorder(Target("test", server.url, server.url)) as recorder:
        assert recorder.send(Request("HEAD", "/embeddings/models")).status == 200


def test_connections_are_kept_unless_a_fresh_one_is_asked_for() -> None:
    """Each exchange tells whether a connection was opened for it; a fresh one serves no other request."""
    fresh = Request("POST", "/embeddings", b"{}", fresh_connection=True)
    with (
        serve_raw(lambda _: [_answer(b"{}")], keep=True) as server,
        Recorder(Target("test", server.url, server.url)) as recorder,
    ):
        found = [recorder.send(request) for request in (_ASK, _ASK, fresh, fresh, _ASK)]
    assert [exchange.fresh_connection for exchange in found] == [True, False, True, True, False]
    assert server.connections == 3
    assert [exchange.number for exchange in found] == [1, 2, 3, 4, 5]
    assert {exchange.in_flight for exchange in found} == {0}


def test_kept_connection_that_was_closed_is_replaced() -> None:
    """A server that closes a connection after its answer is asked over a new one."""
    with (
        serve_raw(lambda _: [_answer(b"{}")]) as server,
        Recorder(Target("test", server.url, server.url)) as recorder,
    ):
        assert [recorder.send(_ASK).status for _ in range(3)] == [200] * 3
    assert server.connections == 3


def test_cookies_are_not_sent_back() -> None:
    """A request depends on nothing that was answered before."""
    with (
        serve_raw(lambda _: [_answer(b"{}", "Set-Cookie: a=b")], keep=True) as server,
        Recorder(Target("test", server.url, server.url)) as recorder,
    ):
        recorder.send(_ASK)
        recorder.send(_ASK)
    assert not any(b"cookie" in head.lower() for head in server.heads)


def test_proxy_of_the_environment_is_used_for_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY holds for hosts elsewhere, and for none on this machine."""
    for name in ("http_proxy", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serve_raw(lambda _: [_answer(b"{}")]) as proxy, serve_raw(lambda _: [_answer(b"{}")]) as direct:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//user:word@"))
        assert _send("http://api.invalid/v1").status == 200
        assert _send(direct.url).status == 200
    assert b"POST http://api.invalid/v1/embeddings" in proxy.heads[0]
    assert b"Basic dXNlcjp3b3Jk" in proxy.heads[0]
    assert len(proxy.heads) == len(direct.heads) == 1


def test_unreachable_proxy_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses is named by what it said."""
    with serve_raw(lambda _: [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(TargetError, match=r"cannot reach https://api\.invalid/v1: 407"):
            _send("https://api.invalid/v1")
