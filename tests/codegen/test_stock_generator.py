"""The generator alone loses the main operation and says nothing by its exit code; this pipeline refuses there."""

import sys
from pathlib import Path
from typing import Any

import pytest

from checkout import run
from codegen import generator
from codegen.generator_input import build_generator_input
from spec.canonical import dump
from spec.contract import build_contract
from spec.errors import InputError
from spec.load import read_document
from spec.operations import choose_operations
from spec.slicing import slice_document
from upstream import PUBLISHED

NEWEST = "openrouter-2026-08-22-90c493767.openapi.yaml"


def published_slice(path: Path) -> dict[str, Any]:
    """Return the embeddings slice of a published document as upstream writes it: sliced, not yet normalized."""
    document = read_document(path)
    return slice_document(document, choose_operations(document).operations)


def check_loss_and_refusal(sliced: dict[str, Any], folder: Path, overlays: Path) -> None:
    """Run the generator with its defaults, then this pipeline, on one slice."""
    (folder / "slice.yaml").write_text(dump(sliced), encoding="utf-8")
    outcome = run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", "slice.yaml", "--output-path", "stock"],
        folder,
    )
    modules = {path.stem for path in (folder / "stock").rglob("api/*/*.py")}
    assert outcome.code == 0
    assert "list_embeddings_models" in modules
    assert "create_embeddings" not in modules

    assert not overlays.exists()
    contract, _ = build_contract(sliced, overlays)
    generator_input, _ = build_generator_input(contract, overlays)
    workspace = folder / "workspace"
    workspace.mkdir()
    with pytest.raises(InputError, match="POST /embeddings") as refusal:
        generator.build_package(workspace, generator_input, dump(contract), contract_date=None)
    assert str(refusal.value).startswith("the generator does not take the contract whole:")


def test_the_generators_defaults_lose_post_embeddings_with_exit_code_0(tmp_path: Path) -> None:
    """On a document written as upstream writes, stock output has no create_embeddings, and only a warning tells."""
    check_loss_and_refusal(published_slice(PUBLISHED), tmp_path, tmp_path / "no-overlays")


@pytest.mark.documents
def test_they_lose_it_on_the_published_document_too(tmp_path: Path, documents: Path) -> None:
    """The newest document shows the same."""
    check_loss_and_refusal(published_slice(documents / NEWEST), tmp_path, tmp_path / "no-overlays")


def test_a_module_missing_without_a_warning_is_refused_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that says nothing at all does not get an operation lost either."""
    contract, _ = build_contract(read_document(Path(__file__).parents[2] / "openapi.yaml"))
    generator_input, _ = build_generator_input(contract)
    original = generator._run_generator

    def lossy(workspace: Path, generator_input: dict[str, Any], package: Path, templates: Path) -> None:
        original(workspace, generator_input, package, templates)
        next(package.rglob("create_embeddings.py")).unlink()

    monkeypatch.setattr(generator, "_run_generator", lossy)
    with pytest.raises(
        InputError, match=r"the generator lost POST /embeddings: there is no module create_embeddings\.py"
    ):
        generator.build_package(tmp_path, generator_input, dump(contract), contract_date=None)
