"""Scenarios, triggered by a model, a key, a header, from Python, or by default."""

from __future__ import annotations

import time
from typing import Any

import httpx
import orjson
import pytest

from openrouter_mock import scenarios
from openrouter_mock.app import create_app
from openrouter_mock.call import Call
from openrouter_mock.scenarios import SCENARIOS
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .probes import KEY, body, client_of, raw

FAILING = [name for name, each in SCENARIOS.items() if each.error or each.content]
DOCUMENTED = {402, 403, 404, 408, 413, 429, 500, 502, 503, 524, 529}


@pytest.fixture
def client() -> httpx.Client:
    """A client of a mock of its own, for scenarios count calls."""
    return client_of(create_app())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the delay of the slow scenario."""
    monkeypatch.setitem(SCENARIOS, "slow", scenarios.Scenario("slow", "The answer takes a moment.", delay=0.05))


def post(client: httpx.Client, *, model: str | None = None, **headers: str) -> httpx.Response:
    """Embed one text by *model*, with *headers* in place of the usual ones."""
    probe = raw("", body("cat", **({} if model is None else {"model": model})), **headers)
    return client.post("/embeddings", content=probe.body, headers=probe.headers)


def statuses(client: httpx.Client, count: int, **how: Any) -> list[int]:
    """Return the statuses of *count* equal calls."""
    return [post(client, **how).status_code for _ in range(count)]


def test_every_documented_failure_has_a_scenario() -> None:
    """Each status that the contract documents for failures has a scenario, but those that requests bring about."""
    assert {each.status for each in SCENARIOS.values()} >= DOCUMENTED


@pytest.mark.parametrize("name", FAILING)
def test_a_failure_is_triggered_by_model_key_or_header(client: httpx.Client, name: str) -> None:
    """A scenario is triggered by the model `mock/NAME`, by a key that ends in its name, and by the header."""
    ways: tuple[dict[str, str], ...] = (
        {"model": f"mock/{name}"},
        {"model": f"mock/{name}-of-this-test"},
        {"authorization": f"Bearer sk-or-v1-abc-{name}"},
        {"x-mock-scenario": name},
    )
    answers = [post(client, **way) for way in ways]
    assert {answer.status_code for answer in answers} == {SCENARIOS[name].status}
    if name != "html-error":
        assert all(answer.json()["error"]["message"] for answer in answers)


@pytest.mark.parametrize("name", FAILING)
def test_a_failure_has_its_code(client: httpx.Client, name: str) -> None:
    """The code in the body is the status, but where the scenario is that it is not."""
    answer = post(client, model=f"mock/{name}")
    if name in {"zod-error", "error-without-code", "200-with-error-of-provider"}:
        assert "code" not in answer.json()["error"]
    elif name == "200-with-error":
        assert (answer.status_code, answer.json()["error"]["code"]) == (200, 404)
    elif name == "html-error":
        assert answer.headers["content-type"].startswith("text/html")
    else:
        assert answer.json()["error"]["code"] == answer.status_code


def test_a_rate_limit_never_ends(client: httpx.Client) -> None:
    """`mock/rate-limited` is 429 each time, and says to wait for one second."""
    assert statuses(client, 6, model="mock/rate-limited") == [429] * 6
    answer = post(client, model="mock/rate-limited")
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["error"]["metadata"]["retry_after_seconds"] == 1


def test_one_rate_limit_per_trigger(client: httpx.Client) -> None:
    """Of each model beginning `mock/rate-limited-once` the first call is 429, the later ones are answered."""
    for rest in ("", "-a", "-b", "2", "X", "_x", ":free", " x", "/a", "/a/b", "-" + "x" * 10_000):
        name = f"mock/rate-limited-once{rest}"
        first = post(client, model=name)
        assert (first.status_code, first.headers["Retry-After"]) == (429, "1")
        assert statuses(client, 3, model=name) == [200, 200, 200]


@pytest.mark.parametrize("name", [name for name in FAILING if SCENARIOS[name].status >= 500 or name == "timeout"])
def test_failures_that_clients_retry_are_finite(client: httpx.Client, name: str) -> None:
    """For each trigger three calls fail, then one succeeds, then three fail again."""
    status = SCENARIOS[name].status
    assert statuses(client, 8, model=f"mock/{name}") == [*[status] * 3, 200, *[status] * 3, 200]


def test_a_rate_limit_may_be_told_in_the_body_only(client: httpx.Client) -> None:
    """The reset is in milliseconds since 1970, as a string within the body."""
    answer = post(client, model="mock/rate-limited-in-body")
    reset = int(answer.json()["error"]["metadata"]["headers"]["X-RateLimit-Reset"])
    assert "Retry-After" not in answer.headers
    assert 0 < reset / 1000 - time.time() < 2


def test_an_error_may_come_with_status_200(client: httpx.Client) -> None:
    """The body is white space and an error."""
    answer = post(client, model="mock/200-with-error")
    assert answer.content.startswith(b"\n         \n{")
    assert list(orjson.loads(answer.content)) == ["error"]


def test_white_space_may_be_triggered(client: httpx.Client) -> None:
    """The scenario `white-space` puts white space before a success."""
    answer = post(client, **{"x-mock-scenario": "white-space"})
    assert answer.content.startswith(b"\n         \n{")
    assert answer.json()["object"] == "list"


def test_slowness_may_be_triggered(client: httpx.Client) -> None:
    """The scenario `slow` answers after its time."""
    started = time.perf_counter()
    assert post(client, model="mock/slow").status_code == 200
    assert time.perf_counter() - started >= 0.05


def test_scenario_models_give_the_vectors_of_a_real_one(client: httpx.Client) -> None:
    """A model that triggers a scenario embeds like a real one when the call succeeds."""
    answer = post(client, model="mock/white-space").json()
    assert answer["data"] == post(client).json()["data"]
    assert answer["model"] == "white-space"


@pytest.mark.parametrize("name", ["mock/nothing", "mock/", "mock/rate", "mock/x-slow"])
def test_unknown_scenario_models_are_not_found(client: httpx.Client, name: str) -> None:
    """A model `mock/…` that names no scenario is unknown like any other."""
    assert post(client, model=name).status_code == 404


def test_each_key_and_each_header_is_counted_by_itself(client: httpx.Client) -> None:
    """Tests with keys or headers of their own do not take each other's failures."""
    for key in ("sk-or-v1-a-rate-limited-once", "sk-or-v1-b-rate-limited-once"):
        assert statuses(client, 2, authorization=f"Bearer {key}") == [429, 200]
    for name in ("rate-limited-once-a", "rate-limited-once-b"):
        assert statuses(client, 2, **{"x-mock-scenario": name}) == [429, 200]


def test_a_count_outlives_many_others() -> None:
    """Ten thousand other names do not make a name begin again."""
    fresh = scenarios.Scenarios()
    calls = [Call("POST", "/", {}, fields={"model": f"mock/rate-limited-once-{number}"}) for number in range(10_001)]
    assert all(fresh.select(call) for call in calls)
    assert fresh.select(calls[0]) is None


def test_a_scenario_may_be_a_fault(client: httpx.Client) -> None:
    """A mock started with a scenario applies it to every call that triggers no other, as finite as ever."""
    overloaded = client_of(create_app(MockSettings(faults=("overloaded", "index_from_one"))))
    assert statuses(overloaded, 4) == [529, 529, 529, 200]
    assert post(overloaded, model="mock/key-limit").status_code == 403
    assert post(overloaded, model="mock/white-space").json()["data"][0]["index"] == 1
    assert post(client).status_code == 200


def test_one_scenario_at_most_may_be_a_fault() -> None:
    """Only one scenario can be the default, so two are rejected."""
    with pytest.raises(ValueError, match="'overloaded' and 'timeout' are both scenarios"):
        create_app(MockSettings(faults=("overloaded", "timeout")))


def test_a_bad_page_is_rejected_before_any_scenario() -> None:
    """What is queued waits for a call that is well-formed, of the model list too."""
    server = MockServer()
    fresh = client_of(server._app)
    server.scenarios.queue("overloaded")
    assert [fresh.get(f"/embeddings/models?limit={limit}").status_code for limit in ("x", 1, 1)] == [400, 529, 200]


def test_failures_have_no_white_space_but_of_their_own() -> None:
    """The white space that successes may begin with is not that of failures."""
    spaced = client_of(create_app(MockSettings(leading_whitespace=True)))
    assert post(spaced).content.startswith(b"\n")
    assert post(spaced, model="mock/html-error").content.startswith(b"<!DOCTYPE")


def test_the_model_list_may_fail_too() -> None:
    """Header, Python and default trigger scenarios of `GET /embeddings/models` as well."""
    server = MockServer()
    fresh = client_of(server._app)
    server.scenarios.queue("internal-error")
    asked = [fresh.get("/embeddings/models").status_code for _ in range(2)]
    asked.append(fresh.get("/embeddings/models", headers={"x-mock-scenario": "unavailable"}).status_code)
    assert asked == [500, 200, 503]
    failing = client_of(create_app(MockSettings(faults=("bad-gateway",))))
    assert failing.get("/embeddings/models").status_code == 502


def test_an_unknown_scenario_in_the_header_is_rejected(client: httpx.Client) -> None:
    """A header that names no scenario is rejected, naming those that exist."""
    answer = post(client, **{"x-mock-scenario": "earthquake"})
    assert answer.status_code == 400
    assert "rate-limited" in answer.json()["error"]["message"]


def test_scenarios_need_a_good_request(client: httpx.Client) -> None:
    """What is wrong with a request comes before any scenario."""
    assert post(client, authorization="Bearer bad-out-of-credit").status_code == 401
    assert client.post("/embeddings", content=b"{}", headers={"authorization": f"Bearer {KEY}"}).status_code == 400


def test_python_queues_scenarios() -> None:
    """From Python a scenario is queued for a number of calls, and later calls succeed."""
    with MockServer() as server, httpx.Client(base_url=server.url) as client:
        server.scenarios.queue("rate-limited", times=2)
        server.scenarios.queue("overloaded")
        assert statuses(client, 5) == [429, 429, 529, 200, 200]
        with pytest.raises(ValueError, match="no scenario is named 'earthquake'"):
            server.scenarios.queue("earthquake")


def test_scenarios_are_not_in_the_list_unless_wanted(client: httpx.Client) -> None:
    """The model list includes the scenario models only with the setting."""
    assert "mock/" not in client.get("/embeddings/models").text
    listing = client_of(create_app(MockSettings(list_scenarios=True)))
    ids = [model["id"] for model in listing.get("/embeddings/models").json()["data"]]
    assert len(ids) == len(set(ids)) == 31 + len(SCENARIOS)
    assert "mock/rate-limited-once" in ids


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_scenario_is_described_in_one_sentence(scenario: scenarios.Scenario) -> None:
    """The description of a scenario is one sentence."""
    assert scenario.description.endswith(".")
    assert ". " not in scenario.description


def test_a_reset_forgets_what_was_queued_and_counted() -> None:
    """After a reset nothing is queued, and counted scenarios begin again."""
    server = MockServer()
    fresh = client_of(server._app)
    assert statuses(fresh, 2, model="mock/rate-limited-once") == [429, 200]
    server.scenarios.queue("overloaded", times=3)
    server.scenarios.reset()
    assert statuses(fresh, 3) == [200, 200, 200]
    assert statuses(fresh, 2, model="mock/rate-limited-once") == [429, 200]
