"""The results on real clients: what passes, and that each thing that can go wrong does not."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from interop.catalog import FOLDER, Client, read_clients
from interop.check_results import BATCH, MODELS, RECOVERS, check_outcome, check_sent, failed, passed
from interop.recording import Recording, Request
from interop.table import Row, markdown, plain
from openrouter_mock.call import Call, HTTPError, Response
from openrouter_mock.service import Service
from openrouter_mock.settings import MockSettings

ERRORS = {401: "sdk.KeyError", 404: "sdk.ModelError", 429: "sdk.RateError"}
VECTORS = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.6, 0.8, 0.0]]


def client(*, retries: bool = True) -> Client:
    """Return a client that sends texts and asks for base64."""
    return Client("sdk", ("sdk==1",), "call_sdk.py", "base64", "texts", retries, ERRORS, "sdk")


def requests(*statuses: int) -> list[Request]:
    """Return requests that were answered with some statuses."""
    return [Request("key", status, "base64", "texts") for status in statuses]


def error(status: int | None, *types: str) -> dict[str, Any]:
    """Return the outcome of a call that raised."""
    return {"error": {"types": list(types), "status": status, "message": "no"}}


def test_the_vectors_of_the_mock_in_their_order_pass() -> None:
    """Vectors may have another length as long as they point the same way, as float32 ones do."""
    outcome = {"vectors": [[number * (1 + 1e-7) for number in vector] for vector in VECTORS]}
    assert check_outcome(client(), BATCH, outcome, requests(200), VECTORS).passed


@pytest.mark.parametrize(
    "vectors",
    [VECTORS[::-1], VECTORS[:2], [*VECTORS, VECTORS[0]], [], [[1.0, 0.0], *VECTORS[1:]], [[0.0] * 3, *VECTORS[1:]]],
    ids=["reversed", "one too few", "one too many", "none", "shorter", "zero"],
)
def test_other_vectors_fail(vectors: list[list[float]]) -> None:
    """Order, number and length of vectors count, and a zero vector is like none."""
    assert not check_outcome(client(), BATCH, {"vectors": vectors}, requests(200), VECTORS).passed


def test_vectors_that_are_not_numbers_fail() -> None:
    """The cosine of NaN is not above any bound."""
    assert not check_outcome(client(), BATCH, {"vectors": [[float("nan")] * 3] * 3}, requests(200), VECTORS).passed


@pytest.mark.parametrize("check", [BATCH, "401", RECOVERS, MODELS])
def test_a_check_that_was_never_reached_fails(check: str) -> None:
    """A program that ended early reported nothing on the rest, and that is no success."""
    assert not check_outcome(client(), check, None, [], VECTORS).passed


def test_a_typed_error_passes_also_through_a_subclass() -> None:
    """The expected class is among those that the exception is an instance of."""
    outcome = error(401, "sdk.NearerError", "sdk.KeyError", "sdk.Error")
    assert check_outcome(client(), "401", outcome, requests(401), None).passed


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        ({"vectors": VECTORS}, [200]),
        (error(401, "sdk.Error"), [401]),
        (error(None, "sdk.KeyError"), [401]),
        (error(401, "sdk.KeyError"), [401, 401]),
        (error(401, "sdk.KeyError"), []),
        (error(401, "sdk.KeyError"), [200]),
    ],
    ids=["no error", "another class", "no status", "tried again", "nothing sent", "another answer"],
)
def test_an_error_that_is_not_the_clients_typed_one_fails(outcome: dict[str, Any], statuses: list[int]) -> None:
    """Class, status, and what the mock really answered count."""
    assert not check_outcome(client(), "401", outcome, requests(*statuses), None).passed


@pytest.mark.parametrize(("retries", "tries", "good"), [(True, 3, True), (True, 1, False), (False, 3, False)])
def test_a_rate_limit_is_tried_again_by_those_that_retry(retries: bool, tries: int, good: bool) -> None:  # noqa: FBT001
    """What a client is said to do is held to, both ways."""
    result = check_outcome(client(retries=retries), "429", error(429, "sdk.RateError"), requests(*[429] * tries), None)
    assert result.passed == good


@pytest.mark.parametrize(
    ("retries", "outcome", "statuses", "good"),
    [
        (True, {"vectors": VECTORS}, [429, 200], True),
        (True, {"vectors": VECTORS}, [200], False),
        (True, {"vectors": VECTORS[::-1]}, [429, 200], False),
        (True, error(429, "sdk.RateError"), [429], False),
        (False, error(429, "sdk.RateError"), [429], True),
        (False, {"vectors": VECTORS}, [429, 200], False),
    ],
)
def test_recovery_is_a_refusal_and_then_the_vectors(
    retries: bool,  # noqa: FBT001
    outcome: dict[str, Any],
    statuses: list[int],
    good: bool,  # noqa: FBT001
) -> None:
    """A client that retries was refused once and got the right vectors; any other raises after one request."""
    assert check_outcome(client(retries=retries), RECOVERS, outcome, requests(*statuses), VECTORS).passed == good


def test_models_are_compared_in_order() -> None:
    """A missing, a repeated or a misplaced model is noticed."""
    assert check_outcome(client(), MODELS, {"models": ["a", "b"]}, [], ["a", "b"]).passed
    for wrong in (["b", "a"], ["a"], ["a", "b", "b"]):
        assert not check_outcome(client(), MODELS, {"models": wrong}, [], ["a", "b"]).passed


def test_what_is_sent_unasked_is_held_to() -> None:
    """Another encoding, another form of input, or no request at all is noticed."""
    assert check_sent(client(), requests(200)).passed
    assert not check_sent(client(), []).passed
    assert not check_sent(client(), [Request("key", 200, "float", "texts")]).passed
    assert not check_sent(client(), [*requests(200), Request("key", 200, "base64", "token ids")]).passed


def test_a_recording_tells_requests_apart_by_key() -> None:
    """Refused requests are recorded as well, with what was read of them."""
    service = Service(MockSettings())
    recording = Recording(service)

    def post(key: str, body: bytes) -> Response:
        return service.embeddings(Call("POST", "/embeddings", {"authorization": f"Bearer {key}"}, body=body))

    post("sk-or-one", b'{"model": "openai/text-embedding-3-small", "input": [[1.0, 2]], "encoding_format": "base64"}')
    with pytest.raises(HTTPError):
        post("unknown", b"{}")
    assert recording.of("sk-or-one") == [Request("sk-or-one", 200, "base64", "token ids")]
    assert recording.of("unknown") == [Request("unknown", 401, "none", "other")]


def test_a_client_that_was_skipped_is_named_and_counted_apart() -> None:
    """A skipped client appears as skipped, not among those that passed."""
    text = plain([Row(client(), (), skipped="Node is missing"), Row(client(), (passed(BATCH, "yes"),))])
    assert "skipped: Node is missing" in text
    assert "1 clients, 1 checks, 0 failed; skipped: sdk." in text


def test_a_client_that_could_not_be_installed_failed_and_did_not_run() -> None:
    """It fails the command, and the committed page is left as it was."""
    row = Row(client(), (failed("installation", "no network"),))
    assert not row.passed
    assert not row.ran
    assert Row(client(), (failed(BATCH, "2 vectors for 3 texts"),)).ran


def test_the_page_shows_failures_as_failures() -> None:
    """A failed check has its mark and what was seen, on one line of the table."""
    page = markdown([Row(client(), (failed(BATCH, "two | of\nthree"),))])
    assert "✗ two \\| of three" in page


def test_every_client_has_exact_versions_and_a_program() -> None:
    """Each package is pinned, and programs and entries match one to one."""
    clients = read_clients()
    assert all("==" in each or "@" in each[1:] for one in clients for each in one.packages)
    programs = {path.name for path in (FOLDER / "programs").iterdir() if path.name.startswith("call_")}
    assert sorted(one.program for one in clients) == sorted(programs)


def test_clients_that_share_an_environment_share_its_packages() -> None:
    """Otherwise each would delete the environment of the other."""
    packages: dict[str, set[tuple[str, ...]]] = {}
    for one in read_clients():
        packages.setdefault(one.environment, set()).add(one.packages)
    assert all(len(several) == 1 for several in packages.values())


def test_an_entry_with_a_field_that_means_nothing_is_refused(tmp_path: Path) -> None:
    """The message names file, client and field."""
    text = (FOLDER / "clients.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)
    changed = tmp_path / "clients.toml"
    changed.write_text(text.replace("retries = true", "retries = true\nspeed = 1", 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"clients\.toml: the client openai-python has speed, which mean nothing"):
        read_clients(changed)
