"""The mock as a pytest fixture: `openrouter_mock`.

pytest loads this module in every session of an environment that has the distribution, with or without the extra
`mock`. So it imports nothing but pytest; the server is imported when a test uses a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from openrouter_mock.server import MockServer


@pytest.fixture(scope="session")
def openrouter_mock_server() -> Iterator[MockServer]:
    """A mock of OpenRouter's embeddings API on a free loopback port, one per session.

    `url` is the base URL, the part before `/embeddings`; `key` is an API key that is accepted; `scenarios` triggers
    failures. Most tests want `openrouter_mock`; this one is for fixtures of a wider scope.
    """
    try:
        from openrouter_mock.server import MockServer  # noqa: PLC0415 - heavy, and seldom used
    except ModuleNotFoundError as error:
        from openrouter_mock.cli import missing_extra  # noqa: PLC0415

        pytest.fail(missing_extra(error, "the fixture openrouter_mock", "mock"), pytrace=False)
    with MockServer() as server:
        yield server


@pytest.fixture
def openrouter_mock(openrouter_mock_server: MockServer) -> Iterator[MockServer]:
    """The mock, fresh for this test: no scenario queued by earlier tests, no call counted.

    A test that leaves a queued scenario unused fails: a call that it expected was not made.

    >>> def test_retry(openrouter_mock):
    ...     openrouter_mock.scenarios.queue("rate-limited")  # the next call is 429, with Retry-After: 1
    ...     assert embed("a cat", openrouter_mock.url, openrouter_mock.key)
    ...     assert [call.status for call in openrouter_mock.calls] == [429, 200]
    """
    openrouter_mock_server.reset()
    yield openrouter_mock_server
    try:
        openrouter_mock_server.scenarios.assert_none_queued()
    except AssertionError as error:
        pytest.fail(str(error), pytrace=False)
    finally:
        openrouter_mock_server.reset()
