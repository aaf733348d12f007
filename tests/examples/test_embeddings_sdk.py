"""The example SDK, and the same on openai-python, give the same against the mock; ours takes less code."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from examples import openai_embeddings_sdk
from openrouter_embeddings import Client, ProviderOverloadedError, ProviderPreferences, TransportError
from openrouter_mock import MockServer, MockSettings

MODEL = "openai/text-embedding-3-small"
TEXTS = ["a cat sat", "a kitten slept", "a train left", "a cat sat"]


@pytest.fixture
def openai_client(mock: MockServer) -> Iterator[openai.OpenAI]:
    """Give an openai-python client of the mock."""
    with openai.OpenAI(base_url=mock.url, api_key=mock.key) as client:
        yield client


@pytest.fixture(params=["ours", "openai-python"])
def make(request: pytest.FixtureRequest, client: Client, openai_client: openai.OpenAI) -> Callable[..., Any]:
    """Give what makes the SDK, on each of the clients; `provider` is what is sent."""

    def ours(*models: str, provider: dict[str, Any] | None = None, **settings: Any) -> Any:
        preferences = None if provider is None else ProviderPreferences.from_dict(provider)
        return importlib.import_module("embeddings_sdk").Embeddings(client, models, preferences, **settings)

    def theirs(*models: str, provider: dict[str, Any] | None = None, **settings: Any) -> Any:
        return openai_embeddings_sdk.Embeddings(openai_client, models, provider, **settings)

    return ours if request.param == "ours" else theirs


def test_vectors_are_those_of_the_texts_in_order(make: Callable[..., Any], client: Client) -> None:
    """One vector per text, the same from both, in batches as well as at once."""
    reference = importlib.import_module("embeddings_sdk").Embeddings(client, [MODEL]).embed(TEXTS)
    model, vectors = make(MODEL).embed(TEXTS)
    assert (model, list(map(list, vectors))) == (MODEL, list(map(list, reference[1])))
    assert vectors[0] == vectors[3] != vectors[1]
    assert make(MODEL, budget=1).embed(TEXTS)[1] == vectors
    assert make(MODEL).embed([]) == (MODEL, [])


def test_batches_keep_to_the_budget_of_a_tokenizer(make: Callable[..., Any]) -> None:
    """Requests hold as many texts as fit; a text beyond the budget goes alone; the cache has one entry per request."""
    sdk = make(MODEL, budget=5, count_tokens=lambda text: len(text.split()))
    sdk.embed(["one two", "three four five", "six", "a text far beyond the whole budget", "seven"])
    assert [len(vectors) for vectors in sdk.cache.values()] == [2, 1, 1, 1]


def test_a_request_is_sent_once(make: Callable[..., Any], mock: MockServer) -> None:
    """What was answered comes from the cache, also where the server now fails."""
    sdk = make(MODEL)
    first = sdk.embed(TEXTS)
    mock.scenarios.queue("overloaded")
    try:
        assert sdk.embed(TEXTS) == first
    finally:
        mock.scenarios.reset()


def test_another_model_answers_while_the_first_is_overloaded(
    make: Callable[..., Any], request: pytest.FixtureRequest
) -> None:
    """After a 529 the next model is asked for all texts; without one the error is raised."""
    overloaded = f"mock/overloaded-{request.node.callspec.id}"
    assert make(overloaded, MODEL).embed(TEXTS) == make(MODEL).embed(TEXTS)
    with pytest.raises((ProviderOverloadedError, openai.APIStatusError)) as caught:
        make(overloaded).embed(TEXTS)
    assert "529" in f"{caught.value} {getattr(caught.value, 'status_code', '')}"


def test_providers_are_chosen(make: Callable[..., Any]) -> None:
    """A provider that serves the model answers; where none is left there is an error."""
    assert make(MODEL, provider={"only": ["openai"]}).embed(TEXTS) == make(MODEL).embed(TEXTS)
    with pytest.raises(Exception, match="404"):
        make(MODEL, provider={"only": ["mistral"]}).embed(TEXTS)


def test_a_request_has_a_deadline() -> None:
    """A server that takes longer than the deadline is not waited for."""
    with MockServer(MockSettings(latency=5)) as slow, Client(slow.key, slow.url) as client:
        with pytest.raises(TransportError, match="deadline"):
            importlib.import_module("embeddings_sdk").Embeddings(client, [MODEL], deadline=0.1).embed(TEXTS)
        with (
            openai.OpenAI(base_url=slow.url, api_key=slow.key) as other,
            pytest.raises((TimeoutError, openai.APIError)),
        ):
            openai_embeddings_sdk.Embeddings(other, [MODEL], deadline=0.1).embed(TEXTS)


def test_no_model_is_an_error(make: Callable[..., Any]) -> None:
    """The message says what was expected."""
    with pytest.raises(ValueError, match="models: expected one or more"):
        make().embed(TEXTS)


def test_the_sdk_takes_sixty_lines_and_less_than_on_openai_python(examples_folder: Path) -> None:
    """With docstrings and blank lines."""
    ours = (examples_folder / "embeddings_sdk.py").read_text(encoding="utf-8").splitlines()
    theirs = inspect.getsource(openai_embeddings_sdk).splitlines()
    assert len(ours) <= 60
    assert len(ours) < len(theirs)
