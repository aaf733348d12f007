"""Which key goes where: that of the live API to the live API alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

LIVE_VARIABLE = "OPENROUTER_API_KEY"
OTHER_VARIABLE = "CONFORMANCE_API_KEY"
MOCK_KEY = "sk-or-v1-0f4e9b7c2a61d385"


def needed(environment: Mapping[str, str], variable: str) -> str:
    """Return what a header is to carry that a target file takes from a variable; UsageError when it is unusable."""
    if variable == LIVE_VARIABLE:
        raise UsageError(f"{LIVE_VARIABLE} is no value of a header: that key is sent to openrouter.ai only, by itself.")
    return _usable(environment.get(variable), variable) or _missing(variable)


def live(environment: Mapping[str, str], variable: str | None = None) -> str:
    """Return the key for the live API; UsageError when there is none or another was named."""
    if variable not in (None, LIVE_VARIABLE):
        raise UsageError(
            f"--key-env {variable}: the live API takes its key from {LIVE_VARIABLE} alone; leave --key-env out."
        )
    return _usable(environment.get(LIVE_VARIABLE), LIVE_VARIABLE) or _missing(LIVE_VARIABLE)


def other(environment: Mapping[str, str], variable: str | None = None) -> str | None:
    """Return the key for a target that is not the live API, or None; UsageError when a named one is unusable."""
    if variable == LIVE_VARIABLE:
        raise UsageError(
            f"--key-env {LIVE_VARIABLE}: that key is sent to openrouter.ai only; "
            f"put the key of this target into {OTHER_VARIABLE}."
        )
    if variable is None:
        return _usable(environment.get(OTHER_VARIABLE), OTHER_VARIABLE)
    return _usable(environment.get(variable), variable) or _missing(variable)


def _usable(key: str | None, variable: str) -> str | None:
    """Return `key`, None when empty; UsageError (without the key) when a header cannot carry it."""
    if not key:
        return None
    if not key.isascii() or not key.isprintable() or key != key.strip() or " " in key:
        raise UsageError(f"{variable} holds characters that a header cannot carry; set it anew.")
    return key


def _missing(variable: str) -> str:
    raise UsageError(f"no key: the environment variable {variable} is not set or empty; set it to the target's key.")
