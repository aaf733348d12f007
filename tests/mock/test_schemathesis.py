"""What schemathesis, which somebody else made, says of the clean mock: nothing."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from openrouter_mock import catalogue, contract, validation
from openrouter_mock.server import MockServer

if TYPE_CHECKING:
    from pathlib import Path

    from openrouter_mock.call import Answer, Call, Refusal

SETTING = """[checks]
positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404, 409, "5xx"]
"""
"""Its defaults for the one check, and 400: a schema does not know the limits of a model."""

LIMIT = re.compile(r"\b(has|has at most|reads|takes at once|fits)\b|; it (has|reads) |is not an amount of US dollars$")


def with_real_models() -> dict[str, Any]:
    """Return the contract with the models of the catalogue, for most made-up ones are only ever unknown."""
    document = copy.deepcopy(contract.document())
    body = document["paths"]["/embeddings"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body["properties"]["model"]["enum"] = [model.id for model in catalogue.models()]
    return document


@pytest.mark.parametrize("models", ["made up", "real"])
def test_it_finds_nothing(tmp_path: Path, models: str) -> None:
    """All its checks with its defaults pass, and each 400 for a good body names the limit it stands on."""
    document = contract.document() if models == "made up" else with_real_models()
    (tmp_path / "contract.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "schemathesis.toml").write_text(SETTING, encoding="utf-8")
    refused: list[tuple[Any, Refusal]] = []
    with MockServer() as mock:
        refuse = mock.service.refuse

        def note(call: Call, refusal: Refusal) -> Answer:
            refused.append((call.fields, refusal))
            return refuse(call, refusal)

        mock.service.refuse = note  # type: ignore[method-assign]
        command = [sys.executable, "-m", "schemathesis.cli", "run", "contract.json", "--url", mock.url]
        command += ["--checks", "all", "--seed", "1", "--no-color", "--header", f"Authorization: Bearer {mock.key}"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (counted,) = re.findall(r"(\d+) generated, (\d+) passed", ran.stdout)
    assert int(counted[0]) == int(counted[1]) > 500
    assert refused
    unexplained = [
        refusal.message
        for fields, refusal in refused
        if refusal.status == 400 and fields and not validation.problems(fields) and not LIMIT.search(refusal.message)
    ]
    assert unexplained == []
