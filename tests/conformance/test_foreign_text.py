"""Text of a server reaches the terminal as one line of printable characters, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_conformance.errors import CheckFailure, TargetError
from openrouter_conformance.excerpts import of_value
from openrouter_conformance.foreign_text import printable, shortened

from .conftest import Printed, serve_app

_HOSTILE = "acme/a\x1b[2J\x1b]0;title\x07\n\rFAKE: CONFORMS\u202e\u2066\x9b1m" + "x" * 1000


@given(st.text())
def test_text_is_made_printable_once(text: str) -> None:
    """No character that moves the cursor or reorders a line is left, and what is printable stays as it is."""
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
    assert text.isprintable() is (printable(text) == text)


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shortened_text_has_a_bounded_length(text: str, limit: int) -> None:
    """Escapes count as well."""
    assert len(shortened(text, limit)) <= limit + 1
    assert shortened(text, limit).isprintable()


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        (None, "null"),
        (True, "true"),
        ("it's", '"it\'s"'),
        ({"é": [1.5]}, '{"é": [1.5]}'),
        ("\x1b\u202e", r'"\u001b\u202e"'),
    ],
)
def test_json_values_are_spelt_as_json(value: Any, spelt: str) -> None:
    """`null`, not `None`."""
    assert of_value(value) == spelt


def test_sentences_are_printable() -> None:
    """Whoever quotes a server in an error need not think of it."""
    assert str(TargetError(f"no {_HOSTILE}")).isprintable()
    failure = CheckFailure(_HOSTILE, _HOSTILE)
    assert (failure.received + failure.expected + str(failure)).isprintable()


def _application(status: int) -> Any:
    """Return a server that lists one model, with a hostile id, and answers requests for embeddings with `status`."""
    model = {
        "id": _HOSTILE,
        "name": _HOSTILE,
        "pricing": {"prompt": "0.0001"},
        "architecture": {"input_modalities": ["text"], "output_modalities": ["embeddings"]},
    }
    answer = {"error": {"code": status, "message": _HOSTILE}, "model": _HOSTILE}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        lists = scope["path"].endswith("/models")
        body = json.dumps({"data": [model]} if lists else answer, ensure_ascii=False).encode()
        await send({"type": "http.response.start", "status": 200 if lists else status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return application


@pytest.mark.parametrize("arguments", [(), ("--model", "acme/none")])
@pytest.mark.parametrize("status", [200, 404])
def test_listed_model_writes_nothing_of_its_own_on_the_screen(
    command: Callable[..., Printed], status: int, arguments: tuple[str, ...]
) -> None:
    """A model's id with escapes, newlines and a change of direction stays in the line that quotes it."""
    with serve_app(_application(status)) as url:
        printed = command("run", url, "--profile", "quick", "--only", "create-embeddings/response/*", *arguments)
    assert printed.out + printed.err
    assert all(line.isprintable() for line in (printed.out + printed.err).split("\n"))
    assert not any(line.startswith("FAKE") for line in (printed.out + printed.err).split("\n"))
    assert "x" * 500 not in printed.out.split("\n")[0]
