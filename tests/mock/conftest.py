"""A mock without faults, and a client that calls it without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openrouter_mock.app import create_app

from .probes import client_of

if TYPE_CHECKING:
    import httpx


@pytest.fixture(scope="session")
def client() -> httpx.Client:
    """A client of a mock without faults."""
    return client_of(create_app())
