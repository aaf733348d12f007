"""Fetching over https: within limits, to https only, and never half a document. The server is on this machine."""

import gzip
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from spec.errors import InputError
from spec.source import Limits, read_source
from upstream import PUBLISHED, run

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]
LIMITS = Limits(size=64 * 1024, wait=5.0, total=10.0)


class Site:
    """A web site on the loopback whose pages are functions; `gone` is set when it closes."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.pages: dict[str, Answer] = {}
        self.seen: list[str] = []
        self.gone = threading.Event()
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.seen.append(self.path)
                site.pages[self.path.partition("?")[0]](self)
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up on purpose
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if context else 'http'}://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self.gone.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Make a certificate authority of these tests' own."""
    return trustme.CA()


@pytest.fixture
def site(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Run an https site whose certificate this process trusts, and no proxy in between."""
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    running = Site(context)
    yield running
    running.close()


@pytest.fixture
def plain_site() -> Iterator[Site]:
    """Run an http site, which nobody may visit."""
    running = Site(None)
    yield running
    running.close()


def page(body: bytes, status: int = 200, **headers: str) -> Answer:
    """Return a page with a body; underscores in the names of headers stand for hyphens."""

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def test_good_document_is_fetched(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command reads an https address, and the lock names it without its query."""
    site.pages["/openapi.yaml"] = page(PUBLISHED.read_bytes())
    pin = tmp_path / "openapi.yaml"
    outcome = run(capsys, "--from", f"{site.url}/openapi.yaml?token=s3cret", "--output", pin)
    assert (outcome.code, outcome.err) == (0, [])
    lock = pin.with_name("openapi.lock.json").read_text()
    assert f'"source": "{site.url}/openapi.yaml"' in lock
    assert "s3cret" not in lock + "".join(outcome.out)


def test_packed_document_is_unpacked(site: Site) -> None:
    """A gzip answer gives the document's own bytes."""
    site.pages["/x"] = page(gzip.compress(PUBLISHED.read_bytes()), Content_Encoding="gzip")
    assert PUBLISHED.read_bytes() == read_source(f"{site.url}/x", LIMITS).raw


def test_redirect_within_https_is_followed(site: Site) -> None:
    """A redirect is followed, and the label keeps the address that was given."""
    site.pages["/old"] = page(b"", 302, Location="/new")
    site.pages["/new"] = page(b"here")
    assert (b"here", f"{site.url}/old") == read_source(f"{site.url}/old", LIMITS)


def test_redirect_to_http_is_refused(site: Site, plain_site: Site) -> None:
    """A redirect to http is refused before anything is sent there."""
    plain_site.pages["/x"] = page(b"here")
    site.pages["/old"] = page(b"", 301, Location=f"{plain_site.url}/x")
    with pytest.raises(InputError, match="https only"):
        read_source(f"{site.url}/old", LIMITS)
    assert plain_site.seen == []


def test_http_address_is_refused(plain_site: Site) -> None:
    """An http address is refused before anything is sent there."""
    with pytest.raises(InputError, match="https only"):
        read_source(f"{plain_site.url}/x", LIMITS)
    assert plain_site.seen == []


def test_redirects_in_a_circle_end(site: Site) -> None:
    """A site that redirects for ever is left after a few."""
    site.pages["/a"] = page(b"", 302, Location="/a")
    with pytest.raises(InputError, match="redirects more than"):
        read_source(f"{site.url}/a", LIMITS)
    assert len(site.seen) < 10


def endless(request: http.server.BaseHTTPRequestHandler) -> None:
    """Send chunks for as long as somebody listens."""
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    while True:
        request.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def truncated(request: http.server.BaseHTTPRequestHandler) -> None:
    """Promise a hundred bytes, send ten and hang up."""
    request.send_response(200)
    request.send_header("Content-Length", "100")
    request.end_headers()
    request.wfile.write(b"x" * 10)


BOMB = gzip.compress(b"x" * 20 * 2**20)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (page(b"gone", 404), "answered 404"),
        (page(b"", 500), "answered 500"),
        (page(b"x" * (LIMITS.size + 1)), "larger than"),
        (endless, "larger than"),
        (page(BOMB, Content_Encoding="gzip"), "larger than"),
        (page(gzip.compress(PUBLISHED.read_bytes())[:-50], Content_Encoding="gzip"), "compressed answer"),
        (page(b"no gzip", Content_Encoding="gzip"), "could not be fetched"),
        (page(b"x", Content_Encoding="br"), "'br'"),
        (truncated, "could not be fetched"),
        (page(b"", 302, Location="ftp://localhost/x"), "https only"),
        (page(b"", 302, Location="https://me:hunter2@localhost/x"), "password"),
    ],
)
def test_bad_answer_is_refused(answer: Answer, words: str, site: Site) -> None:
    """Whatever else a server answers is refused in one sentence without query or password."""
    site.pages["/x"] = answer
    with pytest.raises(InputError, match=words) as refusal:
        read_source(f"{site.url}/x?token=s3cret", LIMITS)
    assert not any(secret in str(refusal.value) for secret in ("s3cret", "hunter2", "\n"))


def test_silent_server_is_left(site: Site) -> None:
    """A server that says nothing is left after the longest wait."""

    def keep_silent(_: http.server.BaseHTTPRequestHandler) -> None:
        site.gone.wait()

    site.pages["/x"] = keep_silent
    with pytest.raises(InputError, match=r"kept silent for 0\.2 seconds"):
        read_source(f"{site.url}/x", LIMITS._replace(wait=0.2))


@pytest.mark.parametrize("prefix", [b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_slow_server_is_left(prefix: bytes, site: Site) -> None:
    """A server that sends a byte now and then, in the body or in the headers, is left after the total time."""

    def drip(request: http.server.BaseHTTPRequestHandler) -> None:
        request.wfile.write(prefix)
        while not site.gone.wait(0.02):
            request.wfile.write(b"x")

    site.pages["/x"] = drip
    with pytest.raises(InputError, match=r"within 0\.3 seconds"):
        read_source(f"{site.url}/x", LIMITS._replace(total=0.3))


def test_unknown_certificate_is_refused(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate nobody vouches for is refused."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with pytest.raises(InputError, match="could not be fetched"):
        read_source(f"{site.url}/x", LIMITS)


def test_failed_fetch_writes_nothing(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends with 2 and one line, and makes no file."""
    site.pages["/x"] = page(b"", 503)
    outcome = run(capsys, "--from", f"{site.url}/x", "--output", tmp_path / "new" / "openapi.yaml")
    assert (outcome.code, outcome.out, len(outcome.err)) == (2, [], 1)
    assert not (tmp_path / "new").exists()


def test_oversized_file_is_refused_unread(tmp_path: Path) -> None:
    """A file is read up to the ceiling and no further."""
    with pytest.raises(InputError, match="larger than 10 bytes"):
        read_source(str(PUBLISHED), Limits(size=10))
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(2**25 + 1)
    with pytest.raises(InputError, match="larger than"):
        read_source(str(large))
