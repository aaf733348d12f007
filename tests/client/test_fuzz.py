"""A few hundred cases of the fuzzer at a fixed seed; `tox -e fuzz` runs many more at a random one."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from client.calls import KEY
from client.fuzz.__main__ import run_answers, run_exchanges
from client.fuzz.answers import make_case
from client.fuzz.raw_exchanges import make_exchange
from client.fuzz.secrets_planted import problem_with
from openrouter_embeddings import ContractError, TransportError

DOCUMENTED = {"ApiError", "ContractError", "TransportError", "result", "deviation", "slower than twice the deadline"}


def test_mutated_answers_end_as_documented() -> None:
    """A result or a documented error that shows no secret and can be pickled, whatever the answer became."""
    part = run_answers(1, range(600))
    assert part.failures == []
    assert set(part.outcomes) <= DOCUMENTED
    assert min(part.outcomes[name] for name in ("ApiError", "ContractError", "TransportError", "result")) > 10


def test_raw_exchanges_end_as_documented() -> None:
    """The same over real connections, to a server that breaks HTTP; no call takes much longer than its deadline."""
    part = run_exchanges(1, range(200))
    assert part.failures == []
    assert set(part.outcomes) <= DOCUMENTED
    assert min(part.outcomes[name] for name in ("ApiError", "ContractError", "TransportError", "result")) > 2


def test_a_seed_and_a_number_are_a_case() -> None:
    """A failure can be repeated alone, and with fewer mutations."""
    assert str(make_case(5, 17)) == str(make_case(5, 17)) != str(make_case(6, 17))
    assert str(make_exchange(5, 17)) == str(make_exchange(5, 17)) != str(make_exchange(6, 17))
    number = next(number for number in range(100) if len(make_case(5, number).mutations) == 3)
    assert len(make_case(5, number, (1,)).mutations) == 1


class _UnpicklableError(TransportError):
    def __reduce__(self) -> tuple[Any, ...]:
        raise pickle.PicklingError("it holds a lock")


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ValueError("x"), "undocumented"),
        (TransportError(f"no {KEY}"), "in its text"),
        (TransportError("".join(f"\\u{ord(letter):04x}" for letter in KEY)), "in its text"),
        (ContractError("$", "x", KEY), "in its text"),
        (_UnpicklableError("x"), "cannot be pickled"),
    ],
    ids=["undocumented", "plain", "escaped", "contract", "pickle"],
)
def test_the_fuzzer_sees_what_it_looks_for(error: Exception, problem: str) -> None:
    """An undocumented error, a secret in a text, and an error that cannot be pickled are reported; others are not."""
    found = problem_with(error, (KEY,))
    assert found is not None
    assert problem in found
    assert problem_with(TransportError("no response"), (KEY,)) is None


def test_the_fuzzer_sees_a_secret_in_a_cause() -> None:
    """What a traceback shows below the error counts as well."""
    error = TransportError("no response")
    error.__cause__ = OSError(f"line {KEY!r}")
    assert "in its traceback" in (problem_with(error, (KEY,)) or "")
