"""The conformance suite: proves that a server keeps OpenRouter's embeddings contract."""

from __future__ import annotations


def version() -> str:
    """Return the version of the distribution, or `0+unknown` when it is run without being installed."""
    from importlib import metadata  # noqa: PLC0415 - slow to import, seldom needed

    try:
        return metadata.version("openrouter-embeddings")
    except metadata.PackageNotFoundError:
        return "0+unknown"
