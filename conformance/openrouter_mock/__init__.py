"""The reference mock: OpenRouter's embeddings API on a loopback port, served from the contract read as data.

>>> from openrouter_mock import MockServer
>>> with MockServer() as mock:
...     client = OpenAI(base_url=mock.url, api_key=mock.key)

The modules, in reading order:

- `settings`: what a mock can be configured with; `server`: the mock on a port; `cli`: the command `openrouter-mock`;
  `pytest_plugin`: the fixture `openrouter_mock`.
- `app`: the ASGI application: paths, methods, size of bodies; with `asgi` (its types) and `call` (what passes through
  it: calls, responses, errors).
- `service`: the API, one method per stage of answering a call. It decides the status of a rejection for key, content
  type and JSON (`lenient_json` is its second parser). Its stages use `validation` (the parsed body against the
  `contract`), `scenarios` (failures on demand), `routing` (model and provider, from the `catalog`), `inputs`, `tokens`
  and `vectors` (what is embedded, and into what), `vector_cache`, and `pagination` (of the model list).
- `faults`: named mistakes, each of which replaces one stage.
- `connection`: HTTP on one connection, below `app`; `transmission`: how a response is sent, whole or broken.
- `call_log`: the calls received, which tests look at; `status_page`: the page at `/`; `log`: the log of a served mock.

It imports nothing of the client or the conformance suite: a server that shares code with them shares their mistakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import create_app
    from .faults import FAULTS
    from .scenarios import SCENARIOS
    from .server import MockServer
    from .settings import MockSettings
else:

    def __getattr__(name: str) -> Any:
        """Import a public name at its first use."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = ["FAULTS", "SCENARIOS", "MockServer", "MockSettings", "create_app"]

_HOMES = {
    "FAULTS": "faults",
    "SCENARIOS": "scenarios",
    "MockServer": "server",
    "MockSettings": "settings",
    "create_app": "app",
}
"""The module of each public name: imported at first use, because the pytest plugin imports this package everywhere."""


def __dir__() -> list[str]:
    """Return the names of the package, those not yet imported included."""
    return sorted({*globals(), *__all__})
