"""The mock as a server: start, stop, hosts, connections, and the log."""

from __future__ import annotations

import asyncio
import http.client
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from openrouter_mock.app import create_app
from openrouter_mock.call import Call, Response
from openrouter_mock.log import JsonLines
from openrouter_mock.server import DEFAULT_KEY, MockServer, check_host, serve
from openrouter_mock.settings import MockSettings

from .probes import BASE, KEY, MODEL, body, client_of, raw

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

_SERVE = """
import sys
from openrouter_mock.server import serve
from openrouter_mock.settings import MockSettings
serve(MockSettings(log_level="info", latency=float(sys.argv[1])))
print("stopped", flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A running mock."""
    with MockServer() as running:
        yield running


@pytest.fixture
def address(server: MockServer) -> tuple[str, int]:
    """Host and port of the running mock."""
    parts = urlsplit(server.url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def embed(server: MockServer, text: str = "cat") -> httpx.Response:
    """Embed *text*."""
    headers = {"authorization": f"Bearer {server.key}", "content-type": "application/json"}
    return httpx.post(f"{server.url}/embeddings", content=body(text), headers=headers)


def test_the_server_answers_at_its_url(server: MockServer) -> None:
    """The URL is the part before `/embeddings`, on loopback, and the key is accepted."""
    assert server.url.startswith("http://127.0.0.1:")
    assert server.url.endswith("/api/v1")
    assert embed(server).status_code == 200


def test_two_servers_run_side_by_side(server: MockServer) -> None:
    """Each mock has a port of its own."""
    with MockServer() as other:
        assert other.url != server.url
        assert embed(other).json()["data"] == embed(server).json()["data"]


def test_a_stopped_server_is_gone() -> None:
    """After the block nothing listens."""
    with MockServer() as running:
        url = running.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/embeddings/models")
    with pytest.raises(RuntimeError, match="until it is started"):
        _ = running.url


def test_the_key_is_one_that_is_accepted() -> None:
    """`key` is the first of the keys in the settings, without any a default one."""
    assert MockServer().key == DEFAULT_KEY
    assert MockServer(MockSettings(keys=("one", "two"))).key == "one"


def test_a_taken_port_is_an_error(address: tuple[str, int]) -> None:
    """A port in use raises OSError at the start."""
    with pytest.raises(OSError, match=r"."), MockServer(MockSettings(port=address[1])):
        pytest.fail("two servers listen on one port")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::", ""])
def test_hosts_beyond_loopback_are_rejected(host: str) -> None:
    """The mock listens on loopback only, unless `allow_remote` is set."""
    settings = MockSettings(host=host)
    for start in (MockServer, serve, check_host):
        with pytest.raises(ValueError, match="loopback only"):
            start(settings)
    check_host(MockSettings(host=host, allow_remote=True))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
def test_loopback_hosts_are_taken(host: str) -> None:
    """Every name of loopback is taken."""
    check_host(MockSettings(host=host))


def test_latency_delays_answers() -> None:
    """With latency an answer takes at least that long."""
    with MockServer(MockSettings(latency=0.1)) as slow:
        assert embed(slow).elapsed.total_seconds() >= 0.1


def test_connections_are_kept(server: MockServer) -> None:
    """One connection serves several requests, rejected ones included."""
    with httpx.Client(base_url=server.url) as client:
        statuses = [client.post("/embeddings", content=b"{").status_code for _ in range(2)]
        statuses.append(client.get("/embeddings/models").status_code)
    assert statuses == [401, 401, 200]


def test_a_chunked_body_is_read(server: MockServer) -> None:
    """A body without a length, in pieces, is read as one."""
    pieces = (body("cat")[index : index + 1] for index in range(len(body("cat"))))
    headers = {"authorization": f"Bearer {server.key}", "content-type": "application/json"}
    response = httpx.post(f"{server.url}/embeddings", content=pieces, headers=headers)
    assert response.json()["data"] == embed(server).json()["data"]


def test_a_too_large_body_is_413() -> None:
    """The sender of a too large body gets 413, not a broken connection."""
    with MockServer(MockSettings(max_body=1000)) as small:
        headers = {"authorization": f"Bearer {small.key}"}
        response = httpx.post(f"{small.url}/embeddings", content=b"x" * 5_000_000, headers=headers)
        assert response.status_code == 413
        assert embed(small).status_code == 200


@contextmanager
def talking(*faults: str) -> Iterator[http.client.HTTPConnection]:
    """A connection to a mock with these faults, which logs nothing of it."""
    with MockServer(MockSettings(faults=faults, log_level="warning")) as lying:
        parts = urlsplit(lying.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        yield connection
        connection.close()


@pytest.mark.parametrize("fault", ["promises_more_than_it_sends", "ends_chunks_early"])
def test_an_answer_may_be_cut_off(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    """A length too great, or chunks without an end, show as a body cut short; the mock itself finds nothing wrong."""
    with talking(fault) as connection:
        connection.request("GET", "/api/v1/embeddings/models")
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()
    assert caplog.records == []


def test_a_length_and_chunks_may_come_together() -> None:
    """The fault that sends both headers sends chunks."""
    with talking("sends_length_and_chunks") as connection:
        connection.request("GET", "/api/v1/embeddings/models")
        answer = connection.getresponse()
        assert answer.headers["Content-Length"]
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert orjson.loads(answer.read())["total_count"] == 31


@pytest.mark.parametrize(
    ("fault", "announced"), [("closes_connection_after_each_answer", "close"), ("drops_kept_connections", None)]
)
def test_connections_may_end(fault: str, announced: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """One fault ends each connection and says so, the other says nothing, and the next call is lost."""
    with talking(fault) as connection:
        connection.auto_open = 0
        connection.connect()
        connection.request("GET", "/api/v1/embeddings/models")
        answer = connection.getresponse()
        assert answer.headers["Connection"] == announced
        assert answer.read()
        with pytest.raises((http.client.NotConnected, ConnectionError)):
            _ask_again(connection)
    assert caplog.records == []


def _ask_again(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/api/v1/embeddings/models")
    connection.getresponse()


def test_the_log_names_calls_but_no_keys(caplog: pytest.LogCaptureFixture) -> None:
    """At level info each call is one line of JSON: method, path, status, time; neither key nor text is in it."""
    caplog.set_level(logging.INFO, logger="openrouter_mock")
    key = "sk-or-v1-very-secret"
    with MockServer(MockSettings(keys=(key,), log_level="info")) as logged:
        embed(logged, "private words")
        httpx.post(f"{logged.url}/embeddings", headers={"authorization": "Bearer sk-or-wrong-secret"})
    records = [each for each in caplog.records if each.name == "openrouter_mock"]
    lines = [orjson.loads(JsonLines().format(record)) for record in records]
    assert [(line["method"], line["path"], line["status"], line["model"], line["inputs"]) for line in lines] == [
        ("POST", "/api/v1/embeddings", 200, MODEL, 1),
        ("POST", "/api/v1/embeddings", 401, None, 0),
    ]
    everything = " ".join(str(vars(record)) for record in caplog.records)
    assert "secret" not in everything
    assert "private" not in everything


def test_the_log_is_json_throughout() -> None:
    """What the server itself says is a line of JSON too, and so is a crash with its traceback."""
    try:
        raise ZeroDivisionError("within")
    except ZeroDivisionError:
        record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "it %s", ("broke",), sys.exc_info())
    line = JsonLines().format(record)
    event = orjson.loads(line)
    assert "\n" not in line
    assert [event["level"], event["event"], event["time"][-6:]] == ["error", "it broke", "+00:00"]
    assert "ZeroDivisionError: within" in event["traceback"]


def test_a_key_in_a_wrong_place_is_neither_logged_nor_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Keys that callers put into URLs, titles or models are redacted, whatever their form."""
    caplog.set_level(logging.INFO, logger="openrouter_mock")
    keys = ("qzx", "qzx-wvu", "sk-or-v1-a$qzx")
    client = client_of(create_app(MockSettings(keys=keys)))
    headers = {
        "X-Title": "sk-or-v1-SECRET",
        "HTTP-Referer": "https://x.example/?key=qzx-wvu",
        **_key("qzx-wvu"),
    }
    client.get("/sk-or-v1-SECRET", headers=headers)
    client.get("/x", headers={"X-Title": "sk-or-v1-a$qzx", "HTTP-Referer": "qzx-wvu"})
    client.post("/embeddings", content=body("cat", model="x" * 190 + "sk-or-v1-SECRET"), headers=headers)
    client.post("/embeddings", content=body("cat", model="mock/sk-or-v1-SECRET"), headers=headers)
    shown = "".join(JsonLines().format(record) for record in caplog.records) + client.get("http://mock/").text
    assert "SECRET" not in shown
    assert not {"qzx", "wvu"} & set(re.findall(r"[a-z]+", shown))
    assert "mock/sk-…" in shown


def _key(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


def test_the_attribution_is_logged_under_both_names(caplog: pytest.LogCaptureFixture) -> None:
    """`X-Title` is the older name of `X-OpenRouter-Title`."""
    caplog.set_level(logging.INFO, logger="openrouter_mock")
    client = client_of(create_app())
    for name in ("X-Title", "X-OpenRouter-Title"):
        named = {name: "App", "HTTP-Referer": "https://app.example", "X-OpenRouter-Categories": "cli-agent"}
        client.get("/embeddings/models", headers=named)
    lines = [orjson.loads(JsonLines().format(record)) for record in caplog.records if "openrouter" in record.name]
    assert [(line["title"], line["referer"], line["categories"]) for line in lines] == [
        ("App", "https://app.example", "cli-agent")
    ] * 2


def test_a_large_call_does_not_hold_up_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a large batch is embedded, another call is answered."""
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    busy, begun, may_end = MockServer(), threading.Event(), threading.Event()
    answer = busy.service.embeddings

    def wait(call: Call) -> Response:
        begun.set()
        assert may_end.wait(10)
        return answer(call)

    monkeypatch.setattr(busy.service, "embeddings", wait)
    with busy, ThreadPoolExecutor(1) as beside:
        large = body([f"{number} " * 60 for number in range(500)])
        slow = beside.submit(httpx.post, f"{busy.url}/embeddings", content=large, headers=headers, timeout=20)
        assert begun.wait(10)
        assert httpx.get(f"{busy.url}/embeddings/models").status_code == 200
        may_end.set()
        assert slow.result().status_code == 200


def test_the_page_for_browsers_shows_what_is_served() -> None:
    """The page at `/` names models, scenarios and the latest calls, and none of their keys or texts."""
    client = client_of(create_app(MockSettings(faults=("index_from_one",))))
    probe = raw("", body("private words"))
    client.post("/embeddings", content=probe.body, headers={**probe.headers, "x-title": "<b>App</b>"})
    page = client.get("http://localhost:8000/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for shown in ("index_from_one", "mock/rate-limited-once", MODEL, f"POST {urlsplit(BASE).path}", "&lt;b&gt;App"):
        assert shown in page.text
    assert KEY not in page.text
    assert "private" not in page.text


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8000", 200), ("localhost", 200), ("[::1]:80", 200), ("rebound.test:8000", 403), ("10.0.0.1", 403)],
)
def test_the_page_is_for_this_machine(host: str, status: int) -> None:
    """A page of another site whose name leads to the mock cannot read the calls, unless remote use is allowed."""
    client = client_of(create_app())
    assert client.get("http://localhost/", headers={"host": host}).status_code == status
    assert client.get("/embeddings/models", headers={"host": host}).status_code == 200
    remote = client_of(create_app(MockSettings(allow_remote=True)))
    assert remote.get("http://localhost/", headers={"host": host}).status_code == 200


def test_gateways_find_health_and_models() -> None:
    """`/health` says that the mock is up, and `/models` gives the model list, as gateways ask for it."""
    client = client_of(create_app())
    health = client.get("http://mock/health")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert client.head("http://mock/health").status_code == 200
    assert client.post("http://mock/health").status_code == 405
    listed = client.get("/models", params={"limit": 3})
    assert listed.json()["data"] == client.get("/embeddings/models", params={"limit": 3}).json()["data"]
    assert "/api/v1/models?" in listed.json()["links"]["next"]


def test_settings_do_not_show_their_keys() -> None:
    """Printing the settings shows no key."""
    assert "secret" not in repr(MockSettings(keys=("sk-or-secret",)))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send to a child")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server(number: signal.Signals) -> None:
    """Served in the foreground, the mock prints one line with its URL, and a signal ends it cleanly."""
    with _serving(latency=0) as (process, url):
        assert httpx.get(f"{url}/embeddings/models").status_code == 200
        assert _stopped(process, number) == (0, "stopped\n")


@pytest.mark.parametrize(
    "behind", [b"", b"GET /api", b"POST /api/v1/embeddings HTTP/1.1\r\nContent-Length: 50\r\n\r\n{"]
)
def test_a_stop_waits_for_nobody(behind: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """An answer that waits for its latency goes out at once, and requests that are half there are not waited for."""
    server, begun = MockServer(MockSettings(latency=3600)), threading.Event()
    models = server.service.models

    def begin(call: Call) -> Response:
        begun.set()
        return models(call)

    server.service.models = begin  # type: ignore[method-assign]
    server.start()
    parts = urlsplit(server.url)
    place = (parts.hostname, parts.port)
    with socket.create_connection(place, timeout=60) as half, socket.create_connection(place, timeout=60) as waiting:
        half.sendall(b"POST /api/v1/embeddings HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
        waiting.sendall(b"GET /api/v1/embeddings/models HTTP/1.1\r\nHost: x\r\n\r\n" + behind)
        assert begun.wait(60)
        server.stop()
        assert waiting.recv(2**16).startswith(b"HTTP/1.1 200 ")
        with suppress(ConnectionResetError):  # when its bytes had not been read yet
            assert half.recv(1) == b""
    assert caplog.records == []


def test_a_mock_may_be_started_again() -> None:
    """After a stop the mock is as before: answers wait again."""
    server = MockServer(MockSettings(latency=0.1))
    for _ in range(2):
        with server:
            assert embed(server).elapsed.total_seconds() >= 0.1


@contextmanager
def _serving(*, latency: float, before: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve in a process of its own, which runs *before* first; give it and its URL."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", before + _SERVE, str(latency)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().rsplit(" ", 1)[-1].strip()
        finally:
            process.kill()


def _stopped(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Send the signal; return the exit code and what was printed, once it is clear that nothing went wrong."""
    process.send_signal(number)
    rest, errors = process.communicate(timeout=60)
    assert "raceback" not in errors
    return process.returncode, rest


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send to a child")
def test_a_log_that_nobody_reads_stops_nothing() -> None:
    """With a full pipe at its stderr the mock goes on answering, and stops on SIGTERM."""
    with _serving(latency=0) as (process, url), httpx.Client() as client:
        assert process.stderr
        name = "x" * 190
        for _ in range(600):  # each is logged with more than 300 bytes; a pipe holds 64 KiB
            headers = {"x-title": name, "http-referer": name}
            assert client.get(f"{url}/embeddings/models?limit=1", headers=headers).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        logged = process.stderr.read()
    assert 50 < logged.count('"event":"request"') < 600
    assert "raceback" not in logged


@pytest.mark.skipif(os.name == "nt", reason="Windows does not limit the descriptors of a process")
def test_out_of_descriptors_the_mock_stays_quiet() -> None:
    """Connections beyond the descriptors that a process may open wait; the log says so in one line."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
    with _serving(latency=0, before=limit) as (process, url):
        parts = urlsplit(url)
        with ExitStack() as connections:
            for _ in range(60):
                connections.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=60))
            assert process.stderr
            assert any("no more connections" in line for line in process.stderr)
        assert httpx.get(f"{url}/embeddings/models?limit=1", timeout=60).status_code == 200
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert "connections" not in rest
    assert "raceback" not in rest


def test_the_mock_shares_no_code_with_the_client() -> None:
    """Serving imports nothing of the generated client, only reads its contract."""
    script = (
        "import sys, json\n"
        "from openrouter_mock.server import MockServer\n"
        "import httpx\n"
        "with MockServer() as mock: httpx.get(mock.url + '/embeddings/models')\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    modules = orjson.loads(ran.stdout)
    assert "openrouter_mock.app" in modules
    assert [name for name in modules if name.startswith("openrouter_embeddings")] == []


def test_other_servers_may_start_it_with_a_lifespan() -> None:
    """A server that announces its start and its end is answered, as ASGI wants."""
    sent: list[str] = []
    received = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, str]:
        return {"type": next(received)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(create_app()({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_websocket_is_answered_as_the_request_that_it_is(server: MockServer) -> None:
    """A handshake at a path that is not served is 404 like any other request."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    assert httpx.get(f"{server.url}/chat", headers=headers).status_code == 404
