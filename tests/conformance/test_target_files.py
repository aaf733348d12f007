"""Target files: what they may say, and one sentence with line and column for what they may not."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_conformance import runner
from openrouter_conformance.errors import UsageError
from openrouter_conformance.known_deviations import Kind
from openrouter_conformance.report import records as report_records
from openrouter_conformance.targets import Ceilings, Target, describe, open_target
from openrouter_conformance.targets.target_file import parse
from openrouter_mock.server import MockServer

from .conftest import Printed, serve_app

_WHOLE = """\
# yaml-language-server: $schema=target.schema.json
address: https://gateway.example/api/v1
key_env: GATEWAY_KEY
headers:
  X-Team: search
  X-Api-Key: {env: GATEWAY_TOKEN}
models: [acme/small, acme/images]
features: [dimensions, base64]
ceilings:
  requests: 3000
  per_second: 10
  tokens: 2000000
  dollars: 5e-2
  seconds: 600
  concurrency: 2
known_deviations:
  - id: create-embeddings/usage/*
    kind: flaky
    reason: Usage comes from the provider.
    link: https://issues.example/7
    since: 2026-08-01
    expires: 2026-12-31
  - id: create-embeddings/response/model-named
    reason: The name is blank.
    since: 2026-08-01
"""
_ENVIRONMENT = {"GATEWAY_KEY": "gateway-secret", "GATEWAY_TOKEN": "token-secret", "OPENROUTER_API_KEY": "live-secret"}
Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Give a function that writes a target file."""

    def write(text: str) -> Path:
        path = tmp_path / "target.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _open(path: Path, limits: Ceilings | None = None, model: str | None = None) -> Target:
    with open_target(str(path), environment=_ENVIRONMENT, limits=limits, model=model) as target:
        return target


def test_a_file_says_all_that_a_run_needs(written: Written) -> None:
    """Address, key, headers, models, features, ceilings and known deviations reach the target."""
    target = _open(written(_WHOLE))
    assert target.url == "https://gateway.example/api/v1"
    assert (target.key, target.key_variable) == ("gateway-secret", "GATEWAY_KEY")
    assert [(one.name, one.value, one.shown) for one in target.headers] == [
        ("X-Team", "search", "search"),
        ("X-Api-Key", "token-secret", "$GATEWAY_TOKEN"),
    ]
    assert (target.model, target.others) == ("acme/small", ("acme/images",))
    assert [target.may_ask(one) for one in ("acme/small", "acme/images", "acme/other")] == [True, True, False]
    assert target.declared == {"dimensions", "base64"}
    assert target.ceilings == Ceilings(3000, 10, 2_000_000, 0.05, 600, 2)
    assert target.concurrency == 2
    flaky, fails = target.known
    assert (flaky.kind, flaky.link, flaky.since) == (Kind.FLAKY, "https://issues.example/7", dt.date(2026, 8, 1))
    assert (fails.kind, fails.expires) == (Kind.FAILS, None)
    assert fails.place.endswith("target.yaml, line 23")
    assert "secret" not in repr(target)


def test_one_model_restricts_no_other(written: Written) -> None:
    """A file that names the model to check alone says nothing of which others may be asked."""
    target = _open(written("address: https://gateway.example/v1\nmodels: [acme/small]"))
    assert (target.model, target.others) == ("acme/small", None)
    assert target.may_ask("acme/other")


def test_the_command_line_goes_before_the_file(written: Written) -> None:
    """Ceilings and a model that are named elsewhere take the place of those in the file, and no others."""
    target = _open(written(_WHOLE), Ceilings(dollars=0.5, requests=7), "acme/large")
    assert target.ceilings == Ceilings(7, 10, 2_000_000, 0.5, 600, 2)
    assert target.model == "acme/large"
    assert target.others == ("acme/images",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("address: [", "line 1, column 11: no YAML: expected the node content"),
        ("- a", "line 1: no target file: its top is no mapping"),
        ("", "line 1: no target file"),
        ("adress: mock", "line 1, column 1: 'adress' is no field here; did you mean address."),
        ("key_env: mock", "line 1: no address: add `address: https://…`"),
        ("address: mock\naddress: live", "line 2, column 1: 'address' stands here a second time."),
        ("address: &a mock\nmodels: [*a]", "line 1, column 10: an alias; write the value out."),
        ("address: mock\nkey_env: sk-or-v1-secret", "line 2, column 1: key_env does not match"),
        ("address: mock\nheaders: {Authorization: x}", "line 2, column 11: the suite itself sets the header"),
        ("address: mock\nheaders: {X-A: $HOME}", "headers.X-A is neither of what may stand here; expected: A text"),
        ("address: mock\nceilings:\n  dollars: -1", "line 3, column 3: ceilings.dollars is less than the minimum of 0"),
        ("address: mock\nceilings: {requests: 1.5}", 'ceilings.requests is not of type "integer"'),
        ("address: mock\nfeatures: [base65]", "line 2, column 12: features[0] is not one of"),
        ("address: mock\nknown_deviations:\n  - id: a/b", "line 3, column 5: known_deviations[0] has no reason"),
        (
            "address: mock\nknown_deviations:\n  - {id: a, reason: b, since: 2026-02-30}",
            'line 3, column 24: known_deviations[0].since is not a "date"; expected: The day from which',
        ),
        (
            "address: mock\nknown_deviations: [{id: a, reason: b, since: 2026-02-03},\n"  # noqa: ISC004
            "  {id: a, reason: c, since: 2026-02-03}]",
            "line 3, column 4: a has an entry in line 2 already; keep one.",
        ),
        ("address: " + "[" * 3000, "nested too deep"),
    ],
)
def test_a_wrong_file_gets_one_sentence_with_its_place(written: Written, text: str, sentence: str) -> None:
    """What is wrong is said with file, line and column, and no value that may be secret is quoted."""
    path = written(text)
    with pytest.raises(UsageError) as refusal:
        describe(str(path))
    assert str(refusal.value).startswith(f"{path}")
    assert sentence in str(refusal.value)
    assert "sk-or-v1-secret" not in str(refusal.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    """A file that is not there, no text or far too long is refused in one sentence."""
    (tmp_path / "latin.yaml").write_bytes(b"address: mock\n# \xe9")
    (tmp_path / "long.yaml").write_bytes(b"#" * (2**20 + 1))
    for name, sentence in (
        ("none", "No such file"),
        ("latin", "line 2: no UTF-8"),
        ("long", "more than 1048576 bytes"),
    ):
        with pytest.raises(UsageError, match=sentence):
            describe(str(tmp_path / f"{name}.yaml"))


@given(st.text(alphabet="abc:-[]{}&*!|>'\"#%@\n \t0", max_size=60))
def test_any_text_is_a_file_or_refused(text: str) -> None:
    """Whatever stands in a file, it is read, or refused in one sentence."""
    with contextlib.suppress(UsageError):
        assert isinstance(parse(f"address: mock\n{text}", "target.yaml").address, str)


def test_the_live_key_is_no_header(written: Written) -> None:
    """A file cannot send OPENROUTER_API_KEY to another host by way of a header or of `key_env`."""
    for line in ("headers: {X-Key: {env: OPENROUTER_API_KEY}}", "key_env: OPENROUTER_API_KEY"):
        with pytest.raises(UsageError, match=r"openrouter\.ai only"):
            _open(written(f"address: https://gateway.example/v1\n{line}"))


def test_headers_are_sent_and_their_secrets_stand_in_no_report(
    command: Callable[..., Printed], written: Written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A header of the file reaches the server with every request; what a variable holds is redacted everywhere."""
    seen: list[dict[bytes, bytes]] = []

    async def echoing(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        seen.append(headers)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": headers[b"x-api-key"]})

    monkeypatch.setenv("GATEWAY_TOKEN", "token-secret-7c2a61d3")
    with serve_app(echoing) as url:
        path = written(f"address: {url}\nmodels: [a/b]\nheaders: {{X-Team: search, X-Api-Key: {{env: GATEWAY_TOKEN}}}}")
        only = ("--only", "create-embeddings/response/*", "--profile", "quick")
        printed = command("run", path, *only, "--report", tmp_path / "report")
    assert printed.code == 1
    assert {(one[b"x-team"], one[b"x-api-key"]) for one in seen} == {(b"search", b"token-secret-7c2a61d3")}
    assert "-H 'X-Team: search' -H \"X-Api-Key: $GATEWAY_TOKEN\"" in printed.out
    for text in (printed.out, *(one.read_text("utf-8") for one in (tmp_path / "report").iterdir())):
        assert "token-secret" not in text


def test_a_run_takes_its_target_from_a_file(
    command: Callable[..., Printed], written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run target.yaml` checks the server that the file describes, with its model and ceilings."""
    plans: list[runner.Plan] = []
    run = runner.run

    def seen(plan: runner.Plan, *rest: Any) -> Any:
        plans.append(plan)
        return run(plan, *rest)

    monkeypatch.setattr(runner, "run", seen)
    path = written("address: mock\nmodels: [openai/text-embedding-3-large]\nceilings: {requests: 500}")
    only = ("--only", "create-embeddings/response/model-named", "--profile", "quick")
    printed = command("run", path, *only, "--report", tmp_path / "report", "--max-tokens", "100000")
    assert (printed.code, printed.err) == (0, "")
    header = report_records.read(tmp_path / "report" / "results.jsonl").header
    assert header["model"] == "openai/text-embedding-3-large"
    assert plans[0].limits == Ceilings(tokens=100_000)


def test_only_models_that_the_file_names_are_asked(
    tmp_path: Path, command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The requirement on the cheapest listed model asks for the cheapest of those that the file names."""
    named = ["openai/text-embedding-3-small", "openai/text-embedding-3-large"]
    monkeypatch.setenv("CONFORMANCE_API_KEY", "sk-or-v1-models")
    path = tmp_path / "target.yaml"
    with MockServer() as mock:
        path.write_text(f"address: {mock.url}\nmodels: {named}\n".replace("'", ""), encoding="utf-8")
        printed = command("run", path, "--profile", "quick", "--only", "*/catalog/*", "-v")
        asked = {call.model for call in mock.calls if call.model is not None}
    assert printed.code == 0, printed
    assert "passed list-embeddings-models/catalog/listed-model-embeds" in printed.out
    assert asked <= set(named)
