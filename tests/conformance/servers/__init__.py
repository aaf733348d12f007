"""Servers that keep the contract, each built another way: the suite has to find nothing in any of them.

None of them uses the mock: code that is shared shares its mistakes. Each module holds one server, with `SPECIAL` (what
it does otherwise than the rest), `KEY`, `BASE` and `serve`. Some share the routes and the validation in `gateway` and
`by_contract`, others have their own; `hosts` serves them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType

import attrs

from . import (
    all_free,
    ascii_vocabulary,
    batch_of_two,
    case_insensitive,
    chunked,
    cold_start,
    compressed,
    cut_at_context,
    eight_numbers,
    few_lengths,
    first_value,
    french_http10,
    many_models,
    noisy_arithmetic,
    one_multimodal,
    padded,
    passing_outages,
    projected,
    rate_limited,
    short_context,
    six_digits,
    slow_eighth,
    small_pages,
    static_words,
    strict_json,
    two_providers,
    unlike_providers,
    unnamed_prices,
)


@attrs.frozen
class Server:
    """A server that can be started.

    Attributes:
        name: what it is called in tests and tables.
        special: what it does otherwise than the rest.
        key: a key that it knows.

    """

    name: str
    special: str
    key: str
    _base: str
    _serve: Callable[[], contextlib.AbstractContextManager[str]]

    @contextlib.contextmanager
    def start(self) -> Iterator[str]:
        """Serve on a free loopback port, with nothing remembered from before; yield the base URL."""
        with self._serve() as root:
            yield root + self._base


def _server(module: ModuleType) -> Server:
    name = module.__name__.rpartition(".")[2].replace("_", "-")
    return Server(name, module.SPECIAL, module.KEY, module.BASE, module.serve)


SERVERS = {
    server.name: server
    for server in map(
        _server,
        (
            all_free,
            ascii_vocabulary,
            batch_of_two,
            case_insensitive,
            chunked,
            cold_start,
            compressed,
            cut_at_context,
            eight_numbers,
            few_lengths,
            first_value,
            french_http10,
            many_models,
            noisy_arithmetic,
            one_multimodal,
            padded,
            passing_outages,
            projected,
            rate_limited,
            short_context,
            six_digits,
            slow_eighth,
            small_pages,
            static_words,
            strict_json,
            two_providers,
            unlike_providers,
            unnamed_prices,
        ),
    )
}
"""All of them by name."""
