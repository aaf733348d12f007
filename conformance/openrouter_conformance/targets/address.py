"""Base URLs as people write them."""

from __future__ import annotations

import contextlib
import ipaddress
from urllib.parse import urlsplit

from openrouter_conformance.errors import UsageError

_LIVE_HOST = "openrouter.ai"


def host(text: str) -> str | None:
    """Return the host that `text` names when it is a URL, in lower case, else None."""
    try:
        return urlsplit(text).hostname if "://" in text else None
    except ValueError:
        return None


def is_live(text: str) -> bool:
    """Say whether `text` is a URL of the live API: openrouter.ai, also with a dot at the end, or a subdomain."""
    name = host(text)
    if name is None:
        return False
    with contextlib.suppress(UnicodeError):
        name = name.encode("idna").decode("ascii")  # other full stops and wide letters lead to the same server
    name = name.lower().rstrip(".")
    return name == _LIVE_HOST or name.endswith(f".{_LIVE_HOST}")


def base_url(text: str) -> str:
    """Return `text` as a base URL without trailing slash; UsageError with what to write instead."""
    try:
        parts = urlsplit(text)
        name, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(
            f"target {text!r} is no address: {error}; write for example http://127.0.0.1:8000/api/v1."
        ) from None
    if parts.scheme not in ("http", "https") or not name:
        raise UsageError(
            f"target {text!r} is neither `mock`, `live`, a target file (.yaml) nor a base URL that begins with http:// "
            "or https://."
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError("the target's address carries a user or password; put the key into an environment variable.")
    if parts.query or parts.fragment:
        raise UsageError(f"target {text!r} carries a query or fragment; write the part before /embeddings alone.")
    path = parts.path.rstrip("/")
    if path.endswith(("/embeddings", "/embeddings/models")):
        raise UsageError(f"target {text!r} ends in an operation; write the part before /embeddings alone.")
    if is_live(text) and parts.scheme != "https":
        raise UsageError("openrouter.ai is spoken to over https only; write `live` or https://openrouter.ai/api/v1.")
    return f"{parts.scheme}://{parts.netloc}{path}"


def is_loopback(url: str) -> bool:
    """Say whether `url` leads to this machine."""
    name = host(url)
    if name is None:
        return False
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
