"""schemathesis, an independent tool, finds nothing wrong with a mock without faults."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from openrouter_mock import catalog, contract, validation
from openrouter_mock.server import MockServer

if TYPE_CHECKING:
    from pathlib import Path

    from openrouter_mock.call import Call, HTTPError, Response

SETTING = """[checks]
positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404, 409, "5xx"]
"""
"""Its defaults for the one check, and 400: a schema does not know the limits of a model."""

LIMIT = re.compile(r"\b(has|has at most|reads|takes at once|fits)\b|; it (has|reads) |is not an amount of US dollars$")


def with_real_models() -> dict[str, Any]:
    """Return the contract with the models of the catalog, for most made-up ones are only ever unknown."""
    document = copy.deepcopy(contract.document())
    body = document["paths"]["/embeddings"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body["properties"]["model"]["enum"] = [model.id for model in catalog.models()]
    return document


@pytest.mark.parametrize("models", ["made up", "real"])
def test_it_finds_nothing(tmp_path: Path, models: str) -> None:
    """All its checks with its defaults pass, and each 400 for a valid body names the limit that it exceeds."""
    document = contract.document() if models == "made up" else with_real_models()
    (tmp_path / "contract.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "schemathesis.toml").write_text(SETTING, encoding="utf-8")
    rejected: list[tuple[Any, HTTPError]] = []
    with MockServer() as mock:
        error_response = mock.service.error_response

        def note(call: Call, error: HTTPError) -> Response:
            rejected.append((call.fields, error))
            return error_response(call, error)

        mock.service.error_response = note  # type: ignore[method-assign]
        command = [sys.executable, "-m", "schemathesis.cli", "run", "contract.json", "--url", mock.url]
        command += ["--checks", "all", "--seed", "1", "--no-color", "--header", f"Authorization: Bearer {mock.key}"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (counted,) = re.findall(r"(\d+) generated, (\d+) passed", ran.stdout)
    assert int(counted[0]) == int(counted[1]) > 500
    assert rejected
    unexplained = [
        error.message
        for fields, error in rejected
        if error.status == 400
        and fields
        and not validation.validation_errors(fields)
        and not LIMIT.search(error.message)
    ]
    assert unexplained == []
