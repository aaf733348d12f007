"""A file or an https address → the bytes of a published document, read within limits."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple
from urllib.request import url2pathname

import httpx

from spec.errors import InputError, shorten

_REDIRECTS = 5


class Limits(NamedTuple):
    """What a source may cost: bytes once unpacked, seconds for any one wait, seconds in all."""

    size: int = 32 * 2**20
    wait: float = 20.0
    total: float = 120.0


DEFAULT_LIMITS = Limits()


class Source(NamedTuple):
    """The bytes of a document, and the name they go by: a file's name, or a URL without query."""

    raw: bytes
    label: str


def read_source(given: str, limits: Limits = DEFAULT_LIMITS) -> Source:
    """Return the document at a path, a `file:` URL or an `https:` URL.

    Raises:
        InputError: it cannot be read whole within the limits, anything but https would be spoken, or the URL carries
            credentials, which are never repeated.

    """
    scheme, separator, _ = given.partition("://")
    if not separator or len(scheme) == 1:
        return _read_file(Path(given), limits)
    try:
        url = httpx.URL(given)
    except httpx.InvalidURL:
        raise InputError("the address given to --from is not a URL: check its spelling.") from None
    if url.scheme == "file":
        return _read_file_url(url, limits)
    _check_url(url)
    return Source(_fetch(url, limits), _label(url))


def _read_file_url(url: httpx.URL, limits: Limits) -> Source:
    if url.host not in {"", "localhost"}:
        raise InputError(f"file://{url.host}/… names another host: give a path on this one.")
    return _read_file(Path(url2pathname(url.raw_path.decode("ascii"))), limits)


def _read_file(path: Path, limits: Limits) -> Source:
    try:
        with path.open("rb") as file:
            raw = file.read(limits.size + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read: {reason}.") from None
    if len(raw) > limits.size:
        raise InputError(f"{path} is larger than {limits.size} bytes: a published document is smaller.")
    return Source(raw, path.name)


def _check_url(url: httpx.URL) -> None:
    if url.userinfo:
        raise InputError("the address carries a user name or password: give it without.")
    if url.scheme != "https" or not url.host:
        raise InputError(f"{_label(url)} is not an https address: documents are fetched over https only.")


def _label(url: httpx.URL) -> str:
    return str(url.copy_with(query=None, fragment=None, userinfo=b""))


def _fetch(url: httpx.URL, limits: Limits) -> bytes:
    try:
        return asyncio.run(_fetch_in_time(url, limits))
    except TimeoutError:
        reason = f"did not arrive whole within {limits.total:g} seconds: try again later"
    except httpx.TimeoutException:
        reason = f"kept silent for {limits.wait:g} seconds: try again later"
    except (httpx.HTTPError, httpx.InvalidURL, zlib.error, OSError, ValueError) as error:
        reason = f"could not be fetched: {_without_query(error, url)}"
    raise InputError(f"{_label(url)} {reason}.")


async def _fetch_in_time(url: httpx.URL, limits: Limits) -> bytes:
    headers = {"Accept": "application/yaml, application/json;q=0.9, */*;q=0.1", "Accept-Encoding": "gzip"}
    async with (
        asyncio.timeout(limits.total),
        httpx.AsyncClient(timeout=limits.wait, headers=headers, follow_redirects=False) as client,
    ):
        for _ in range(_REDIRECTS + 1):
            async with client.stream("GET", url) as response:
                if not response.has_redirect_location:
                    return await _body(response, limits)
                url = _redirected(url, response)
    raise InputError(f"{_label(url)} redirects more than {_REDIRECTS} times.")


def _without_query(error: Exception, url: httpx.URL) -> str:
    reason = str(error) or type(error).__name__
    return reason.replace(str(url), _label(url)).rstrip(".")


def _redirected(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    target = url.join(response.headers["Location"])
    _check_url(target)
    return target


async def _body(response: httpx.Response, limits: Limits) -> bytes:
    label = _label(response.url)
    if response.status_code != httpx.codes.OK:
        raise InputError(f"{label} answered {response.status_code} where 200 is expected: check the address.")
    body = bytearray()
    async for piece in _unpacked(response, limits.size + 1):
        body += piece
        if len(body) > limits.size:
            raise InputError(f"{label} is larger than {limits.size} bytes: a published document is smaller.")
    return bytes(body)


async def _unpacked(response: httpx.Response, most: int) -> AsyncIterator[bytes]:
    """Yield the body's bytes, unpacked piece by piece; a piece that would exceed `most` bytes is cut there."""
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        async for piece in response.aiter_raw():
            yield piece
    elif encoding == "gzip":
        unpacker = zlib.decompressobj(wbits=31)
        async for piece in response.aiter_raw():
            yield unpacker.decompress(piece, most)
        if not unpacker.eof or unpacker.unused_data:
            raise zlib.error("the compressed answer does not end where it says")
    else:
        raise InputError(
            f"{_label(response.url)} answers in the encoding {shorten(encoding)}, which was not asked for."
        )
